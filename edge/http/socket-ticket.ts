import { z } from "zod";
import { roleSchema } from "../../shared/wire/protocol.ts";
import { openSealed, sealText } from "./sealed-text.ts";

/**
 * Opens one job's socket for a token that was checked just before. The Worker checks the ticket without
 * asking anybody, so that a stranger holds no place at the coordinator and does not even wake it.
 */
const ticketSchema = z.object({
  jobId: z.string(),
  /** The token's hash. */
  principal: z.string(),
  role: roleSchema,
  /** Facts from the pass of a pool's member. */
  member: z
    .object({ memberId: z.string(), proven: z.number(), pixelsPerMs: z.number() })
    .nullable()
    .default(null),
  expiresAtMs: z.number(),
});
export type SocketTicket = z.infer<typeof ticketSchema>;

/** Time to open the socket; a reconnect has a ticket of its own. */
export const TICKET_LIFE_MS = 60_000;

export function sealTicket(env: Cloudflare.Env, ticket: z.input<typeof ticketSchema>): string {
  return sealText(env, "socket-ticket", ticket);
}

/** Null for what is no ticket of this job, or no longer one. */
export function openTicket(
  env: Cloudflare.Env,
  text: string,
  jobId: string,
  nowMs: number,
): SocketTicket | null {
  const ticket = openSealed(env, "socket-ticket", text, ticketSchema);
  return ticket?.jobId === jobId && ticket.expiresAtMs > nowMs ? ticket : null;
}
