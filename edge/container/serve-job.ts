import { REAL_CLOCK } from "../../shared/clock.ts";
import { ChunkStager } from "../../shared/holder/chunk-stager.ts";
import { JobSocket } from "../../shared/holder/job-socket.ts";
import { type LeaseEnd, LeaseLoop } from "../../shared/holder/lease-loop.ts";
import { getPresigned, putPresigned } from "../../shared/holder/storage-transfer.ts";
import { type ErrorCode, TributaryError } from "../../shared/job/errors.ts";
import { hasEnded } from "../../shared/job/job.ts";
import type { ServeJobRequest } from "../../shared/wire/container.ts";
import type { CoordinatorMessage } from "../../shared/wire/coordinator-messages.ts";
import type { LeaseGrant } from "../../shared/wire/lease.ts";
import { PROTOCOL_VERSION } from "../../shared/wire/protocol.ts";
import { log } from "./log.ts";
import { transcodeTask } from "./native-ffmpeg.ts";
import type { Permits } from "./permits.ts";
import type { WholeSource } from "./whole-source.ts";

/** Nothing to do for this long and the container leaves the job; it is called again when there is. */
const IDLE_MS = 15_000;
/** No welcome by then: the coordinator cannot be reached. */
const WELCOME_WITHIN_MS = 12_000;

/** `ended`: the job has. `idle`: nothing was to be done for a while. `time`: there may be more. */
export interface ServedJob {
  end: "ended" | "idle" | "time";
  tasksDone: number;
  tasksFailed: number;
}

/** After these the coordinator has nothing more to say to this holder. */
const FINAL_REFUSALS: readonly ErrorCode[] = [
  "UNAUTHORIZED",
  "FORBIDDEN",
  "JOB_NOT_FOUND",
  "PROTOCOL_OUTDATED",
  "PROTOCOL_UNKNOWN",
];

/**
 * Works on one job as one of its lease holders, until the job has ended, there is nothing to do for a
 * while, or the time is up.
 * @param permits shared by all jobs that this container works on
 * @param whole the source, where it is here: chunks are then cut from it, for others too
 * @param onWelcome the coordinator took this container in
 * @throws TributaryError NETWORK (no coordinator), UNAUTHORIZED, FORBIDDEN, JOB_NOT_FOUND, PROTOCOL_OUTDATED,
 *   PROTOCOL_UNKNOWN
 */
export function serveJob(
  request: ServeJobRequest,
  { permits, whole = null }: { permits: Permits; whole?: WholeSource | null },
  signal: AbortSignal,
  onWelcome: () => void,
): Promise<ServedJob> {
  return new Promise((resolve, reject) => {
    const { jobId, holderId, token, socketUrl } = request;
    const counts = { tasksDone: 0, tasksFailed: 0 };
    let settled = false;
    let draining = false;
    let welcomed = false;
    let cancelIdle = (): void => {};

    const loop = new LeaseLoop({
      slots: permits.total,
      prefetch: 1,
      clock: REAL_CLOCK,
      send: (message) => socket.send(message),
      onChange: () => waitForWork(),
      onEnd: (grant, end) => {
        if (end.state === "accepted") counts.tasksDone += 1;
        else if (end.state !== "lost") counts.tasksFailed += 1;
        logEnd(jobId, grant, end);
        if (draining && loop.leases().length === 0) settle("time");
      },
      work: {
        fetchChunk: async (grant, chunkSignal) => {
          const { chunk } = grant;
          if (chunk.from === "local") {
            if (whole !== null) return whole.source.cutChunk(grant, chunkSignal);
            throw new TributaryError("CHUNK_UNREADABLE", "The source is not here.");
          }
          const { url, info } = chunk;
          const { sizeBytes } = info;
          return {
            info,
            bytes: await getPresigned(fetch, url, { sizeBytes, signal: chunkSignal }),
          };
        },
        transcode: (grant, chunk, onProgress, taskSignal) =>
          permits.run(taskSignal, () => transcodeTask(grant, chunk, onProgress, taskSignal)),
        put: (put, bytes, putSignal) => putPresigned(fetch, put, bytes, putSignal),
      },
    });
    const socket = new JobSocket({
      connect: () => new WebSocket(socketUrl),
      clock: REAL_CLOCK,
      events: {
        onOpen: () => ({
          type: "hello",
          protocolVersion: PROTOCOL_VERSION,
          role: "server",
          token,
          holderId,
          name: "Server",
          device: "server",
          slots: permits.total,
          engines: ["ffmpeg-native"],
          leases: loop.leaseIds(),
          hasSource: whole !== null,
          want: loop.wanted(),
        }),
        onMessage: (message) => receive(message),
        onLost: () => loop.disconnected(),
      },
    });

    const stager =
      whole === null
        ? null
        : new ChunkStager({
            ...whole,
            clock: REAL_CLOCK,
            fetch,
            send: (message) => socket.send(message),
            onStored: () => waitForWork(),
          });

    const stop = (): void => {
      settled = true;
      stager?.stop();
      cancelIdle();
      cancelWelcome();
      cancelTime();
      signal.removeEventListener("abort", aborted);
      loop.stop();
      socket.close();
    };
    const settle = (end: ServedJob["end"]): void => {
      if (settled) return;
      stop();
      resolve({ end, ...counts });
    };
    const fail = (error: unknown): void => {
      if (settled) return;
      stop();
      reject(error);
    };
    const aborted = (): void => fail(signal.reason);
    const cancelWelcome = REAL_CLOCK.after(WELCOME_WITHIN_MS, () => {
      if (!welcomed) fail(new TributaryError("NETWORK", "The coordinator could not be reached."));
    });
    const cancelTime = REAL_CLOCK.after(request.forMs, () => {
      draining = true;
      loop.setSlots(0);
      if (loop.leases().length === 0) settle("time");
    });
    signal.addEventListener("abort", aborted, { once: true });
    if (signal.aborted) aborted();

    function waitForWork(): void {
      cancelIdle();
      cancelIdle = (): void => {};
      if (settled || loop.leases().length > 0) return;
      cancelIdle = REAL_CLOCK.after(IDLE_MS, () => settle("idle"));
    }

    function receive(message: CoordinatorMessage): void {
      if (message.type === "error") {
        if (FINAL_REFUSALS.includes(message.code)) {
          fail(new TributaryError(message.code, message.message));
        }
        return;
      }
      if (message.type === "stage" || message.type === "stage-upload") stager?.receive(message);
      loop.receive(message);
      if (message.type === "welcome") {
        welcomed = true;
        onWelcome();
        waitForWork();
      }
      const state =
        message.type === "welcome" || message.type === "job" ? message.job.state : undefined;
      if (hasEnded(state)) settle("ended");
      // All tasks are done: what is left is not a holder's work.
      if (state === "assembling") settle("ended");
    }
  });
}

function logEnd(jobId: string, { task, attempt, leaseId }: LeaseGrant, end: LeaseEnd): void {
  const code = end.state === "accepted" ? undefined : end.code;
  log("task", { jobId, taskId: task.id, leaseId, attempt, end: end.state, code });
}
