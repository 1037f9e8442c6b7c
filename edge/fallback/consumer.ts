import type { ServeJobRequest } from "../../shared/container-protocol.ts";
import { TributaryError, toWireError } from "../../shared/errors.ts";
import { taskBackoffMs } from "../../shared/retry.ts";
import { coordinatorOf } from "../coordinator-stub.ts";
import { log } from "../log.ts";
import { SERVE_FOR_MS, type ServerCall, serverCallSchema } from "./calls.ts";
import { type Servers, serversOf } from "./servers.ts";

/** As in wrangler.toml. */
const DEAD_LETTER_QUEUE = "tributary-servers-dead";

/**
 * Calls servers to jobs. A message is done once a server has been welcomed by the job's coordinator:
 * from there on leases see to everything. What fails is tried again after 30, 60 and 90 s, and then
 * lies in the dead letter queue, from where the coordinator is told.
 */
export async function consumeServerCalls(
  batch: MessageBatch<unknown>,
  env: Cloudflare.Env,
): Promise<void> {
  await Promise.all(
    batch.messages.map(async (message) => {
      const parsed = serverCallSchema.safeParse(message.body);
      if (!parsed.success) {
        log("server-call", { end: "not-understood" });
        message.ack();
        return;
      }
      const call = parsed.data;
      if (batch.queue === DEAD_LETTER_QUEUE) {
        await coordinatorOf(env, call.jobId).serverGivenUp(call.holderId);
        log("server-call", { jobId: call.jobId, holderId: call.holderId, end: "dead" });
        message.ack();
        return;
      }
      await attempt(message, call, serversOf(env));
    }),
  );
}

async function attempt(
  message: Message<unknown>,
  call: ServerCall,
  servers: Servers | null,
): Promise<void> {
  const { jobId, holderId } = call;
  const { attempts } = message;
  try {
    if (servers === null) throw new TributaryError("ENGINE_UNAVAILABLE", "There are no servers.");
    await servers.post("/transcode-segment", serveRequest(call));
    log("server-call", { jobId, holderId, attempts, end: "welcomed" });
    message.ack();
  } catch (thrown) {
    const { code, retryable } = toWireError(thrown);
    log("server-call", { jobId, holderId, attempts, end: code });
    // The job has ended, or the token is of another call: nothing to be done.
    if (retryable || code === "ENGINE_UNAVAILABLE") {
      message.retry({ delaySeconds: taskBackoffMs(attempts) / 1000 });
    } else {
      message.ack();
    }
  }
}

function serveRequest({ jobId, origin, holderId, token }: ServerCall): ServeJobRequest {
  const socketUrl = `${origin.replace(/^http/, "ws")}/api/jobs/${jobId}/socket`;
  return { jobId, socketUrl, token, holderId, forMs: SERVE_FOR_MS };
}
