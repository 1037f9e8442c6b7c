import type { Context } from "hono";
import { streamSSE } from "hono/streaming";
import { hasEnded } from "../../shared/job/job.ts";
import { ofJob } from "../coordinator/coordinator-stub.ts";
import type { AppEnv } from "../http/app-env.ts";
import { jobSummary } from "../source-jobs/keeper-stub.ts";

const LOOK_EVERY_MS = 1_000;
/** A comment now and then keeps proxies from closing a silent stream. */
const KEEP_ALIVE_MS = 15_000;

/**
 * `GET /api/jobs/:id/events`: server-sent events (WHATWG HTML, 9.2), one `job` event whenever the
 * job's counts have changed; the stream ends with the job.
 */
export async function jobEvents(c: Context<AppEnv>, jobId: string): Promise<Response> {
  const look = () => jobSummary(c.env, jobId);
  const first = ofJob(await look());
  c.header("cache-control", "no-store");
  return streamSSE(c, async (stream) => {
    let said = "";
    let saidAtMs = Date.now();
    for (
      let now: typeof first | null = first;
      now !== null && !stream.aborted;
      now = await look()
    ) {
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
  });
}
