import type { Draft } from "../state/draft.ts";
import type { Holder, Lease, TaskRecord } from "../state/records.ts";
import { awaitsAudit, claimsOf, isAgain, type VerificationEvent } from "./verification.ts";
import { isTrusted } from "./verifying.ts";

/**
 * Trust in contributors: adaptive replication as in BOINC
 * (https://github.com/BOINC/boinc/wiki/Adaptive-Replication). Single-threaded ffmpeg.wasm is
 * deterministic, so a second run of a task proves or disproves a result by its hashes. Until a
 * contributor's result is verified (`verification.ts`), no playlist shows it.
 *
 * Who audits: the trusted, as long as they can be done with it by the time that the rest of the work
 * is done. One owner cannot run three results of each of a thousand contributors again, so beyond that
 * contributors audit each other, never one who is less proven than the maker. They do not know that
 * it is an audit; where two disagree a third result decides, and whoever is in the minority is out.
 * What that is worth: a lie passes such an audit only when maker and auditor lie alike, so somebody
 * who owns a share f of the swarm gets through with about f of the lies that are drawn, and is caught
 * by the first one that meets an honest auditor. Where that is too much, the policy `all` leaves
 * every audit to the trusted. A liar who lies rarely gets through in `adaptive` with what is not
 * drawn: sampling cannot see it, `all` does.
 *
 * What is sure to be audited may be run a second time before the first run is over, by somebody who
 * would be idle: the two are a pair then, and whose result comes second is the audit of the other.
 * Which contributor that is, is drawn by lot among those who would be done in time: so nobody can
 * choose whose results it audits. How fast a tab is, is its own word, though: who claims to be far faster
 * than all others is drawn more often.
 *
 * What browsers' own codecs make is never the same bytes twice. Of such a result somebody trusted looks
 * at every picture: nobody else is asked, since nobody could check the answer.
 */

/** Every result of a new contributor is audited until so many agreed in a row. */
export const PROBATION = 3;
/** At least one in so many results is audited, however long it went well. */
const MAX_INTERVAL = 32;

type Standing = Extract<VerificationEvent, { type: "accepted" }>["standing"];

/** Chance that the next result is audited, after so many agreements in a row. */
export function auditChance(agreed: number): number {
  return agreed < PROBATION ? 1 : 1 / Math.min(MAX_INTERVAL, 2 ** (agreed - PROBATION + 2));
}

/** How much a new result has to prove. */
export function standingOf(draft: Draft, holder: Holder, task: TaskRecord, lease: Lease): Standing {
  const policy = draft.job.settings.verify;
  if (isTrusted(holder)) return "verified";
  if (claimsOf(task.verification).length > 0 || policy === "all") return "audit-due";
  if (policy === "off") return "verified";
  if (isAgain(task.verification)) return "audit-due";
  const chance = auditChance(holder.agreed + (waitingOf(draft).get(holder.id) ?? 0));
  return isDrawn(draft, lease, chance) ? "audit-due" : "unverified";
}

/**
 * How many results of each holder wait for their audit. They count as if it went well: a lie among
 * them undoes the rest.
 */
export function waitingOf(draft: Draft): Map<string, number> {
  const waiting = new Map<string, number>();
  for (const { verification, done } of draft.unclear()) {
    if (!awaitsAudit(verification) || done === null) continue;
    waiting.set(done.holderId, (waiting.get(done.holderId) ?? 0) + 1);
  }
  return waiting;
}

/** The same answer for a lease each time, unless the chance has changed. */
export function isDrawn(draft: Draft, lease: Lease, chance: number): boolean {
  return draw(draft.job.seed + lease.id) < chance;
}

/** In [0, 1), from a text that outsiders do not know: FNV-1a with a final avalanche (murmur3's). */
export function draw(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
