import { type Engine, hasEnded, type Task } from "../../../../shared/job/job.ts";
import type { Output } from "../../../../shared/wire/lease.ts";
import { auditDueAtMs } from "../assign/deadlines.ts";
import { markPlayable } from "../assign/playable.ts";
import { dropLease, failTask, revokeOthers, type TaskFailure } from "../leases.ts";
import { assembleWhenDone } from "../lifecycle.ts";
import { ban, convict, doubt, outputIds, reopen } from "../results/undo.ts";
import type { Draft } from "../state/draft.ts";
import {
  type Audit,
  acceptedId,
  type Holder,
  initId,
  type Lease,
  type Proof,
  type TaskRecord,
} from "../state/state.ts";
import { auditOf, canComparePictures, isTrusted } from "./verifying.ts";

/**
 * Trust in contributors: adaptive replication as in BOINC
 * (https://github.com/BOINC/boinc/wiki/Adaptive-Replication). Single-threaded ffmpeg.wasm is
 * deterministic, so a second run of a task proves or disproves a result by its hashes. Until a
 * contributor's result is clear, no playlist shows it:
 *
 *   wanted     it is to be run again by somebody else (an audit)
 *   unproven   it was not drawn for an audit; a later result that is proven clears it, because who
 *              begins to lie goes on lying, and the newest result is always audited in the end
 *   clear      proven, cleared, or made by somebody who is trusted (owner, server)
 *
 * Who audits: the trusted, as long as they can be done with it by the time that the rest of the work
 * is done. One owner cannot run three results of each of a thousand newcomers again, so beyond that
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
 * Who of the strangers that may is drawn by lot, among those who would be done in time: so nobody can
 * choose whose results it audits. How fast a tab is, is its own word, though: who claims to be far faster
 * than all others is drawn more often.
 *
 * What browsers' own codecs make is never the same bytes twice. Of such a result somebody trusted looks
 * at every picture (`picture-audits.ts`): nobody else is asked, since nobody could check the answer.
 */

/** Every result of a newcomer is audited until so many agreed in a row. */
export const PROBATION = 3;
/** At least one in so many results is audited, however long it went well. */
const MAX_INTERVAL = 32;
const UNVERIFIED_WARNING =
  "Some parts were made by helpers and could not be made a second time to verify them.";

/** Chance that the next result is audited, after so many agreements in a row. */
export function auditChance(agreed: number): number {
  return agreed < PROBATION ? 1 : 1 / Math.min(MAX_INTERVAL, 2 ** (agreed - PROBATION + 2));
}

/** How much a new result has to prove itself. */
export function proofOf(draft: Draft, holder: Holder, lease: Lease): Proof {
  const policy = draft.job.settings.verify;
  if (isTrusted(holder) || policy === "off") return "clear";
  if (policy === "all") return "wanted";
  const chance = auditChance(holder.agreed + (waitingOf(draft).get(holder.id) ?? 0));
  return isDrawn(draft, lease, chance) ? "wanted" : "unproven";
}

/**
 * How many results of each holder wait for their audit. They count as if it went well: a lie among
 * them undoes the rest.
 */
export function waitingOf(draft: Draft): Map<string, number> {
  const waiting = new Map<string, number>();
  for (const { proof, done } of draft.unclear()) {
    if (proof !== "wanted" || done === null) continue;
    waiting.set(done.holderId, (waiting.get(done.holderId) ?? 0) + 1);
  }
  return waiting;
}

/** The same answer for a lease whenever it is asked, unless the chance has changed. */
export function isDrawn(draft: Draft, lease: Lease, chance: number): boolean {
  return draw(draft.job.seed + lease.id) < chance;
}

/** An audit's offer against what was accepted. True when the lease goes on as an ordinary one. */
export function takeAudit(draft: Draft, task: Task, lease: Lease, outputs: Output[]): boolean {
  const record = draft.task(task.id);
  const auditor = draft.holder(lease.holderId);
  if (record?.done == null || auditor === undefined) return false;
  if (agrees(draft, record.done.engine, outputs)) {
    dropLease(draft, lease);
    draft.send(auditor.id, { type: "accepted", leaseId: lease.id });
    // Two results are alike: that speaks for both who made them.
    if (!isTrusted(auditor)) agree(draft, auditor.id, 1);
    prove(draft, record, "hash");
    return false;
  }
  const maker = draft.holder(record.done.holderId);
  if (isTrusted(auditor)) {
    convict(draft, record);
    return true;
  }
  // One of two strangers is wrong: a third one, or somebody trusted, makes it anew and decides.
  dropLease(draft, lease);
  draft.send(auditor.id, { type: "revoke", leaseId: lease.id, code: "LEASE_LOST" });
  const claims = [...record.claims];
  for (const [who, digest] of [
    [maker, acceptedDigest(draft, task)],
    [auditor, digestOf(outputs)],
  ] as const) {
    if (who === undefined) continue;
    claims.push({ holderId: who.id, digest, agreed: who.agreed });
    draft.patchHolder(who.id, { agreed: 0 });
  }
  const notFor = [...new Set([...record.notFor, ...claims.map(({ holderId }) => holderId)])];
  reopen(draft, task.id);
  draft.patchTask(task.id, { notFor, claims });
  return false;
}

