import type { WireSocket } from "../../shared/holder/job-socket.ts";
import { openSocket } from "./scripted-holder.ts";

const CONNECTING = 0;
const CLOSED = 3;

/** A holder's socket to a coordinator in this process. Takes the place of `new WebSocket()`. */
export class EdgeSocket implements WireSocket {
  readonly #events = new EventTarget();
  #socket: WebSocket | null = null;
  #closed = false;

  /** @param address of the client, as the edge sees it; default: unknown */
  constructor(jobId: string, ticket: string, address?: string) {
    this.#open(jobId, ticket, address).catch(() => this.break());
  }

  get readyState(): number {
    return this.#closed ? CLOSED : (this.#socket?.readyState ?? CONNECTING);
  }

  addEventListener(type: "open" | "close" | "error", listener: () => void): void;
  addEventListener(type: "message", listener: (event: { data: unknown }) => void): void;
  addEventListener(type: string, listener: (event: never) => void): void {
    this.#events.addEventListener(type, listener as (event: Event) => void);
  }

  /** Messages sent after the end are lost, as in browsers. */
  send(text: string): void {
    if (!this.#closed) this.#socket?.send(text);
  }

  close(code?: number): void {
    this.#closed = true;
    this.#socket?.close(code);
  }

  /** Breaks the connection for both sides. */
  break(): void {
    if (this.#closed) return;
    this.close(1001);
    this.#events.dispatchEvent(new Event("close"));
  }

  async #open(jobId: string, ticket: string, address: string | undefined): Promise<void> {
    const response = await openSocket(jobId, ticket, address);
    const { webSocket: socket } = response;
    if (socket === null) throw new Error(`No socket: ${response.status}`);
    socket.accept();
    socket.addEventListener("message", ({ data }) => {
      this.#events.dispatchEvent(new MessageEvent("message", { data }));
    });
    socket.addEventListener("close", () => this.break());
    if (this.#closed) {
      socket.close();
      return;
    }
    this.#socket = socket;
    this.#events.dispatchEvent(new Event("open"));
  }
}
