import { z } from "zod";
import type { CoordinatorMessage } from "../../shared/wire/coordinator-messages.ts";
import { type Role, roleSchema } from "../../shared/wire/protocol.ts";
import { socketTag } from "../http/socket-tag.ts";
import type { Wire } from "./wire.ts";

/** Data that a socket keeps during hibernation. */
const attachmentSchema = z.object({
  connectionId: z.string(),
  openedAtMs: z.number(),
  /** The origin under which the holder reached this site. Presigned URLs have it. */
  origin: z.string(),
  /** The holder's network, as far as the edge sees it (`networkOf`). */
  network: z.string().nullable().default(null),
  /** Hash of the token whose ticket opened the socket, and the token's role. */
  principal: z.string(),
  role: roleSchema,
  /** Facts from the pass of a pool member. */
  member: z
    .object({ memberId: z.string(), proven: z.number(), pixelsPerMs: z.number() })
    .nullable()
    .default(null),
  /** Null until the holder has said hello. */
  holderId: z.string().nullable(),
});
export type Attachment = z.infer<typeof attachmentSchema>;
/** Facts about a client that opens a connection. */
export type Caller = Pick<Attachment, "origin" | "network" | "principal" | "role" | "member">;

/** Milliseconds after which a socket without a hello is closed. */
const HELLO_WITHIN_MS = 10_000;

interface Connection {
  socket: Wire;
  attachment: Attachment;
}

/** The job's connections to its holders, by id. */
export class Sockets {
  readonly #ctx: DurableObjectState;
  readonly #connections = new Map<string, Connection>();

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
    for (const socket of ctx.getWebSockets()) {
      const attachment = readAttachment(socket);
      if (attachment === null) socket.close(1012, "The server was updated.");
      else if (socket.readyState === WebSocket.OPEN) {
        this.#connections.set(attachment.connectionId, { socket, attachment });
      }
    }
  }

  accept(of: Caller, nowMs: number): Response {
    const { 0: client, 1: server } = new WebSocketPair();
    const connectionId = crypto.randomUUID();
    // The tag identifies the socket at each message. An attachment would have to be parsed each time.
    this.#ctx.acceptWebSocket(server, [connectionId]);
    this.#attach(server, { connectionId, openedAtMs: nowMs, ...of, holderId: null });
    return new Response(null, { status: 101, webSocket: client });
  }

  /**
   * Adds a connection that is not a WebSocket.
   * @returns its id
   */
  add(wire: Wire, of: Caller, nowMs: number): string {
    const connectionId = crypto.randomUUID();
    this.#attach(wire, { connectionId, openedAtMs: nowMs, ...of, holderId: null });
    return connectionId;
  }

  /** Number of open sockets of one token or of one role. */
  count(of: { principal: string } | { role: Role }): number {
    let count = 0;
    for (const { attachment } of this.#connections.values()) {
      const isOne =
        "role" in of ? attachment.role === of.role : attachment.principal === of.principal;
      if (isOne) count += 1;
    }
    return count;
  }

  /** The connection's id, from the tag of its socket; "" for a socket that is gone. */
  idOf(socket: WebSocket): string {
    return socketTag(this.#ctx, socket) ?? "";
  }

  /** Data of a connection; null where it was closed here. */
  attachmentOf(connectionId: string): Attachment | null {
    return this.#connections.get(connectionId)?.attachment ?? null;
  }

  /** Binds a socket to a holder. Older sockets of the holder are closed. */
  bind(connectionId: string, holderId: string): void {
    for (const [otherId, { socket, attachment }] of [...this.#connections]) {
      if (otherId === connectionId) {
        this.#attach(socket, { ...attachment, holderId });
      } else if (attachment.holderId === holderId) {
        this.close(otherId, 4000, "The holder came back with another socket.");
      }
    }
  }

  originOf(connectionId: string): string | null {
    return this.#connections.get(connectionId)?.attachment.origin ?? null;
  }

  /** The connections that are bound to a holder. */
  bound(): { connectionId: string; holderId: string }[] {
    return [...this.#connections.values()].flatMap(({ attachment }) => {
      const { connectionId, holderId } = attachment;
      return holderId === null ? [] : [{ connectionId, holderId }];
    });
  }

  /** Sends a message. If the socket has closed in the meantime, nothing happens; its close event follows. */
  send(connectionId: string, message: CoordinatorMessage): void {
    this.sendText(connectionId, JSON.stringify(message));
  }

  sendText(connectionId: string, text: string): void {
    const socket = this.#connections.get(connectionId)?.socket;
    if (socket?.readyState !== WebSocket.OPEN) return;
    try {
      socket.send(text);
    } catch {
      // Closed between the check and the send.
    }
  }

  close(connectionId: string, code: number, reason: string): void {
    const socket = this.#connections.get(connectionId)?.socket;
    this.#connections.delete(connectionId);
    try {
      socket?.close(code, reason);
    } catch {
      // Closed already.
    }
  }

  closeAll(code: number, reason: string): void {
    for (const connectionId of [...this.#connections.keys()]) {
      this.close(connectionId, code, reason);
    }
  }

  /**
   * To be called when the peer has closed the connection or is gone. False where the connection was closed here before.
   */
  forget(connectionId: string): boolean {
    const isOurs = this.#connections.has(connectionId);
    // Always closed with 1000, because codes such as 1006 (abnormal closure) must not be sent.
    this.close(connectionId, 1000, "");
    return isOurs;
  }

  closeGuests(nowMs: number): void {
    for (const { connectionId, openedAtMs } of this.#guests()) {
      if (nowMs - openedAtMs >= HELLO_WITHIN_MS) this.close(connectionId, 1008, "No hello came.");
    }
  }

  /**
   * When the next socket without a hello has to be closed, in milliseconds since the epoch; null when there is none.
   */
  nextGuestDeadlineMs(): number | null {
    const opened = this.#guests().map(({ openedAtMs }) => openedAtMs);
    return opened.length === 0 ? null : Math.min(...opened) + HELLO_WITHIN_MS;
  }

  #guests(): Attachment[] {
    const attachments = [...this.#connections.values()].map(({ attachment }) => attachment);
    return attachments.filter(({ holderId }) => holderId === null);
  }

  #attach(socket: Wire, attachment: Attachment): void {
    socket.serializeAttachment?.(attachment);
    this.#connections.set(attachment.connectionId, { socket, attachment });
  }
}

function readAttachment(socket: WebSocket): Attachment | null {
  const parsed = attachmentSchema.safeParse(socket.deserializeAttachment());
  return parsed.success ? parsed.data : null;
}