/** A result of a task whose earlier ones disagreed was accepted: it decides, or it is looked at, too. */
export function settleDispute(draft: Draft, task: Task): void {
  const record = draft.task(task.id);
  if (record?.done == null || record.claims.length === 0) return;
  const maker = draft.holder(record.done.holderId);
  const digest = acceptedDigest(draft, task);
  if (maker === undefined) return;
  if (isTrusted(maker)) {
    // Other engines make other bytes, which say nothing of who was right.
    if (record.done.engine === "ffmpeg-wasm") judge(draft, record, digest);
    else draft.patchTask(task.id, { claims: [] });
  } else if (
    record.claims.some((claim) => claim.digest === digest && claim.holderId !== maker.id)
  ) {
    prove(draft, record, "hash");
  } else draft.patchTask(task.id, { proof: "wanted" });
}

/** What the task's result should be is known: who said otherwise is out, the others have their name back. */
function judge(draft: Draft, task: TaskRecord, digest: string): void {
  draft.patchTask(task.id, { claims: [] });
  for (const claim of task.claims) {
    const holder = draft.holder(claim.holderId);
    if (holder === undefined || holder.banned) continue;
    if (claim.digest !== digest) ban(draft, holder, null);
    else agree(draft, holder.id, claim.agreed + 1);
  }
}

function acceptedDigest(draft: Draft, task: Task): string {
  return outputIds(task)
    .map((id) => `${id}=${draft.accepted(id)?.sha256}`)
    .sort()
    .join();
}

/** Of media alone: an init segment that differs is refused before. */
function digestOf(outputs: readonly Output[]): string {
  return outputs
    .filter(({ kind }) => kind === "media")
    .map(({ rendition, segment, sha256 }) => `${acceptedId(rendition, segment)}=${sha256}`)
    .sort()
    .join();
}

/**
 * The second run failed where the first one says it did not: the result is dropped and the task made
 * anew, with an attempt charged, so that nothing goes round in circles.
 */
export function failAudit(draft: Draft, lease: Lease, failure: TaskFailure): void {
  dropLease(draft, lease);
  const task = draft.task(lease.taskId);
  if (task?.done == null || task.done.leaseId === lease.id) return;
  const auditor = draft.holder(lease.holderId);
  if (auditor !== undefined && !isTrusted(auditor)) {
    // A stranger's failure says nothing of another one's result.
    draft.patchTask(task.id, { notFor: [...task.notFor, auditor.id] });
    return;
  }
  if (lease.audit === "hash") {
    reopen(draft, task.id);
    failTask(draft, task.id, failure);
    return;
  }
  // What cannot be looked at says nothing yet of the task.
  doubt(draft, task);
  failTask(draft, task.id, { ...failure, final: false });
}

/** Marks the newest unproven results for an audit where nothing else will clear the rest. */
export function settleUnproven(draft: Draft): void {
  if (hasEnded(draft.job.state)) return;
  const allDone = draft.job.tasksDone === draft.plan.tasks.length;
  const newest = new Map<string, TaskRecord>();
  const audited = new Set<string>();
  for (const task of draft.unclear()) {
    const { done } = task;
    if (done === null) continue;
    if (task.proof === "wanted") audited.add(done.holderId);
    const other = newest.get(done.holderId)?.done?.acceptedAtMs ?? -1;
    if (task.proof === "unproven" && done.acceptedAtMs >= other) newest.set(done.holderId, task);
  }
  const mayMakeMore = newest.size === 0 || allDone ? () => false : whoMayMakeMore(draft);
  for (const [holderId, task] of newest) {
    if (audited.has(holderId) || mayMakeMore(holderId)) continue;
    draft.patchTask(task.id, { proof: "wanted" });
  }
  passWithoutAuditor(draft, allDone);
}

