import { z } from "zod";
import { roleSchema } from "../../shared/wire/protocol.ts";
import { openSealed, sealText } from "./sealed-text.ts";

/**
 * A ticket for a job's socket, for a token that was checked just before. The Worker checks the ticket by itself, so
 * that strangers neither use up connections of the coordinator nor wake it.
 */
const ticketSchema = z.object({
  jobId: z.string(),
  /** The token's hash. */
  principal: z.string(),
  role: roleSchema,
  /** Facts from the pass of a pool member. */
  member: z
    .object({ memberId: z.string(), proven: z.number(), pixelsPerMs: z.number() })
    .nullable()
    .default(null),
  expiresAtMs: z.number(),
});
export type SocketTicket = z.infer<typeof ticketSchema>;

/** Milliseconds within which the socket has to be opened. Each reconnect needs a new ticket. */
export const TICKET_LIFE_MS = 60_000;

export function sealTicket(env: Cloudflare.Env, ticket: z.input<typeof ticketSchema>): string {
  return sealText(env, "socket-ticket", ticket);
}

/** The ticket's content; null for text that is not a ticket of this job, or has expired. */
export function openTicket(
  env: Cloudflare.Env,
  text: string,
  jobId: string,
  nowMs: number,
): SocketTicket | null {
  const ticket = openSealed(env, "socket-ticket", text, ticketSchema);
  return ticket?.jobId === jobId && ticket.expiresAtMs > nowMs ? ticket : null;
}
