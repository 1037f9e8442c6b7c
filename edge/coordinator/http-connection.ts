import { MOST_TEXTS, type ReceivedTexts, type SentTexts } from "../../shared/wire/http-socket.ts";
import type { Wire } from "./wire.ts";

/** A connection without a request for this many milliseconds is closed. Holders send one at least every 11 s. */
const SILENCE_MS = 15_000;
/**
 * Milliseconds within which a request for texts is answered. Proxies end requests that are silent for half a minute.
 */
const ANSWER_WITHIN_MS = 10_000;
/** The most characters that wait for a holder. If there are more, the connection is closed. */
const MOST_WAITING_CHARACTERS = 4_000_000;

/**
 * The coordinator's end of a socket over HTTP requests. It is kept only in memory. Open requests and timers prevent an
 * eviction. After a crash the connection is unknown, and the holder reconnects.
 */
export class HttpConnection implements Wire {
  readyState: number = WebSocket.OPEN;
  readonly #gone: () => void;
  /** Texts whose receipt the holder has not confirmed, and the number of the first of them. */
  #waiting: string[] = [];
  #firstWaiting = 0;
  #waitingCharacters = 0;
  /** Number of texts received from the holder. */
  #heard = 0;
  #closed: ReceivedTexts["closed"] = null;
  /** Ends the wait of the open request. */
  #wake: () => void = () => {};
  #silence: ReturnType<typeof setTimeout> | undefined;

  /** @param gone called once, when the holder has not been heard for a while */
  constructor(gone: () => void) {
    this.#gone = gone;
    this.#listen();
  }

  send(text: string): void {
    if (this.#closed !== null) return;
    if (this.#waitingCharacters + text.length > MOST_WAITING_CHARACTERS) {
      this.close(1013, "Too much was left unread.");
      return;
    }
    this.#waitingCharacters += text.length;
    this.#waiting.push(text);
    this.#wake();
  }

  /** Closes the connection. Texts that were sent before can still be fetched. */
  close(code: number, reason: string): void {
    if (this.#closed !== null) return;
    this.#listen();
    this.readyState = WebSocket.CLOSED;
    this.#closed = { code, reason };
    this.#wake();
  }

  /** The texts that are new, in order; null where texts before them are missing. */
  take({ first, texts }: SentTexts): string[] | null {
    this.#listen();
    if (first > this.#heard) return null;
    const added = texts.slice(this.#heard - first);
    this.#heard += added.length;
    return added;
  }

  /**
   * Resolves with the texts after the first `have`, once there are any. An earlier request that still waits
   * is answered with nothing.
   * @returns null where the holder claims texts that were never sent, or asks for forgotten ones
   */
  async receive(have: number): Promise<ReceivedTexts | null> {
    this.#listen();
    const known = have - this.#firstWaiting;
    if (known < 0 || known > this.#waiting.length) return null;
    for (const text of this.#waiting.splice(0, known)) this.#waitingCharacters -= text.length;
    this.#firstWaiting = have;
    this.#wake();
    if (this.#waiting.length === 0 && this.#closed === null) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ANSWER_WITHIN_MS);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    // A later request has been answered in the meantime, so nobody waits for this answer any more.
    if (this.#firstWaiting !== have) return { texts: [], closed: null };
    const texts = this.#waiting.slice(0, MOST_TEXTS);
    const isLast = texts.length === this.#waiting.length;
    return { texts, closed: isLast ? this.#closed : null };
  }

  /** Stops the timers, and answers the open request. */
  end(): void {
    clearTimeout(this.#silence);
    this.#wake();
  }

  #listen(): void {
    if (this.#closed !== null) return;
    clearTimeout(this.#silence);
    this.#silence = setTimeout(this.#gone, SILENCE_MS);
  }
}