/** Who is here and at work, or has something to take. A copy may come later: its result is audited then. */
function whoMayMakeMore(draft: Draft): (holderId: string) => boolean {
  let isAnyReady = false;
  for (const { state } of draft.tasks())
    if (state === "ready" || state === "backoff") isAnyReady = true;
  const atWork = new Set(draft.leases().map(({ holderId }) => holderId));
  return (holderId) => {
    const isHere = (draft.holder(holderId)?.connectionId ?? null) !== null;
    return isHere && (isAnyReady || atWork.has(holderId));
  };
}

function agrees(draft: Draft, engine: Engine, outputs: readonly Output[]): boolean {
  return outputs.every(({ kind, rendition, segment, sha256 }) =>
    kind === "init"
      ? draft.init(initId({ rendition, engine, sha256 }))?.sha256 === sha256
      : draft.accepted(acceptedId(rendition, segment))?.sha256 === sha256,
  );
}

/** The task's result is what it should be, by this kind of audit. */
export function prove(draft: Draft, task: TaskRecord, verified: Audit): void {
  const { done } = task;
  if (done === null) return;
  agree(draft, done.holderId, 1);
  setVerified(draft, task, verified);
  revokeOthers(draft, task.id, [], "LEASE_LOST");
  const proven = draft.patchTask(task.id, {
    proof: "clear",
    leases: [],
    done: { ...done, verified },
  });
  const planned = draft.planned.get(task.id);
  if (planned !== undefined && proven !== undefined && verified === "hash") {
    judge(draft, proven, acceptedDigest(draft, planned));
  }
  for (const other of draft.unclear()) {
    const isEarlier = (other.done?.acceptedAtMs ?? Number.POSITIVE_INFINITY) <= done.acceptedAtMs;
    if (other.proof !== "unproven" || other.done?.holderId !== done.holderId || !isEarlier)
      continue;
    draft.patchTask(other.id, { proof: "clear" });
  }
  markPlayable(draft);
  assembleWhenDone(draft);
}

function agree(draft: Draft, holderId: string, results: number): void {
  draft.patchHolder(holderId, ({ agreed }) => ({ agreed: agreed + results }));
}

function setVerified(draft: Draft, task: TaskRecord, verified: Audit): void {
  const planned = draft.planned.get(task.id);
  for (const id of planned === undefined ? [] : outputIds(planned)) {
    const segment = draft.accepted(id);
    if (segment === undefined) continue;
    draft.accept({ ...segment, provenance: { ...segment.provenance, verified } });
  }
}

/** Everything else is done, and nobody is there who could audit: better a warning than no video. */
function passWithoutAuditor(draft: Draft, allDone: boolean): void {
  const unclear = draft.unclear();
  const waits = allDone && unclear.length > 0 && !canBeAudited(draft, unclear);
  const { unauditedSinceMs } = draft.job;
  if (!waits) {
    if (unauditedSinceMs !== null) draft.patchJob({ unauditedSinceMs: null });
    return;
  }
  if (unauditedSinceMs === null) draft.patchJob({ unauditedSinceMs: draft.nowMs });
  if ((auditDueAtMs(draft.job) ?? 0) > draft.nowMs) return;
  draft.patchJob({ unauditedSinceMs: null });
  for (const task of unclear) {
    // Who cannot look at it can still make it anew, such that others can verify that.
    if (auditOf(task) === "picture" && isForAnother(draft, task)) doubt(draft, task);
    else pass(draft, task);
  }
  assembleWhenDone(draft);
}

function pass(draft: Draft, task: TaskRecord): void {
  draft.patchTask(task.id, { proof: "clear" });
  const warnings = [...new Set([...draft.job.warnings, UNVERIFIED_WARNING])];
  draft.patchJob({ warnings });
}

/** Whether somebody is there who could make it instead of its maker. */
function isForAnother(draft: Draft, { done, chunk, notFor }: TaskRecord): boolean {
  return draft.holders().some(({ id, connectionId, silent, banned, slots, hasSource }) => {
    const isHere = connectionId !== null && !silent && !banned && slots > 0;
    const may = id !== done?.holderId && !notFor.includes(id);
    return isHere && may && (hasSource || chunk?.stored === true);
  });
}

function canBeAudited(draft: Draft, unclear: readonly TaskRecord[]): boolean {
  return draft.holders().some((holder) => {
    if (holder.connectionId === null || holder.banned) return false;
    return unclear.some((task) => {
      const { done, leases, chunk, notFor } = task;
      const hasChunk = holder.hasSource || chunk?.stored === true;
      const can = auditOf(task) === "hash" || canComparePictures(holder);
      const may = isTrusted(holder) || !notFor.includes(holder.id);
      return leases.length > 0 || (can && may && hasChunk && done?.holderId !== holder.id);
    });
  });
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
