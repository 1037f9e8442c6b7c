import { app } from "./app.ts";
import { consumeServerCalls } from "./fallback/consumer.ts";

export { Coordinator } from "./coordinator/coordinator.ts";
export { FFmpegContainer } from "./fallback/ffmpeg-container.ts";
export { Gate } from "./gate.ts";
export { Keeper } from "./keeper/keeper.ts";

export default {
  fetch: app.fetch,
  queue: consumeServerCalls,
} satisfies ExportedHandler<Cloudflare.Env>;
