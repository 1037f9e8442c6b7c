import { z } from "zod";
import type { PoolMessage } from "../../shared/wire/pool.ts";
import { socketTag } from "../http/socket-tag.ts";
import { type Presence, presenceSchema } from "./model/records.ts";

/** Data that a member's socket keeps during hibernation; 2 kB at most. */
const attachmentSchema = z.object({
  connectionId: z.string(),
  linkId: z.string(),
  openedAtMs: z.number(),
  /** To be signed. */
  nonce: z.string(),
  /** Null until its hello was found right. */
  presence: presenceSchema.nullable(),
});
type Attachment = z.infer<typeof attachmentSchema>;

/** Sockets that have not proven who they are by then are closed. */
const HELLO_WITHIN_MS = 15_000;

/** The pool's sockets, each known by its connection's id. */
export class MemberSockets {
  readonly #ctx: DurableObjectState;
  readonly #connections = new Map<string, { socket: WebSocket; attachment: Attachment }>();

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
    for (const socket of ctx.getWebSockets()) {
      const parsed = attachmentSchema.safeParse(socket.deserializeAttachment());
      if (!parsed.success) socket.close(1012, "The server was updated.");
      else if (socket.readyState === WebSocket.OPEN) {
        this.#connections.set(parsed.data.connectionId, { socket, attachment: parsed.data });
      }
    }
  }

  accept(linkId: string, nowMs: number): { response: Response; attachment: Attachment } {
    const { 0: client, 1: server } = new WebSocketPair();
    const connectionId = crypto.randomUUID();
    const attachment: Attachment = {
      connectionId,
      linkId,
      openedAtMs: nowMs,
      nonce: crypto.randomUUID(),
      presence: null,
    };
    this.#ctx.acceptWebSocket(server, [connectionId]);
    this.#attach(server, attachment);
    return { response: new Response(null, { status: 101, webSocket: client }), attachment };
  }

  get count(): number {
    return this.#connections.size;
  }

  of(socket: WebSocket): Attachment | null {
    const connectionId = socketTag(this.#ctx, socket);
    return this.#connections.get(connectionId ?? "")?.attachment ?? null;
  }

  /** Those that are members, as they were when the object was last in memory. */
  presences(): [connectionId: string, Presence][] {
    return [...this.#connections.values()].flatMap(({ attachment }) => {
      const { connectionId, presence } = attachment;
      return presence === null ? [] : [[connectionId, presence]];
    });
  }

  /** Keeps what has changed; sockets whose member came by another one are closed. */
  keep(present: ReadonlyMap<string, Presence>): void {
    for (const [connectionId, { socket, attachment }] of [...this.#connections]) {
      const presence = present.get(connectionId) ?? null;
      if (presence === attachment.presence) continue;
      if (presence === null) this.close(connectionId, 4000, "The member came by another socket.");
      else this.#attach(socket, { ...attachment, presence });
    }
  }

  send(connectionId: string, message: PoolMessage): void {
    const socket = this.#connections.get(connectionId)?.socket;
    if (socket?.readyState !== WebSocket.OPEN) return;
    try {
      socket.send(JSON.stringify(message));
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

  closeAll(reason: string): void {
    for (const connectionId of [...this.#connections.keys()])
      this.close(connectionId, 1000, reason);
  }

  /** When the next socket without a hello is to be closed; null where there is none. */
  closeGuests(nowMs: number): number | null {
    let nextMs: number | null = null;
    for (const { attachment } of [...this.#connections.values()]) {
      const { connectionId, presence, openedAtMs } = attachment;
      if (presence !== null) continue;
      const dueMs = openedAtMs + HELLO_WITHIN_MS;
      if (dueMs <= nowMs) this.close(connectionId, 1008, "No hello came.");
      else nextMs = Math.min(nextMs ?? dueMs, dueMs);
    }
    return nextMs;
  }

  #attach(socket: WebSocket, attachment: Attachment): void {
    socket.serializeAttachment(attachment);
    this.#connections.set(attachment.connectionId, { socket, attachment });
  }
}
