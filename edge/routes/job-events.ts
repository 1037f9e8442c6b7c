import type { Context } from "hono";
import { type SSEStreamingApi, streamSSE } from "hono/streaming";
import { hasEnded } from "../../shared/job/job.ts";
import type { CoordinatorStatus } from "../../shared/wire/job-status.ts";
import { coordinatorOf, ofJob } from "../coordinator/coordinator-stub.ts";
import { clientOf } from "../http/admission.ts";
import type { AppEnv } from "../http/app-env.ts";
import { videoAccess, visibleJob } from "../http/video-access.ts";
import { streamedSummary } from "../source-jobs/source-job-stub.ts";

const LOOK_EVERY_MS = 1_000;
/** Interval, in milliseconds, of comments that keep proxies from closing a silent stream. */
const KEEP_ALIVE_MS = 15_000;

/**
 * `GET /api/jobs/:id/events`: server-sent events (WHATWG HTML, 9.2). A `job` event is sent whenever the job's counts
 * have changed. The stream ends with the job.
 */
export async function jobEvents(c: Context<AppEnv>, jobId: string): Promise<Response> {
  const streamId = crypto.randomUUID();
  const network = clientOf(c);
  // The stream ends if the video becomes private in the meantime.
  const look = async () => {
    const { isVisible, caller } = await videoAccess(c, jobId);
    const listener = { isOwn: caller !== "other", network };
    return isVisible ? streamedSummary(c.env, jobId, streamId, listener) : null;
  };
  await visibleJob(c, jobId);
  const first = ofJob(await look());
  c.header("cache-control", "no-store");
  return streamSSE(c, async (stream) => {
    try {
      await tell(stream, first, look);
    } finally {
      await coordinatorOf(c.env, jobId).streamEnded(streamId);
    }
  });
}

async function tell(
  stream: SSEStreamingApi,
  first: CoordinatorStatus,
  look: () => Promise<CoordinatorStatus | null>,
): Promise<void> {
  let said = "";
  let saidAtMs = Date.now();
  for (let now: CoordinatorStatus | null = first; now !== null; now = await look()) {
    if (stream.aborted) return;
    const data = JSON.stringify(now);
    if (data !== said) {
      await stream.writeSSE({ event: "job", data });
      said = data;
      saidAtMs = Date.now();
    } else if (Date.now() - saidAtMs > KEEP_ALIVE_MS) {
      await stream.write(":\n\n");
      saidAtMs = Date.now();
    }
    if (hasEnded(now.state)) return;
    await stream.sleep(LOOK_EVERY_MS);
  }
}
