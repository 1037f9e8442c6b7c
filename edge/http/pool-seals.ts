import { z } from "zod";
import { type PoolPass, poolPassSchema } from "../../shared/wire/pool.ts";
import { openSealed, sealText } from "./sealed-text.ts";

/** Sealed texts that members of pools bring back: tickets for their pool's socket, and passes for jobs. */

const poolTicketSchema = z.object({
  poolId: z.string(),
  /** The link that its token is of. */
  linkId: z.string(),
  expiresAtMs: z.number(),
});
export type PoolTicket = z.infer<typeof poolTicketSchema>;

/** A pass is good for so long, and renewed while its member is still to help. */
export const PASS_LIFE_MS = 30 * 60_000;

export function sealPoolTicket(env: Cloudflare.Env, ticket: PoolTicket): string {
  return sealText(env, "pool-ticket", ticket);
}

/** Null for what is no ticket of this pool, or no longer one. */
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

/** Null for what is no pass, or one of another job; one that is over is returned. */
export function openPass(env: Cloudflare.Env, text: string, jobId: string): PoolPass | null {
  const pass = openSealed(env, "pool-pass", text, poolPassSchema);
  return pass?.jobId === jobId ? pass : null;
}
