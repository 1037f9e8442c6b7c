import type { WireSocket } from "../../shared/holder/job-socket.ts";
import type { CoordinatorMessage } from "../../shared/wire/coordinator-messages.ts";
import { type HolderMessage, holderMessageSchema } from "../../shared/wire/holder-messages.ts";

const CONNECTING = 0;
const OPEN = 1;
const CLOSED = 3;

export interface LocalSocketOptions {
  /** Gets each message as the coordinator would parse it. */
  onMessage(message: HolderMessage): void;
  onPing(): void;
  /** Called when the holder closes the socket. */
  onClose?(): void;
}

type Listeners = {
  open: () => void;
  message: (event: { data: unknown }) => void;
  close: () => void;
};

/** A holder's socket without a network. The code that made it acts as the other side. */
export class LocalSocket implements WireSocket {
  readyState = CONNECTING;
  readonly #options: LocalSocketOptions;
  readonly #listeners: { [Type in keyof Listeners]: Listeners[Type][] } = {
    open: [],
    message: [],
    close: [],
  };

  constructor(options: LocalSocketOptions) {
    this.#options = options;
  }

  // ------------------------------------------------ the holder's side

  addEventListener(type: "open" | "close" | "error", listener: () => void): void;
  addEventListener(type: "message", listener: (event: { data: unknown }) => void): void;
  addEventListener(type: keyof Listeners | "error", listener: (event: never) => void): void {
    if (type !== "error") this.#listeners[type].push(listener as () => void);
  }

  send(text: string): void {
    if (this.readyState !== OPEN) throw new Error("The socket is not open.");
    if (text === "ping") this.#options.onPing();
    else this.#options.onMessage(holderMessageSchema.parse(JSON.parse(text)));
  }

  close(): void {
    if (this.readyState === CLOSED) return;
    this.readyState = CLOSED;
    this.#options.onClose?.();
  }

  // ------------------------------------------------ the other side

  open(): void {
    if (this.readyState !== CONNECTING) return;
    this.readyState = OPEN;
    for (const listener of this.#listeners.open) listener();
  }

  deliver(message: CoordinatorMessage): void {
    this.#say(JSON.stringify(message));
  }

  pong(): void {
    this.#say("pong");
  }

  /** Breaks the connection, which the holder sees. */
  break(): void {
    if (this.readyState === CLOSED) return;
    this.readyState = CLOSED;
    for (const listener of this.#listeners.close) listener();
  }

  #say(data: string): void {
    if (this.readyState !== OPEN) return;
    for (const listener of this.#listeners.message) listener({ data });
  }
}
