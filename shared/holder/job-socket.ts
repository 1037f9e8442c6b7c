import { type Clock, Timer } from "../clock.ts";
import { TributaryError, toWireError } from "../job/errors.ts";
import { callBackoffMs } from "../retry.ts";
import { type CoordinatorMessage, coordinatorMessageSchema } from "../wire/coordinator-messages.ts";
import type { HolderMessage } from "../wire/holder-messages.ts";
import { parseJson } from "../wire/json.ts";

/** After this much silence a ping is sent. When PONG_WITHIN_MS more pass in silence, the socket is given up. */
const PING_EVERY_MS = 5_000;
const PONG_WITHIN_MS = 6_000;
/** Longest wait for a ticket, and after it for the coordinator's welcome. */
const WELCOME_WITHIN_MS = 15_000;
/** Longest wait for the welcome over a WebSocket, where connections can also go over HTTP requests. */
const HEARD_WITHIN_MS = 10_000;
/** After this many WebSockets in a row that failed at once, connections go over HTTP requests. */
const FAILED_WEB_SOCKETS = 2;

/** The part of WebSocket that is used here. Browsers, workers and Node have the same one. */
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
  /** The socket is open. @returns the hello, which is sent before all else */
  onOpen(): HolderMessage;
  onMessage(message: CoordinatorMessage): void;
  /** The connection was lost or could not be made. A new try follows, unless `close` is called now. */
  onLost(): void;
}

export interface JobSocketOptions {
  /**
   * Gets a ticket for the next connection. A rejection is passed to `onMessage` as an error message, and
   * another ticket is requested later.
   */
  ticket(signal: AbortSignal): Promise<string>;
  /** Opens a WebSocket. */
  connect(ticket: string): WireSocket;
  /** Opens a socket over HTTP requests. Absent: only WebSockets are used. */
  connectHttp?: ((ticket: string) => WireSocket) | undefined;
  clock: Clock;
  events: JobSocketEvents;
}

/**
 * A socket to a job's coordinator that comes back: it reconnects with exponential backoff and jitter until
 * `close` is called. A connection that is dead without a close (network gone) is noticed by an unanswered
 * ping. When tickets arrive but nothing comes over WebSockets, connections go over HTTP requests, until
 * nothing comes over those either.
 */
export class JobSocket {
  readonly #options: JobSocketOptions;
  readonly #retry: Timer;
  readonly #welcome: Timer;
  readonly #ping: Timer;
  #socket: WireSocket | null = null;
  /** While a ticket is on its way. */
  #asking: AbortController | null = null;
  #failures = 0;
  /** WebSockets in a row over which nothing came. */
  #unheard = 0;
  #overHttp = false;

  constructor(options: JobSocketOptions) {
    this.#options = options;
    this.#retry = new Timer(options.clock);
    this.#welcome = new Timer(options.clock);
    this.#ping = new Timer(options.clock);
    this.#open();
  }

  /** Whether the current connection goes over HTTP requests. */
  get overHttp(): boolean {
    return this.#overHttp;
  }

  /** @returns false when there is no open connection; nothing is queued */
  send(message: HolderMessage): boolean {
    if (this.#socket?.readyState !== OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  /** Closes the socket for good. */
  close(): void {
    this.#retry.clear();
    this.#release()?.close(1000);
  }

  #open(): void {
    const { ticket, connect, connectHttp, events } = this.#options;
    const asking = new AbortController();
    this.#asking = asking;
    const failed = (thrown: unknown): void => {
      if (this.#asking !== asking) return;
      this.#release();
      this.#openLater();
      const { code, message } = toWireError(thrown);
      events.onMessage({ type: "error", code, message });
    };
    this.#welcome.set(WELCOME_WITHIN_MS, () => {
      failed(new TributaryError("TIMEOUT", "The server does not answer."));
    });
    ticket(asking.signal).then((text) => {
      if (this.#asking !== asking) return;
      this.#asking = null;
      const otherWay = this.#unheard < FAILED_WEB_SOCKETS ? undefined : connectHttp;
      this.#overHttp = otherWay !== undefined;
      this.#use((otherWay ?? connect)(text));
    }, failed);
  }

  #use(socket: WireSocket): void {
    const { clock, events, connectHttp } = this.#options;
    const isWebSocket = !this.#overHttp;
    this.#socket = socket;
    const openedMs = clock.nowMs();
    let lastHeardMs = openedMs;
    let isHeard = false;
    const lost = (): void => {
      if (this.#socket !== socket) return;
      this.#release();
      if (!isHeard) this.#countUnheard(isWebSocket, clock.nowMs() - openedMs);
      socket.close();
      this.#openLater();
      events.onLost();
    };
    const watch = (): void => {
      this.#ping.set(PING_EVERY_MS, () => {
        const silentMs = clock.nowMs() - lastHeardMs;
        if (silentMs > PING_EVERY_MS + PONG_WITHIN_MS) {
          lost();
          return;
        }
        if (silentMs > PING_EVERY_MS - 1000) socket.send("ping");
        watch();
      });
    };
    const isFirstWay = isWebSocket && connectHttp !== undefined;
    this.#welcome.set(isFirstWay ? HEARD_WITHIN_MS : WELCOME_WITHIN_MS, lost);
    socket.addEventListener("open", () => {
      if (this.#socket !== socket) return;
      this.send(events.onOpen());
      watch();
    });
    socket.addEventListener("message", ({ data }) => {
      lastHeardMs = clock.nowMs();
      isHeard = true;
      if (isWebSocket) this.#unheard = 0;
      if (this.#socket !== socket || typeof data !== "string" || data === "pong") return;
      const parsed = coordinatorMessageSchema.safeParse(parseJson(data));
      // Unknown messages, of a newer coordinator, are ignored.
      if (!parsed.success) return;
      if (parsed.data.type === "welcome") {
        this.#failures = 0;
        this.#welcome.clear();
      }
      events.onMessage(parsed.data);
    });
    socket.addEventListener("close", lost);
    socket.addEventListener("error", lost);
  }

  /** A WebSocket that was silent for long counts as much as several that failed at once. */
  #countUnheard(isWebSocket: boolean, waitedMs: number): void {
    if (!isWebSocket) this.#unheard = 0;
    else if (waitedMs >= HEARD_WITHIN_MS) this.#unheard = FAILED_WEB_SOCKETS;
    else this.#unheard += 1;
  }

  #openLater(): void {
    this.#failures += 1;
    const chance = 0.5 + this.#options.clock.random() / 2;
    this.#retry.set(callBackoffMs(this.#failures, chance, 500, 10_000), () => this.#open());
  }

  /** Lets go of the socket and of a ticket that is on its way: later events of theirs are ignored. */
  #release(): WireSocket | null {
    const socket = this.#socket;
    this.#socket = null;
    this.#overHttp = false;
    this.#asking?.abort();
    this.#asking = null;
    this.#welcome.clear();
    this.#ping.clear();
    return socket;
  }
}
