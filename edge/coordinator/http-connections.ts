import type { ReceivedTexts, SentTexts } from "../../shared/wire/http-socket.ts";
import { HttpConnection } from "./http-connection.ts";
import type { Attachment, Sockets } from "./sockets.ts";

/** The coordinator's handlers, as for its WebSockets (`Coordinator.webSocketMessage` and its like). */
interface Handlers {
  /** False, and the connection is closed, where its sender asks too often. */
  mayAsk(from: Attachment): boolean;
  receive(from: Attachment, text: string): void;
  closed(connectionId: string): void;
}

/** The sockets over HTTP requests of one job, by their connection ids. */
export class HttpConnections {
  readonly #sockets: Sockets;
  readonly #handlers: Handlers;
  /** Also those that are closed, until their holder has fetched why or is silent. */
  readonly #connections = new Map<string, HttpConnection>();

  constructor(sockets: Sockets, handlers: Handlers) {
    this.#sockets = sockets;
    this.#handlers = handlers;
  }

  /** @returns the connection's id */
  open(of: Parameters<Sockets["add"]>[1], nowMs: number): string {
    const connection = new HttpConnection(() => this.hangUp(id));
    const id = this.#sockets.add(connection, of, nowMs);
    this.#connections.set(id, connection);
    return id;
  }

  /** False where there is no such connection (any more), or texts are missing before these. */
  send(id: string, sent: SentTexts): boolean {
    const connection = this.#connections.get(id);
    if (connection === undefined) return false;
    const texts = connection.take(sent);
    if (texts === null) {
      this.hangUp(id);
      return false;
    }
    for (const text of texts) {
      const from = this.#sockets.attachmentOf(id);
      // Closed here: what else was said is of no account, as on a WebSocket.
      if (from === null) break;
      if (text !== "ping") this.#handlers.receive(from, text);
      else if (this.#handlers.mayAsk(from)) connection.send("pong");
    }
    return true;
  }

  /** Null where there is no such connection (any more). */
  async receive(id: string, have: number): Promise<ReceivedTexts | null> {
    const connection = this.#connections.get(id);
    const from = this.#sockets.attachmentOf(id);
    if (connection === undefined) return null;
    if (from !== null) this.#handlers.mayAsk(from);
    const received = await connection.receive(have);
    if (received === null) this.hangUp(id);
    return received;
  }

  /** Ends a connection that its holder closed or left, or whose closing the holder had time to notice. */
  hangUp(id: string): void {
    this.#connections.get(id)?.end();
    this.#connections.delete(id);
    if (this.#sockets.forget(id)) this.#handlers.closed(id);
  }
}
