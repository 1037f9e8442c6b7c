import { z } from "zod";
import { type PoolPass, poolPassSchema } from "../../shared/wire/pool.ts";
import { openSealed, sealText } from "./sealed-text.ts";

/** Sealed texts for members of pools: tickets for their pool's socket, and passes for jobs. */

const poolTicketSchema = z.object({
  poolId: z.string(),
  /** Id of the link whose token got the ticket. */
  linkId: z.string(),
  expiresAtMs: z.number(),
});
export type PoolTicket = z.infer<typeof poolTicketSchema>;

/** Milliseconds for which a pass is valid. It is renewed while its member is assigned to the job. */
export const PASS_LIFE_MS = 30 * 60_000;

export function sealPoolTicket(env: Cloudflare.Env, ticket: PoolTicket): string {
  return sealText(env, "pool-ticket", ticket);
}

/** The ticket's content; null for text that is not a ticket of this pool, or has expired. */
export function openPoolTicket(
  env: Cloudflare.Env,
  text: string,
  poolId: string,
  nowMs: number,
): PoolTicket | null {
  const ticket = openSealed(env, "pool-ticket", text, poolTicketSchema);
  return ticket?.poolId === poolId && ticket.expiresAtMs > nowMs ? ticket : null;
}

export function sealPass(env: Cloudflare.Env, pass: PoolPass): string {
  return sealText(env, "pool-pass", pass);
}

/** The pass's content; null for text that is not a pass for this job. An expired pass is returned. */
export function openPass(env: Cloudflare.Env, text: string, jobId: string): PoolPass | null {
  const pass = openSealed(env, "pool-pass", text, poolPassSchema);
  return pass?.jobId === jobId ? pass : null;
}
