import { TributaryError, toWireError } from "../../shared/job/errors.ts";
import { log } from "../../shared/log.ts";
import { taskBackoffMs } from "../../shared/retry.ts";
import type { ServeJobRequest } from "../../shared/wire/container.ts";
import { coordinatorOf } from "../coordinator/coordinator-stub.ts";
import { OWN_EXPIRES_SECONDS, presignGet } from "../storage/presign.ts";
import {
  SERVE_FOR_MS,
  SERVE_SOURCE_FOR_MS,
  type ServeCall,
  type ServerCall,
  serverCallSchema,
} from "./calls.ts";
import { assembleRequest, mp4Key } from "./mp4.ts";
import { makePictures } from "./pictures.ts";
import { type Servers, serversOf } from "./servers.ts";
import { whileThere } from "./while-there.ts";

/** The same name as in wrangler.toml. */
const DEAD_LETTER_QUEUE = "tributary-servers-dead";
/** Milliseconds for making an MP4 of at most some GB, while the queue waits. */
const ASSEMBLE_TIMEOUT_MS = 12 * 60_000;

/**
 * Calls servers to jobs. A message is done once the job's coordinator has welcomed a server. Its work is then
 * controlled by leases. A failed call is repeated after 30, 60 and 90 s. After that it goes to the dead letter queue,
 * and the coordinator is told.
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
      } else if (batch.queue === DEAD_LETTER_QUEUE) {
        await bury(env, parsed.data);
        message.ack();
      } else {
        await attempt(env, message, parsed.data);
      }
    }),
  );
}

async function bury(env: Cloudflare.Env, call: ServerCall): Promise<void> {
  const { type: what, jobId } = call;
  log("server-call", { what, jobId, end: "dead" });
  if (call.type === "serve") await coordinatorOf(env, jobId).serverGivenUp(call.holderId);
}

async function attempt(
  env: Cloudflare.Env,
  message: Message<unknown>,
  call: ServerCall,
): Promise<void> {
  const { type: what, jobId } = call;
  const { attempts } = message;
  try {
    const servers = serversOf(env);
    if (servers === null) throw new TributaryError("ENGINE_UNAVAILABLE", "There are no servers.");
    if (call.type === "serve") await serve(env, servers, call);
    else if (call.type === "assemble") await assemble(env, servers, jobId, call.origin);
    else await makePictures(env, servers, jobId, call.origin);
    log("server-call", { what, jobId, attempts, end: "done" });
    message.ack();
  } catch (thrown) {
    const { code, retryable } = toWireError(thrown);
    log("server-call", { what, jobId, attempts, end: code });
    // Other errors need no action: the job has ended, or the token belongs to another call. Servers of an older build
    // (PROTOCOL_OUTDATED) are being replaced while an update rolls out.
    if (retryable || code === "ENGINE_UNAVAILABLE" || code === "PROTOCOL_OUTDATED") {
      message.retry({ delaySeconds: taskBackoffMs(attempts) / 1000 });
    } else {
      message.ack();
    }
  }
}

async function serve(env: Cloudflare.Env, servers: Servers, call: ServeCall): Promise<void> {
  const { jobId, origin, holderId, token, source } = call;
  const request: ServeJobRequest = {
    jobId,
    socketUrl: `${origin.replace(/^http/, "ws")}/api/jobs/${jobId}/socket`,
    ticketUrl: `${origin}/api/jobs/${jobId}/ticket`,
    token,
    holderId,
    forMs: source === undefined ? SERVE_FOR_MS : SERVE_SOURCE_FOR_MS,
  };
  if (source !== undefined) {
    const { key, name, sizeBytes, ladder, audio, trim, needsPlan } = source;
    request.source = {
      url: await presignGet(env, origin, key, OWN_EXPIRES_SECONDS),
      name,
      sizeBytes,
      ladder,
      audio,
      trim,
      needsPlan,
      preparedUrl: `${origin}/api/jobs/${jobId}/prepared`,
    };
  }
  await servers.post("/transcode-segment", request);
}

async function assemble(
  env: Cloudflare.Env,
  servers: Servers,
  jobId: string,
  origin: string,
): Promise<void> {
  if ((await env.MEDIA.head(mp4Key(jobId))) !== null) return;
  const request = await assembleRequest(env, jobId, origin);
  const made = await whileThere(env, jobId, (signal) =>
    servers.post("/assemble-segments", request, { timeoutMs: ASSEMBLE_TIMEOUT_MS, signal }),
  );
  // The video was deleted, but the MP4 may have been stored at the same moment.
  if (made === null) await env.MEDIA.delete(mp4Key(jobId));
}
