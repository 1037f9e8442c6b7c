import type { Clock } from "../clock.ts";
import { callBackoffMs } from "../retry.ts";
import { type CoordinatorMessage, coordinatorMessageSchema } from "../wire/coordinator-messages.ts";
import type { HolderMessage } from "../wire/holder-messages.ts";

/** Silence on the socket after which it is asked for a sign of life, and after which it is given up. */
const PING_EVERY_MS = 5_000;
const PONG_WITHIN_MS = 6_000;
const OPEN_WITHIN_MS = 15_000;

/** What is used of a WebSocket: browsers, workers and Node have the same one. */
export interface WireSocket {
  readonly readyState: number;
  send(text: string): void;
  close(code?: number): void;
  addEventListener(type: "open" | "close" | "error", listener: () => void): void;
  addEventListener(type: "message", listener: (event: { data: unknown }) => void): void;
}

/** `WebSocket.OPEN` (WHATWG WebSockets, 3). */
const OPEN = 1;

export interface JobSocketEvents {
  /** The socket is open: say hello now, it is the first thing that may be sent. */
  onOpen(): HolderMessage;
  onMessage(message: CoordinatorMessage): void;
  /** Lost; a new try follows by itself. */
  onLost(): void;
}

export interface JobSocketOptions {
  connect(): WireSocket;
  clock: Clock;
  events: JobSocketEvents;
}

/**
 * A socket to a job's coordinator that comes back: reconnects with exponential backoff and jitter
 * until it is closed here. A link that is dead without a close (network gone) is noticed by a ping
 * that nobody answers.
 */
export class JobSocket {
  readonly #options: JobSocketOptions;
  #socket: WireSocket | null = null;
  #failures = 0;
  #closed = false;
  #cancelRetry = (): void => {};
  #cancelWatch = (): void => {};

  constructor(options: JobSocketOptions) {
    this.#options = options;
    this.#open();
  }

  /** False when there is no open connection; nothing is queued. */
  send(message: HolderMessage): boolean {
    if (this.#socket?.readyState !== OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  close(): void {
    this.#closed = true;
    this.#cancelRetry();
    this.#cancelWatch();
    this.#socket?.close(1000);
    this.#socket = null;
  }

  #open(): void {
    const { clock, events } = this.#options;
    const socket = this.#options.connect();
    this.#socket = socket;
    let lastHeardMs = clock.nowMs();
    const giveUp = (): void => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      this.#cancelWatch();
      cancelOpenTimer();
      socket.close();
      events.onLost();
      this.#retry();
    };
    const watch = (): void => {
      this.#cancelWatch = clock.after(PING_EVERY_MS, () => {
        const silentMs = clock.nowMs() - lastHeardMs;
        if (silentMs > PING_EVERY_MS + PONG_WITHIN_MS) {
          giveUp();
          return;
        }
        if (silentMs > PING_EVERY_MS - 1000) socket.send("ping");
        watch();
      });
    };
    const cancelOpenTimer = clock.after(OPEN_WITHIN_MS, giveUp);
    socket.addEventListener("open", () => {
      cancelOpenTimer();
      if (this.#socket !== socket) return;
      this.send(events.onOpen());
      watch();
    });
    socket.addEventListener("message", ({ data }) => {
      lastHeardMs = clock.nowMs();
      if (this.#socket !== socket || typeof data !== "string" || data === "pong") return;
      const parsed = coordinatorMessageSchema.safeParse(parseJson(data));
      // Of a newer coordinator's messages, those that are not known here are left alone.
      if (!parsed.success) return;
      if (parsed.data.type === "welcome") this.#failures = 0;
      events.onMessage(parsed.data);
    });
    socket.addEventListener("close", giveUp);
    socket.addEventListener("error", giveUp);
  }

  #retry(): void {
    if (this.#closed) return;
    this.#failures += 1;
    const { clock } = this.#options;
    const waitMs = callBackoffMs(this.#failures, 0.5 + clock.random() / 2, 500, 10_000);
    this.#cancelRetry = clock.after(waitMs, () => {
      if (!this.#closed) this.#open();
    });
  }
}

/** Undefined for what is no JSON: every schema refuses that. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
