import { app } from "./app.ts";
import { deleteExpired } from "./operator/site-rules.ts";
import { consumeServerCalls } from "./servers/consumer.ts";
import { deleteUnusedUploads } from "./storage/unused-uploads.ts";

export { Coordinator } from "./coordinator/coordinator.ts";
export { Gate } from "./gate/gate.ts";
export { Pool } from "./pool/pool.ts";
export { FFmpegContainer } from "./servers/ffmpeg-container.ts";
export { SourceJob } from "./source-jobs/source-job.ts";

export default {
  fetch: app.fetch,
  queue: consumeServerCalls,
  scheduled: async (_controller, env) => {
    await deleteUnusedUploads(env, Date.now());
    await deleteExpired(env, Date.now());
  },
} satisfies ExportedHandler<Cloudflare.Env>;
