import { z } from "zod";
import type { PoolMessage } from "../../shared/wire/pool.ts";
import { socketTag } from "../http/socket-tag.ts";
import { type Presence, presenceSchema } from "./model/records.ts";

/** Data that a member's socket keeps during hibernation, at most 2 kB. */
const attachmentSchema = z.object({
  connectionId: z.string(),
  linkId: z.string(),
  openedAtMs: z.number(),
  /** The text that the member has to sign. */
  nonce: z.string(),
  /** Null until a valid hello. */
  presence: presenceSchema.nullable(),
});
type Attachment = z.infer<typeof attachmentSchema>;

/** Milliseconds after which a socket without a valid hello is closed. */
const HELLO_WITHIN_MS = 15_000;

/** The pool's sockets, by connection id. */
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

  /** The sockets of members, with the data from when the object was last in memory. */
  presences(): [connectionId: string, Presence][] {
    return [...this.#connections.values()].flatMap(({ attachment }) => {
      const { connectionId, presence } = attachment;
      return presence === null ? [] : [[connectionId, presence]];
    });
  }

  /**
   * Stores changed data in the sockets. Sockets without an entry are closed, because their member has connected by
   * another one.
   */
  keep(present: ReadonlyMap<string, Presence>): void {
    for (const [connectionId, { socket, attachment }] of [...this.#connections]) {
      const presence = present.get(connectionId) ?? null;
      if (presence === attachment.presence) continue;
      if (presence === null) {
        const message = "Another tab or program with this device's key has joined.";
        this.send(connectionId, { type: "error", code: "POOL_ELSEWHERE", message });
        this.close(connectionId, 4000, "POOL_ELSEWHERE");
      } else this.#attach(socket, { ...attachment, presence });
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

  /**
   * Closes sockets whose time for a hello is over. Returns when the next one is due, in milliseconds since the epoch;
   * null where there is none.
   */
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
