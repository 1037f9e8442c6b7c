import { z } from "zod";
import { TributaryError } from "../shared/errors.ts";
import type { JobPlan } from "../shared/job.ts";
import {
  type CoordinatorMessage,
  type CreateJobResponse,
  coordinatorMessageSchema,
  createJobResponseSchema,
  type HolderMessage,
  type JobStatus,
  jobStatusSchema,
  problemSchema,
} from "../shared/protocol.ts";
import { callBackoffMs } from "../shared/retry.ts";

/** Typed calls to the edge and the socket to a coordinator. Works in pages and in workers. */

const CALL_TIMEOUT_MS = 30_000;
/** Silence on the socket after which it is asked for a sign of life, and after which it is given up. */
const PING_EVERY_MS = 5_000;
const PONG_WITHIN_MS = 6_000;
const OPEN_WITHIN_MS = 15_000;

export class EdgeClient {
  readonly #origin: string;

  /** @param origin such as `https://tributary.example`, no slash at the end */
  constructor(origin: string) {
    this.#origin = origin;
  }

  /** Codes: PLAN_INVALID, REQUEST_INVALID, RATE_LIMITED, NETWORK, TIMEOUT. */
  createJob(plan: JobPlan, signal?: AbortSignal): Promise<CreateJobResponse> {
    const init = { method: "POST", body: JSON.stringify({ plan }) };
    return this.#call("/api/jobs", init, createJobResponseSchema, signal);
  }

  /** With the owner's token the answer also says who is there and who made what. Codes: JOB_NOT_FOUND. */
  jobStatus(jobId: string, ownerToken?: string, signal?: AbortSignal): Promise<JobStatus> {
    return this.#call(`/api/jobs/${jobId}`, authorized({}, ownerToken), jobStatusSchema, signal);
  }

  /** Idempotent: a job that has ended stays as it is. */
  async cancelJob(jobId: string, ownerToken: string, signal?: AbortSignal): Promise<void> {
    const init = authorized({ method: "DELETE" }, ownerToken);
    await this.#call(`/api/jobs/${jobId}`, init, z.unknown(), signal);
  }

  socketUrl(jobId: string): string {
    return `${this.#origin.replace(/^http/, "ws")}/api/jobs/${jobId}/socket`;
  }

  async #call<T>(
    path: string,
    init: RequestInit,
    schema: z.ZodType<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const headers = new Headers(init.headers);
    if (init.body !== undefined) headers.set("content-type", "application/json");
    const timeout = AbortSignal.timeout(CALL_TIMEOUT_MS);
    const either = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
    let response: Response;
    let text: string;
    try {
      response = await fetch(this.#origin + path, { ...init, headers, signal: either });
      text = await response.text();
    } catch (cause) {
      signal?.throwIfAborted();
      const code = timeout.aborted ? "TIMEOUT" : "NETWORK";
      throw new TributaryError(code, "The server could not be reached.", { cause });
    }
    const body = parseJson(text);
    if (!response.ok) {
      const problem = problemSchema.safeParse(body);
      if (problem.success) throw new TributaryError(problem.data.code, problem.data.detail);
      const code = response.status === 429 ? "RATE_LIMITED" : "INTERNAL";
      throw new TributaryError(code, `The server answered with status ${response.status}.`);
    }
    const parsed = schema.safeParse(body);
    if (!parsed.success) {
      throw new TributaryError("INTERNAL", "The server's answer was not understood.");
    }
    return parsed.data;
  }
}

export interface JobSocketEvents {
  /** The socket is open: say hello now, it is the first thing that may be sent. */
  onOpen(): HolderMessage;
  onMessage(message: CoordinatorMessage): void;
  /** Lost; a new try follows by itself. */
  onLost(): void;
}

/**
 * A socket that comes back: reconnects with exponential backoff and jitter until it is closed here.
 * A link that is dead without a close (network gone) is noticed by a ping that nobody answers.
 */
export class JobSocket {
  readonly #url: string;
  readonly #events: JobSocketEvents;
  #socket: WebSocket | null = null;
  #failures = 0;
  #closed = false;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #watchTimer: ReturnType<typeof setInterval> | undefined;

  constructor(url: string, events: JobSocketEvents) {
    this.#url = url;
    this.#events = events;
    this.#open();
  }

  /** False when there is no open connection; nothing is queued. */
  send(message: HolderMessage): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retryTimer);
    clearInterval(this.#watchTimer);
    this.#socket?.close(1000);
    this.#socket = null;
  }

  #open(): void {
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    let lastHeardMs = performance.now();
    const giveUp = (): void => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      clearInterval(this.#watchTimer);
      clearTimeout(openTimer);
      socket.close();
      this.#events.onLost();
      this.#retry();
    };
    const openTimer = setTimeout(giveUp, OPEN_WITHIN_MS);
    socket.addEventListener("open", () => {
      clearTimeout(openTimer);
      if (this.#socket !== socket) return;
      this.send(this.#events.onOpen());
      this.#watchTimer = setInterval(() => {
        const silentMs = performance.now() - lastHeardMs;
        if (silentMs > PING_EVERY_MS + PONG_WITHIN_MS) giveUp();
        else if (silentMs > PING_EVERY_MS - 1000) socket.send("ping");
      }, PING_EVERY_MS);
    });
    socket.addEventListener("message", (event: MessageEvent) => {
      lastHeardMs = performance.now();
      if (this.#socket !== socket || typeof event.data !== "string" || event.data === "pong") {
        return;
      }
      const parsed = coordinatorMessageSchema.safeParse(parseJson(event.data));
      // Of a newer coordinator's messages, those that are not known here are left alone.
      if (!parsed.success) return;
      if (parsed.data.type === "welcome") this.#failures = 0;
      this.#events.onMessage(parsed.data);
    });
    socket.addEventListener("close", giveUp);
    socket.addEventListener("error", giveUp);
  }

  #retry(): void {
    if (this.#closed) return;
    this.#failures += 1;
    const waitMs = callBackoffMs(this.#failures, 0.5 + Math.random() / 2, 500, 10_000);
    this.#retryTimer = setTimeout(() => {
      if (!this.#closed) this.#open();
    }, waitMs);
  }
}

function authorized(init: RequestInit, token: string | undefined): RequestInit {
  return token === undefined ? init : { ...init, headers: { authorization: `Bearer ${token}` } };
}

/** Undefined for what is no JSON: every schema refuses that. */
function parseJson(text: string): unknown {
  try {
    return text === "" ? null : JSON.parse(text);
  } catch {
    return undefined;
  }
}
