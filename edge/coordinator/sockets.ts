import { z } from "zod";
import type { CoordinatorMessage } from "../../shared/wire/coordinator-messages.ts";
import { type Role, roleSchema } from "../../shared/wire/protocol.ts";
import { socketTag } from "../http/socket-tag.ts";
import type { Wire } from "./wire.ts";

/** Data that a socket keeps during hibernation. */
const attachmentSchema = z.object({
  connectionId: z.string(),
  openedAtMs: z.number(),
  /** Where the holder reached us: presigned URLs name it. */
  origin: z.string(),
  /** Where the holder is, as far as the edge sees it: see `networkOf`. */
  network: z.string().nullable().default(null),
  /** Hash of the token of the ticket that opened it, and its role. */
  principal: z.string(),
  role: roleSchema,
  /** Facts from the pass of a pool's member. */
  member: z
    .object({ memberId: z.string(), proven: z.number(), pixelsPerMs: z.number() })
    .nullable()
    .default(null),
  /** Null until it said hello. */
  holderId: z.string().nullable(),
});
export type Attachment = z.infer<typeof attachmentSchema>;
/** Facts about a client that opens a connection. */
export type Caller = Pick<Attachment, "origin" | "network" | "principal" | "role" | "member">;

/** Sockets that never said hello are closed after this. */
const HELLO_WITHIN_MS = 10_000;

interface Connection {
  socket: Wire;
  attachment: Attachment;
}

/** The job's connections to its holders, each known by its id. */
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
    // The tag is what is looked at for each message: an attachment would be parsed each time.
    this.#ctx.acceptWebSocket(server, [connectionId]);
    this.#attach(server, { connectionId, openedAtMs: nowMs, ...of, holderId: null });
    return new Response(null, { status: 101, webSocket: client });
  }

  /** Takes in a connection that is no WebSocket. @returns its id */
  add(wire: Wire, of: Caller, nowMs: number): string {
    const connectionId = crypto.randomUUID();
    this.#attach(wire, { connectionId, openedAtMs: nowMs, ...of, holderId: null });
    return connectionId;
  }

  /** Open sockets of one token, and of one role. */
  count(of: { principal: string } | { role: Role }): number {
    let count = 0;
    for (const { attachment } of this.#connections.values()) {
      const isOne =
        "role" in of ? attachment.role === of.role : attachment.principal === of.principal;
      if (isOne) count += 1;
    }
    return count;
  }

  /** The connection's id, by the tag of its socket; "" for a socket that is gone. */
  idOf(socket: WebSocket): string {
    return socketTag(this.#ctx, socket) ?? "";
  }

  /** Null for a connection that was closed here. */
  attachmentOf(connectionId: string): Attachment | null {
    return this.#connections.get(connectionId)?.attachment ?? null;
  }

  /** The socket speaks for a holder from now on; older ones of the holder are closed. */
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

  /** Those that speak for a holder. */
  bound(): { connectionId: string; holderId: string }[] {
    return [...this.#connections.values()].flatMap(({ attachment }) => {
      const { connectionId, holderId } = attachment;
      return holderId === null ? [] : [{ connectionId, holderId }];
    });
  }

  /** A socket that closed meanwhile is left to its close event. */
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

  /** The peer closed, or is gone. False where the connection was closed here before. */
  forget(connectionId: string): boolean {
    const isOurs = this.#connections.has(connectionId);
    // Codes like 1006 that say "it broke" may not be sent back.
    this.close(connectionId, 1000, "");
    return isOurs;
  }

  closeGuests(nowMs: number): void {
    for (const { connectionId, openedAtMs } of this.#guests()) {
      if (nowMs - openedAtMs >= HELLO_WITHIN_MS) this.close(connectionId, 1008, "No hello came.");
    }
  }

  /** When the next socket without a hello is to be closed; null when there is none. */
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
