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

/** Handles results that would otherwise never be verified. */

const UNVERIFIED_WARNING =
  "Some parts were made by helpers, and nobody trusted was here to verify them.";

/**
 * Draws the last audits of each link, and lets the job wait for a trusted holder where none is connected to make them.
 */
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

/** To be called when the policy becomes `all`. Results that were cleared without proof then have to be proven, too. */
export function drawAll(draft: Draft): void {
  for (const task of draft.tasks()) {
    const maker = draft.holder(task.done?.holderId ?? "");
    if (maker === undefined || isTrusted(maker) || isProven(task)) continue;
    draft.moveVerification(task.id, { type: "drawn" });
  }
}

/** A link with results that were not drawn for an audit. */
interface UnverifiedLink {
  /** The results that were not drawn, by member id. */
  results: Map<string, TaskRecord[]>;
  /** For each member: when its newest result that awaits an audit was accepted. `waiting` counts all such results. */
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
 * Draws the last audits of a link. A member that has begun to lie probably goes on lying, so its newest result says
 * most about it. That result is audited once the member will make no more. In a link with many such members only a few
 * are drawn, and their audits also vouch for the results of the others.
 */
function drawLast(draft: Draft, { results, auditedMs, waiting }: UnverifiedLink): void {
  const mayMakeMore = whoMayMakeMore(draft);
  const over = [...results.keys()].filter((id) => !mayMakeMore(id));
  const isOver = over.length === results.size;
  const drawn = over.filter((id) => !isKnown(draft, id));
  // While other members continue, only a limited number of audits waits.
  drawNewest(draft, drawn, isOver ? LAST_AUDITS : LAST_AUDITS - waiting, { results, auditedMs });
  if (!isOver) return;
  for (const { id } of [...results.values()].flat()) {
    draft.moveVerification(id, { type: "vouched", isVouched: true });
  }
}

/**
 * Whether a pool member has a record from earlier jobs. It is likely to come again, so its newest result here is not
 * its last one, and is audited only by chance, like all others.
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

/**
 * Whether a holder may make further results: it is connected, and is at work or could take a task. If it makes a backup
 * copy later, the result of that is audited then.
 */
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
 * Where everything else is done but no connected holder can verify the rest, the job waits for the owner or a server,
 * unless the owner allows it to be published unverified.
 */
function waitForTrusted(draft: Draft): void {
  const { unauditedSinceMs, awaitsTrusted, settings } = draft.job;
  // While a server makes one of the results again, the wait for the others does not start again.
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

/** Whether there is nothing to verify, or a connected holder can verify a result. */
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

/** Whether all tasks are done, except disputed ones that no connected holder may take. */
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
