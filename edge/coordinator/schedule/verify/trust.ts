import type { Draft } from "../state/draft.ts";
import type { Holder, Lease, TaskRecord } from "../state/records.ts";
import { awaitsAudit, claimsOf, isAgain, type VerificationEvent } from "./verification.ts";
import { isTrusted } from "./verifying.ts";

/**
 * Trust in contributors: adaptive replication as in BOINC (https://github.com/BOINC/boinc/wiki/Adaptive-Replication),
 * with protection against people who use many names. No playlist shows a contributor's result until it is verified
 * (`verification.ts`).
 *
 * A contributor link is a *principal*, and each name that joins by it is a *member*. A person can take many names, so a
 * lie of one member counts against all members of the link. Only trusted holders (the owner's tab, a server) can prove
 * a result. Single-threaded ffmpeg.wasm is deterministic, so a second run of a task proves or disproves a result by its
 * hashes. Browsers' own codecs never make the same bytes twice, so the trusted holder compares every frame of their
 * results with the source. Agreement between members of one link proves nothing. Agreement between contributors of two
 * links in two networks is evidence. It is shown as evidence, but verifies nothing (`waiver.ts`).
 *
 * Which results are audited is random: a number is drawn for each lease when it is granted, and no holder learns it.
 * `auditChance` is the chance of an audit. After a proven lie, its maker is banned, all unproven results of the link
 * are made again, its members have to earn trust again, and the chance is doubled from then on. After several lies the
 * link is closed. So m lies with chances p1..pm are all published only if none of them is drawn, which has the
 * probability (1-p1)(1-p2)...(1-pm). The newest results of up to `LAST_AUDITS` members of each link are audited, too.
 * The policy `all` audits every result.
 *
 * A task whose result is sure to be audited may be run by a second holder before the first run is over. The two leases
 * are then a pair, and the later result is the audit of the earlier one. Trusted holders make such second runs before
 * ordinary tasks, idle contributors only when there is nothing else to do.
 */

/** Every result of a new member is audited until this many were proven in a row. */
export const PROBATION = 3;
/** The probation of a link equals that of this many members. Members that join after it start at the link's level. */
export const LINK_MEMBERS = 8;
/** At the end, the newest results of at most this many members of a link are audited. */
export const LAST_AUDITS = 8;
/** Proven results in earlier jobs from which on a member of a pool counts as known. */
export const KNOWN_PROVEN = 16;
/** At least one in this many results is audited on average, however many were proven before. */
const MAX_INTERVAL = 32;
/** The same for a member that has at least this many proven results from earlier jobs. */
const MAX_KNOWN_INTERVAL = 64;

type Standing = Extract<VerificationEvent, { type: "accepted" }>["standing"];

/**
 * Chance that the next result is audited.
 * @param proven proven results in a row, of the member and of its link
 * @param lies proven lies of the link so far
 * @param before proven results in earlier jobs, for a member of a pool
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

/** The verification that a new result starts with. */
export function standingOf(draft: Draft, holder: Holder, task: TaskRecord, lease: Lease): Standing {
  const policy = draft.job.settings.verify;
  if (isTrusted(holder)) return "verified";
  if (claimsOf(task.verification).length > 0 || policy === "all") return "audit-due";
  if (policy === "off") return "verified";
  if (isAgain(task.verification)) return "audit-due";
  return isDrawn(draft, lease, holder, waitingOf(draft)) ? "audit-due" : "unverified";
}

/** Whether the lease's random number selects it for an audit, at the present chance. */
export function isDrawn(draft: Draft, lease: Lease, holder: Holder, waiting: Waiting): boolean {
  return lease.lot < chanceOf(draft, holder, waiting);
}

/** Chance that the holder's next result is audited, with the policy `adaptive`. */
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
 * Number of results that wait for their audit, by member and by link. They count as proven, because a lie among them
 * would undo the others anyway.
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
