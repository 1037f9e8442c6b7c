import { hasEnded } from "../../../../shared/job/job.ts";
import { notice } from "../../../../shared/job/notice.ts";
import { auditDueAtMs } from "../deadlines.ts";
import { assembleWhenDone } from "../lifecycle.ts";
import { markPlayable } from "../playable.ts";
import type { Draft } from "../state/draft.ts";
import { type Holder, isHeard, isProven, type TaskRecord } from "../state/records.ts";
import { auditorsNow, canVerify } from "./auditors.ts";
import { clear, clearVouched } from "./proof.ts";
import { KNOWN_PROVEN, LAST_AUDITS } from "./trust.ts";
import { awaitsAudit } from "./verification.ts";
import { isTrusted } from "./verifying.ts";

/** Handles results that no audit would verify otherwise. */

const UNVERIFIED_WARNING =
  "Some parts were made by helpers, and nobody trusted was here to verify them.";

/** Draws the last audits of each link, and waits for somebody trusted where nobody is here to make them. */
export function settleUnverified(draft: Draft): void {
  if (hasEnded(draft.job.state)) return;
  const unclear = draft.unclear();
  if (unclear.length > 0) {
    for (const link of unverifiedLinks(draft, unclear)) drawLast(draft, link);
    clearVouched(draft);
  }
  waitForTrusted(draft);
  markPlayable(draft);
  assembleWhenDone(draft);
}

/** The policy is `all` now: what was cleared without proof is to be proven, too. */
export function drawAll(draft: Draft): void {
  for (const task of draft.tasks()) {
    const maker = draft.holder(task.done?.holderId ?? "");
    if (maker === undefined || isTrusted(maker) || isProven(task)) continue;
    draft.moveVerification(task.id, { type: "drawn" });
  }
}

/** A link with results that were not drawn. */
interface UnverifiedLink {
  /** Those, by member. */
  results: Map<string, TaskRecord[]>;
  /** When the newest result that awaits its audit was accepted, by member; and how many such there are. */
  auditedMs: Map<string, number>;
  waiting: number;
}

function unverifiedLinks(draft: Draft, unclear: readonly TaskRecord[]): UnverifiedLink[] {
  const links = new Map<string, UnverifiedLink>();
  for (const task of unclear) {
    const maker = draft.holder(task.done?.holderId ?? "");
    if (maker === undefined) continue;
    const link = links.get(maker.principal) ?? {
      results: new Map<string, TaskRecord[]>(),
      auditedMs: new Map<string, number>(),
      waiting: 0,
    };
    links.set(maker.principal, link);
    if (awaitsAudit(task.verification)) {
      link.auditedMs.set(maker.id, Math.max(link.auditedMs.get(maker.id) ?? 0, acceptedAtMs(task)));
      link.waiting += 1;
    } else if (task.verification.state === "unverified" && !task.verification.vouched) {
      link.results.set(maker.id, [...(link.results.get(maker.id) ?? []), task]);
    }
  }
  return [...links.values()].filter(({ results }) => results.size > 0);
}

/**
 * A member that has begun to lie probably goes on, so its newest result tells most: it is audited where the
 * member will make no more. In a link with many such members only a few are drawn; their audits also vouch
 * for the results of the others.
 */
function drawLast(draft: Draft, { results, auditedMs, waiting }: UnverifiedLink): void {
  const mayMakeMore = whoMayMakeMore(draft);
  const over = [...results.keys()].filter((id) => !mayMakeMore(id));
  const isOver = over.length === results.size;
  const drawn = over.filter((id) => !isKnown(draft, id));
  // While others go on, those that left make no queue.
  drawNewest(draft, drawn, isOver ? LAST_AUDITS : LAST_AUDITS - waiting, { results, auditedMs });
  if (!isOver) return;
  for (const { id } of [...results.values()].flat()) {
    draft.moveVerification(id, { type: "vouched", isVouched: true });
  }
}

/**
 * A member of a pool that comes with a record is likely to come again: its newest result is not its last
 * one, and is audited by lot as all others are.
 */
function isKnown(draft: Draft, holderId: string): boolean {
  return (draft.holder(holderId)?.pool?.proven ?? 0) >= KNOWN_PROVEN;
}

