import type { ReceivedTexts, SentTexts } from "../../shared/wire/http-socket.ts";
import { HttpConnection } from "./http-connection.ts";
import type { Attachment, Sockets } from "./sockets.ts";

/** The coordinator's handlers, like those for its WebSockets (`Coordinator.webSocketMessage` and others). */
interface Handlers {
  /** Counts a request. Returns false and closes the connection where its sender asks too often. */
  mayAsk(from: Attachment): boolean;
  receive(from: Attachment, text: string): void;
  closed(connectionId: string): void;
}

/** The sockets over HTTP requests of one job, by their connection ids. */
export class HttpConnections {
  readonly #sockets: Sockets;
  readonly #handlers: Handlers;
  /** Connections by id. Closed ones stay until their holder has fetched the reason or is silent. */
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

  /**
   * Takes texts from a holder. False where there is no such connection (any more), or texts before these are missing.
   */
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
      // The connection was closed by an earlier text. As on a WebSocket, the rest is ignored.
      if (from === null) break;
      if (text !== "ping") this.#handlers.receive(from, text);
      else if (this.#handlers.mayAsk(from)) connection.send("pong");
    }
    return true;
  }

  /** The texts for a holder; null where there is no such connection (any more). */
  async receive(id: string, have: number): Promise<ReceivedTexts | null> {
    const connection = this.#connections.get(id);
    const from = this.#sockets.attachmentOf(id);
    if (connection === undefined) return null;
    if (from !== null) this.#handlers.mayAsk(from);
    const received = await connection.receive(have);
    if (received === null) this.hangUp(id);
    return received;
  }

  /**
   * Ends a connection: the holder closed it or went silent, or it was closed here and the holder has had time to fetch
   * the reason.
   */
  hangUp(id: string): void {
    this.#connections.get(id)?.end();
    this.#connections.delete(id);
    if (this.#sockets.forget(id)) this.#handlers.closed(id);
  }
}
