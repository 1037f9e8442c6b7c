import { type Clock, REAL_CLOCK, Timer } from "../../shared/clock.ts";
import { LeaseHolder, type LeaseHolderOptions } from "../../shared/holder/lease-holder.ts";
import type { LeaseEnd } from "../../shared/holder/lease-run.ts";
import { TributaryError } from "../../shared/job/errors.ts";
import { hasEnded } from "../../shared/job/job.ts";
import { log } from "../../shared/log.ts";
import type { ServeJobRequest } from "../../shared/wire/container.ts";
import type { LeaseGrant } from "../../shared/wire/lease.ts";
import { transcodeTask } from "./native-ffmpeg.ts";
import type { Permits } from "./permits.ts";
import { fetchTicket } from "./socket-ticket.ts";

/** Milliseconds without work after which the container leaves the job. It is called again when there is work. */
const IDLE_MS = 15_000;
/**
 * The same for a container with the source. It outlasts the wait after a task's second failure (`TASK_BACKOFF_MS`),
 * because another container would have to read the source again.
 */
const SOURCE_IDLE_MS = 75_000;
/** Milliseconds without a welcome after which the coordinator counts as unreachable. */
const WELCOME_WITHIN_MS = 12_000;
/** Milliseconds without a connection after which the container leaves. Its leases have gone to others by then. */
const RECONNECT_WITHIN_MS = 60_000;

/**
 * `ended`: the job has ended. `idle`: there was no work for a while. `time`: the time was up, and there may be more
 * work.
 */
export interface ServedJob {
  end: "ended" | "idle" | "time";
  tasksDone: number;
  tasksFailed: number;
}

export interface ServeJobOptions {
  /** Shared by all jobs that this container works on. */
  permits: Permits;
  /** The source, where this container has it. Chunks are then cut from it, for other lease holders, too. */
  source?: LeaseHolderOptions["source"];
  /** Called when the coordinator has welcomed this container. */
  onWelcome?: () => void;
  signal: AbortSignal;
  /** Replaced in tests, together with the network below. */
  clock?: Clock;
  ticket?: LeaseHolderOptions["ticket"];
  connect?: LeaseHolderOptions["connect"];
}

/**
 * Works on one job as one of its lease holders, until the job has ended, there is nothing to do for a
 * while, or the time is up.
 * @throws TributaryError NETWORK (the coordinator cannot be reached), one of FINAL_REFUSALS, or the signal's reason
 */
export async function serveJob(
  request: ServeJobRequest,
  options: ServeJobOptions,
): Promise<ServedJob> {
  const { signal } = options;
  const service = new Service(request, options);
  const aborted = (): void => service.fail(signal.reason);
  signal.addEventListener("abort", aborted);
  if (signal.aborted) aborted();
  try {
    return await service.served;
  } finally {
    signal.removeEventListener("abort", aborted);
    service.stop();
  }
}

/** A container's work on one job: its lease holder, and the conditions under which it leaves. */
class Service {
  readonly served: Promise<ServedJob>;
  readonly #holder: LeaseHolder;
  readonly #onWelcome: (() => void) | undefined;
  /** Timers for the time without a connection, without work, and in total. */
  readonly #away: Timer;
  readonly #idle: Timer;
  readonly #idleMs: number;
  readonly #time: Timer;
  readonly #end: (end: ServedJob["end"]) => void;
  readonly fail: (error: unknown) => void;
  #welcomed = false;
  #draining = false;
  #tasksFailed = 0;

  constructor(request: ServeJobRequest, options: ServeJobOptions) {
    const { jobId, holderId, token, ticketUrl, socketUrl, forMs } = request;
    const { permits, source = null, onWelcome, clock = REAL_CLOCK } = options;
    const {
      ticket = (signal) => fetchTicket(ticketUrl, token, signal),
      connect = (text) => new WebSocket(`${socketUrl}?ticket=${text}`),
    } = options;
    this.#away = new Timer(clock);
    this.#idle = new Timer(clock);
    this.#idleMs = source === null ? IDLE_MS : SOURCE_IDLE_MS;
    this.#time = new Timer(clock);
    const ended = Promise.withResolvers<ServedJob["end"]>();
    this.#end = ended.resolve;
    this.fail = ended.reject;
    this.served = ended.promise.then((end) => {
      return { end, tasksDone: this.#holder.tasksDone, tasksFailed: this.#tasksFailed };
    });
    this.#onWelcome = onWelcome;
    this.#holder = new LeaseHolder({
      identity: {
        role: "server",
        holderId,
        name: "Server",
        device: "server",
        engines: ["ffmpeg-native"],
      },
      slots: permits.total,
      prefetch: 1,
      source,
      encoder: {
        transcode: (grant, chunk, onProgress, signal) =>
          permits.run(signal, () => transcodeTask(grant, chunk, onProgress, { signal, clock })),
      },
      ticket,
      connect,
      fetch,
      clock,
      onChange: () => this.#changed(),
      onEnd: (grant, end) => {
        if (end.state === "rejected" || end.state === "failed") this.#tasksFailed += 1;
        logEnd(jobId, grant, end);
      },
    });
    this.#waitForCoordinator(WELCOME_WITHIN_MS);
    this.#time.set(forMs, () => {
      this.#draining = true;
      this.#holder.setSlots(0);
      this.#changed();
    });
  }

  /** Stops all work at once. */
  stop(): void {
    for (const timer of [this.#away, this.#idle, this.#time]) timer.clear();
    this.#holder.stop();
  }

  #changed(): void {
    const { refused, connected, job, isBusy } = this.#holder;
    if (refused !== null) this.fail(refused);
    if (connected) {
      this.#away.clear();
      if (!this.#welcomed) this.#onWelcome?.();
      this.#welcomed = true;
    } else if (!this.#away.isSet) {
      this.#waitForCoordinator(RECONNECT_WITHIN_MS);
    }
    // While a job is being assembled, all its tasks are done, and lease holders have no more work.
    if (hasEnded(job?.state) || job?.state === "assembling") this.#end("ended");
    if (this.#draining && this.#holder.leases().length === 0) this.#end("time");
    if (isBusy) this.#idle.clear();
    else if (this.#welcomed && !this.#idle.isSet) {
      this.#idle.set(this.#idleMs, () => this.#end("idle"));
    }
  }

  #waitForCoordinator(ms: number): void {
    this.#away.set(ms, () => {
      this.fail(new TributaryError("NETWORK", "The coordinator could not be reached."));
    });
  }
}

function logEnd(jobId: string, { task, attempt, leaseId }: LeaseGrant, end: LeaseEnd): void {
  const code = end.state === "accepted" ? undefined : end.code;
  log("task", { jobId, taskId: task.id, leaseId, attempt, end: end.state, code });
}
