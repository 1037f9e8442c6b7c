import { type Clock, within } from "../clock.ts";
import { TributaryError, toWireError } from "../job/errors.ts";
import { retry } from "../retry.ts";
import { MOST_TEXTS, type ReceivedTexts, type SentTexts } from "../wire/http-socket.ts";
import type { WireSocket } from "./job-socket.ts";

/** The requests that make a socket. All reject with a TributaryError and obey their signal. */
export interface HttpSocketCalls {
  /** @returns the connection's id for the other calls */
  open(ticket: string, signal: AbortSignal): Promise<string>;
  send(connection: string, sent: SentTexts, signal: AbortSignal): Promise<void>;
  /**
   * Gets the next texts; answered after some seconds at the latest, even when there are none.
   * @param have number of texts received so far
   */
  receive(connection: string, have: number, signal: AbortSignal): Promise<ReceivedTexts>;
  close(connection: string): Promise<void>;
}

const CONNECTING = 0;
const OPEN = 1;
const CLOSED = 3;

/** A request without an answer by then is sent again. */
const ANSWER_WITHIN_MS = 15_000;
/** Most characters in one request, unless its first text alone is longer: some seconds on a slow line. */
const MOST_CHARACTERS = 500_000;

type Listeners = {
  open: () => void;
  message: (event: { data: unknown }) => void;
  close: () => void;
};

/**
 * A socket over plain HTTP requests that behaves like a WebSocket: texts arrive once and in order, or the
 * socket closes. One request waits for the coordinator's texts, another one brings the holder's.
 */
export class HttpSocket implements WireSocket {
  readyState = CONNECTING;
  readonly #calls: HttpSocketCalls;
  readonly #clock: Clock;
  readonly #ended = new AbortController();
  readonly #listeners: { [Type in keyof Listeners]: Listeners[Type][] } = {
    open: [],
    message: [],
    close: [],
  };
  /** Texts that are not known to have arrived, and the number of the first of them. */
  #out: string[] = [];
  #firstOut = 0;
  #isSending = false;
  #connection: string | null = null;

  constructor(ticket: string, { calls, clock }: { calls: HttpSocketCalls; clock: Clock }) {
    this.#calls = calls;
    this.#clock = clock;
    this.#run(ticket).catch(() => this.#break());
  }

  addEventListener(type: "open" | "close" | "error", listener: () => void): void;
  addEventListener(type: "message", listener: (event: { data: unknown }) => void): void;
  addEventListener(type: keyof Listeners | "error", listener: (event: never) => void): void {
    if (type !== "error") this.#listeners[type].push(listener as () => void);
  }

  send(text: string): void {
    if (this.readyState !== OPEN) return;
    this.#out.push(text);
    if (!this.#isSending) this.#sendAll().catch(() => this.#break());
  }

  /** Tells the coordinator if it can be reached; otherwise the coordinator notices the silence. */
  close(): void {
    if (this.readyState === CLOSED) return;
    this.readyState = CLOSED;
    this.#ended.abort();
    if (this.#connection !== null) this.#calls.close(this.#connection).catch(() => {});
  }

  #break(): void {
    if (this.readyState === CLOSED) return;
    this.close();
    for (const listener of this.#listeners.close) listener();
  }

  async #run(ticket: string): Promise<void> {
    const connection = await this.#call((signal) => this.#calls.open(ticket, signal));
    this.#connection = connection;
    if (this.readyState === CLOSED) {
      await this.#calls.close(connection);
      return;
    }
    this.readyState = OPEN;
    for (const listener of this.#listeners.open) listener();
    for (let have = 0; this.readyState === OPEN; ) {
      const { texts, closed } = await this.#untilAnswered((signal) =>
        this.#calls.receive(connection, have, signal),
      );
      have += texts.length;
      for (const data of texts) {
        if (this.readyState === OPEN) for (const each of this.#listeners.message) each({ data });
      }
      if (closed !== null) this.#break();
    }
  }

  /** One request at a time: a later one could overtake it. */
  async #sendAll(): Promise<void> {
    this.#isSending = true;
    // Texts sent in the same moment go in one request.
    await Promise.resolve();
    while (this.#out.length > 0 && this.#connection !== null) {
      const connection = this.#connection;
      const sent = { first: this.#firstOut, texts: this.#nextTexts() };
      await this.#untilAnswered((signal) => this.#calls.send(connection, sent, signal));
      this.#out.splice(0, sent.texts.length);
      this.#firstOut += sent.texts.length;
    }
    this.#isSending = false;
  }

  #nextTexts(): string[] {
    let characters = 0;
    const most = this.#out.slice(0, MOST_TEXTS);
    const fits = most.findIndex((text, index) => {
      characters += text.length;
      return index > 0 && characters > MOST_CHARACTERS;
    });
    return fits === -1 ? most : most.slice(0, fits);
  }

  /** Repeats a request until it is answered. Its numbers tell the server what it has received already. */
  #untilAnswered<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return retry(() => this.#call(work), {
      clock: this.#clock,
      signal: this.#ended.signal,
      tries: Number.POSITIVE_INFINITY,
      isRetryable: (thrown) => toWireError(thrown).retryable,
    });
  }

  #call<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const error = () => new TributaryError("TIMEOUT", "The server does not answer.");
    const limit = { clock: this.#clock, signal: this.#ended.signal, ms: ANSWER_WITHIN_MS, error };
    return within(limit, work);
  }
}