function drawNewest(
  draft: Draft,
  members: readonly string[],
  most: number,
  { results, auditedMs }: Pick<UnverifiedLink, "results" | "auditedMs">,
): void {
  let places = most;
  for (const id of shuffled(members, draft.random)) {
    if (places <= 0) break;
    const newest = (results.get(id) ?? []).reduce((last, each) =>
      acceptedAtMs(each) >= acceptedAtMs(last) ? each : last,
    );
    if (acceptedAtMs(newest) < (auditedMs.get(id) ?? 0)) continue;
    draft.moveVerification(newest.id, { type: "drawn" });
    places -= 1;
  }
}

function acceptedAtMs({ done }: TaskRecord): number {
  return done?.acceptedAtMs ?? 0;
}

/** Whether a holder is here and at work, or has something to take. A copy may come later: its result is audited then. */
function whoMayMakeMore(draft: Draft): (holderId: string) => boolean {
  if (draft.job.tasksDone === draft.plan.tasks.length) return () => false;
  const isAnyReady = [...draft.tasks()].some(
    ({ state }) => state === "ready" || state === "backoff",
  );
  const atWork = new Set(draft.leases().map(({ holderId }) => holderId));
  return (holderId) => {
    const isHere = (draft.holder(holderId)?.connectionId ?? null) !== null;
    return isHere && (isAnyReady || atWork.has(holderId));
  };
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

/**
 * Everything else is done, and nobody is here who could verify: the job waits for the owner or a server,
 * unless the owner lets it be published all the same.
 */
function waitForTrusted(draft: Draft): void {
  const { unauditedSinceMs, awaitsTrusted, settings } = draft.job;
  // A result that a server is making anew is no reason to wait once more for those that are left.
  const isStuck = (awaitsTrusted || isAllElseDone(draft)) && !canGoOn(draft);
  if (!isStuck) {
    if (unauditedSinceMs !== null) {
      draft.patchJob({ unauditedSinceMs: null, awaitsTrusted: false });
    }
    return;
  }
  if (unauditedSinceMs === null) draft.patchJob({ unauditedSinceMs: draft.nowMs });
  if ((auditDueAtMs(draft.job) ?? 0) > draft.nowMs) return;
  if (!awaitsTrusted) draft.patchJob({ awaitsTrusted: true });
  const { verify, unverified } = settings;
  if (verify === "all" || (verify === "adaptive" && unverified === "wait")) return;
  for (const { id, verification } of draft.unclear()) {
    const hasEvidence = awaitsAudit(verification) && "evidence" in verification;
    clear(draft, id, hasEvidence && verification.evidence ? "evidence" : "gate");
  }
  draft.tell(notice("PARTS_UNVERIFIED", UNVERIFIED_WARNING));
  draft.patchJob({ unauditedSinceMs: null, awaitsTrusted: false });
}

/** Whether there is nothing to verify, or somebody here who can tell whether a result is right. */
function canGoOn(draft: Draft): boolean {
  const unclear = draft.unclear();
  const auditors = auditorsNow(draft);
  const due = unclear.filter(({ verification }) => awaitsAudit(verification));
  const holders = draft.holders();
  return (
    unclear.length === 0 ||
    due.some((task) => {
      return holders.some((each) => canTake(each, task) && canVerify(draft, each, task, auditors));
    })
  );
}

/** Nothing is left to be made, but by those who do not come: disputed tasks wait, too. */
function isAllElseDone(draft: Draft): boolean {
  if (draft.job.tasksDone === draft.plan.tasks.length) return true;
  const holders = draft.holders();
  for (const task of draft.tasks()) {
    if (task.state === "done") continue;
    if (task.state !== "ready" || task.verification.state !== "disputed") return false;
    const { excluded } = task.verification;
    if (holders.some((each) => canTake(each, task) && !excluded.includes(each.id))) return false;
  }
  return true;
}

function canTake(holder: Holder, { chunk }: TaskRecord): boolean {
  const isHere = isHeard(holder) && !holder.banned && holder.slots > 0;
  return isHere && (holder.hasSource || chunk?.stored === true);
}
