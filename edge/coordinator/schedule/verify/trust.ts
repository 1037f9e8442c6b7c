import type { Draft } from "../state/draft.ts";
import type { Holder, Lease, TaskRecord } from "../state/records.ts";
import { awaitsAudit, claimsOf, isAgain, type VerificationEvent } from "./verification.ts";
import { isTrusted } from "./verifying.ts";

/**
 * Trust in contributors: adaptive replication as in BOINC
 * (https://github.com/BOINC/boinc/wiki/Adaptive-Replication), made proof against people with many names.
 * Until a contributor's result is verified (`verification.ts`), no playlist shows it.
 *
 * A contributor link is a *principal*, a name that came by it a *member*: names cost nothing, so what one
 * of them is caught at counts against all. Only somebody trusted (the owner's tab, a server) proves
 * anything: single-threaded ffmpeg.wasm is deterministic, so its second run of a task proves or disproves
 * a result by its hashes; what browsers' own codecs make is never the same bytes twice, so it looks at
 * every picture. That members of a link agree proves nothing. That contributors of two links in two
 * networks agree is evidence, which is shown as such and clears nothing (`waiver.ts`).
 *
 * Which results are audited is drawn by lot, one lot a lease, when the lease is granted: no holder learns
 * of it. `auditChance` is the chance. A proven lie costs its link everything that is not proven, its
 * members their trust, and doubles the chance from then on; the liar is out, and after several the link
 * is closed. So m lies that were drawn with chances p1..pm are all published only where none of them is
 * drawn: with probability (1-p1)(1-p2)...(1-pm). Each of the last results of a link's members is drawn,
 * too, of at most `LAST_AUDITS` of them. The policy `all` leaves nothing to chance.
 *
 * A lease that is sure to be audited may be run by a second holder before the first run is over. The two
 * are a pair then, and the result that comes second is the audit of the other. Trusted holders do so before
 * ordinary tasks, idle contributors when there is nothing else to do.
 */

/** Every result of a new member is audited until so many were proven in a row. */
export const PROBATION = 3;
/** A link's probation is that of so many members: newcomers after that begin where the link stands. */
export const LINK_MEMBERS = 8;
/** When a link has nothing left to make, the newest results of so many of its members are audited. */
export const LAST_AUDITS = 8;
/** Proven results of earlier jobs with which a member of a pool is known. */
export const KNOWN_PROVEN = 16;
/** At least one in so many results is audited, however long it went well. */
const MAX_INTERVAL = 32;
/** At least one in so many, of a member that comes to the job with as many proven results. */
const MAX_KNOWN_INTERVAL = 64;

type Standing = Extract<VerificationEvent, { type: "accepted" }>["standing"];

/**
 * Chance that the next result is audited.
 * @param proven results in a row: of the member, and of its link
 * @param lies of the link, proven so far
 * @param before proven results of earlier jobs, of a member of a pool
 */
export function auditChance(
  proven: { member: number; link: number },
  lies: number,
  before = 0,
): number {
  const level = Math.max(proven.member, Math.floor(proven.link / LINK_MEMBERS));
  const longest = before < MAX_KNOWN_INTERVAL ? MAX_INTERVAL : MAX_KNOWN_INTERVAL;
  const interval = level < PROBATION ? 1 : Math.min(longest, 2 ** (level - PROBATION + 1));
  return Math.min(1, 2 ** lies / interval);
}

/** How much a new result has to prove. */
export function standingOf(draft: Draft, holder: Holder, task: TaskRecord, lease: Lease): Standing {
  const policy = draft.job.settings.verify;
  if (isTrusted(holder)) return "verified";
  if (claimsOf(task.verification).length > 0 || policy === "all") return "audit-due";
  if (policy === "off") return "verified";
  if (isAgain(task.verification)) return "audit-due";
  return isDrawn(draft, lease, holder, waitingOf(draft)) ? "audit-due" : "unverified";
}

/** Whether the lease's lot is among those to be audited, as things stand. */
export function isDrawn(draft: Draft, lease: Lease, holder: Holder, waiting: Waiting): boolean {
  return lease.lot < chanceOf(draft, holder, waiting);
}

/** Chance that the holder's next result is audited in `adaptive`. */
export function chanceOf(
  draft: Draft,
  { id, principal, agreed, pool }: Holder,
  waiting: Waiting,
): number {
  const { provenInARow, lies } = draft.link(principal);
  const proven = {
    member: agreed + (waiting.members.get(id) ?? 0),
    link: provenInARow + (waiting.links.get(principal) ?? 0),
  };
  return auditChance(proven, lies, pool?.proven);
}

/**
 * How many results wait for their audit, by member and by link. They count as if it went well: a lie
 * among them undoes the rest.
 */
export interface Waiting {
  members: Map<string, number>;
  links: Map<string, number>;
}

/** Counts the results that wait for an audit now. */
export function waitingOf(draft: Draft): Waiting {
  const waiting: Waiting = { members: new Map(), links: new Map() };
  for (const { verification, done } of draft.unclear()) {
    const maker = done === null ? undefined : draft.holder(done.holderId);
    if (!awaitsAudit(verification) || maker === undefined) continue;
    count(waiting.members, maker.id);
    count(waiting.links, maker.principal);
  }
  return waiting;
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
