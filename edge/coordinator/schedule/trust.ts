import type { Engine, Task } from "../../../shared/job.ts";
import type { Output } from "../../../shared/protocol.ts";
import { auditDueAtMs } from "./deadlines.ts";
import type { Draft } from "./draft.ts";
import { dropLease, failTask, type TaskFailure } from "./leases.ts";
import { assembleWhenDone } from "./lifecycle.ts";
import { markPlayable } from "./playable.ts";
import {
  acceptedId,
  type Holder,
  type InitRecord,
  initId,
  isEnded,
  type Lease,
  type Proof,
  type State,
  type TaskRecord,
} from "./state.ts";

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
 */

/** Every result of a newcomer is audited until so many agreed in a row. */
const PROBATION = 3;
/** At least one in so many results is audited, however long it went well. */
const MAX_INTERVAL = 32;
const UNVERIFIED_WARNING =
  "Some parts were made by helpers and could not be made a second time to verify them.";

/** Chance that the next result is audited, after so many agreements in a row. */
export function auditChance(agreed: number): number {
  return agreed < PROBATION ? 1 : 1 / Math.min(MAX_INTERVAL, 2 ** (agreed - PROBATION + 2));
}

export function isTrusted({ role }: Holder): boolean {
  return role !== "contributor";
}

/** Engines whose results can be compared by hash. */
export function isReproducible(engine: Engine): boolean {
  return engine === "ffmpeg-wasm";
}

/** The engine a lease is bound to: where two runs are to be compared, both must be reproducible. */
export function requiredEngine(state: State, lease: Lease): Engine | undefined {
  const holder = state.holders.get(lease.holderId);
  const mayBeAnything =
    holder === undefined || isTrusted(holder) || state.job.settings.verify === "off";
  return lease.audit || !mayBeAnything ? "ffmpeg-wasm" : undefined;
}

/** How much a new result has to prove itself. */
export function proofOf(draft: Draft, holder: Holder, lease: Lease): Proof {
  const policy = draft.job.settings.verify;
  if (isTrusted(holder) || policy === "off") return "clear";
  if (policy === "all") return "wanted";
  // Results that wait for their audit count as if it went well: a lie among them undoes the rest.
  let waiting = 0;
  for (const { proof, done } of draft.unclear()) {
    if (proof === "wanted" && done?.holderId === holder.id) waiting += 1;
  }
  const chance = auditChance(holder.agreed + waiting);
  return draw(draft.job.seed + lease.id) < chance ? "wanted" : "unproven";
}

export type Auditors = "trusted" | "peers" | "anybody";

/** Who may audit now: see above. */
export function auditorsNow(draft: Draft): Auditors {
  let trustedSlots = 0;
  let slots = 0;
  for (const holder of draft.holders()) {
    if (holder.connectionId === null || holder.silent || holder.banned) continue;
    slots += holder.slots;
    if (canAudit(holder)) trustedSlots += holder.slots;
  }
  if (trustedSlots === 0) return "anybody";
  if (draft.job.settings.verify === "all") return "trusted";
  const waiting = draft.unclear().filter(({ proof, leases }) => {
    return proof === "wanted" && leases.length === 0;
  }).length;
  if (waiting <= trustedSlots) return "trusted";
  let ready = 0;
  for (const { state } of draft.tasks()) if (state === "ready") ready += 1;
  // In rounds: of audits by the trusted, and of everything else by everybody.
  return waiting / trustedSlots > 1 + ready / slots ? "peers" : "trusted";
}

/** Whether this holder may run the task again to prove or disprove its result. */
export function mayAudit(
  draft: Draft,
  holder: Holder,
  task: TaskRecord,
  auditors: Auditors,
): boolean {
  if (task.proof !== "wanted" || task.done === null || task.leases.length > 0) return false;
  if (task.done.holderId === holder.id || !holder.engines.includes("ffmpeg-wasm")) return false;
  if (isTrusted(holder)) return true;
  if (auditors === "trusted" || task.notFor.includes(holder.id)) return false;
  const maker = draft.holder(task.done.holderId);
  return auditors === "anybody" || holder.agreed >= Math.min(PROBATION, maker?.agreed ?? 0);
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
    if (!isTrusted(auditor)) draft.putHolder({ ...auditor, agreed: auditor.agreed + 1 });
    prove(draft, record);
    return false;
  }
  const maker = draft.holder(record.done.holderId);
  if (isTrusted(auditor)) {
    if (maker !== undefined) ban(draft, maker, task.id);
    else reopen(draft, record);
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
    draft.putHolder({ ...who, agreed: 0 });
  }
  const notFor = [...new Set([...record.notFor, ...claims.map(({ holderId }) => holderId)])];
  draft.patchTask(reopen(draft, draft.task(task.id) ?? record), { notFor, claims });
  return false;
}

/** A result of a task whose earlier ones disagreed was accepted: it decides, or it is looked at, too. */
export function settleDispute(draft: Draft, task: Task): void {
  const record = draft.task(task.id);
  if (record?.done == null || record.claims.length === 0) return;
  const maker = draft.holder(record.done.holderId);
  const digest = acceptedDigest(draft, task);
  if (maker === undefined) return;
  if (isTrusted(maker)) judge(draft, record, digest);
  else if (record.claims.some((claim) => claim.digest === digest && claim.holderId !== maker.id)) {
    prove(draft, record);
  } else draft.patchTask(record, { proof: "wanted" });
}

/** What the task's result should be is known: who said otherwise is out, the others have their name back. */
function judge(draft: Draft, task: TaskRecord, digest: string): void {
  draft.patchTask(task, { claims: [] });
  for (const claim of task.claims) {
    const holder = draft.holder(claim.holderId);
    if (holder === undefined || holder.banned) continue;
    if (claim.digest !== digest) ban(draft, holder, null);
    else draft.putHolder({ ...holder, agreed: holder.agreed + claim.agreed + 1 });
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
    draft.patchTask(task, { notFor: [...task.notFor, auditor.id] });
    return;
  }
  failTask(draft, reopen(draft, task), failure);
}

/** Marks the newest unproven results for an audit where nothing else will clear the rest. */
export function settleUnproven(draft: Draft): void {
  if (isEnded(draft.job)) return;
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
  for (const [holderId, task] of newest) {
    const isHere = (draft.holder(holderId)?.connectionId ?? null) !== null;
    if (audited.has(holderId) || (isHere && !allDone)) continue;
    draft.patchTask(task, { proof: "wanted" });
  }
  passWithoutAuditor(draft, allDone);
}

/** A lie is proven: the holder is out, and whatever it made without proof is made again. */
export function ban(draft: Draft, liar: Holder, lieTaskId: string | null): void {
  draft.putHolder({ ...liar, agreed: 0, banned: true, want: 0, connectionId: null });
  for (const lease of draft.leases()) if (lease.holderId === liar.id) dropLease(draft, lease);
  if (liar.connectionId !== null) {
    const message = "A result from here was not what the video shows.";
    draft.effects.push({ type: "ban", connectionId: liar.connectionId, message });
  }
  for (const task of draft.tasks()) {
    if (task.done?.holderId !== liar.id) continue;
    const proven = task.done.verified !== "gate" && task.id !== lieTaskId;
    if (!proven) reopen(draft, task);
  }
}

/** No liar, but it has to go. Results of it that are not clear have to be proven by others. */
export function sendAway(draft: Draft, holder: Holder, message: string): void {
  draft.putHolder({ ...holder, banned: true, want: 0, connectionId: null });
  for (const lease of draft.leases()) if (lease.holderId === holder.id) dropLease(draft, lease);
  if (holder.connectionId !== null) {
    draft.effects.push({ type: "ban", connectionId: holder.connectionId, message });
  }
}

function agrees(draft: Draft, engine: Engine, outputs: readonly Output[]): boolean {
  return outputs.every(({ kind, rendition, segment, sha256 }) =>
    kind === "init"
      ? draft.init(initId({ rendition, engine, sha256 }))?.sha256 === sha256
      : draft.accepted(acceptedId(rendition, segment))?.sha256 === sha256,
  );
}

function prove(draft: Draft, task: TaskRecord): void {
  const { done } = task;
  if (done === null) return;
  const maker = draft.holder(done.holderId);
  if (maker !== undefined) draft.putHolder({ ...maker, agreed: maker.agreed + 1 });
  setVerified(draft, task, "hash");
  const proven = draft.patchTask(draft.task(task.id) ?? task, {
    proof: "clear",
    done: { ...done, verified: "hash" },
  });
  const planned = draft.planned.get(task.id);
  if (planned !== undefined) judge(draft, proven, acceptedDigest(draft, planned));
  for (const other of draft.unclear()) {
    const isEarlier = (other.done?.acceptedAtMs ?? Number.POSITIVE_INFINITY) <= done.acceptedAtMs;
    if (other.proof !== "unproven" || other.done?.holderId !== done.holderId || !isEarlier)
      continue;
    draft.patchTask(other, { proof: "clear" });
  }
  markPlayable(draft);
  assembleWhenDone(draft);
}

/** The result is gone: the task is as if it had not been done. */
function reopen(draft: Draft, task: TaskRecord): TaskRecord {
  const planned = draft.planned.get(task.id);
  let bytes = 0;
  for (const id of planned === undefined ? [] : outputIds(planned)) {
    bytes += draft.accepted(id)?.sizeBytes ?? 0;
    draft.unaccept(id);
  }
  for (const rendition of planned?.renditions ?? []) {
    // Only reproducible engines are ever doubted, and they have one init a rendition.
    const id = task.done && initId({ rendition, engine: task.done.engine, sha256: "" });
    const init = id === null ? undefined : draft.init(id);
    if (init?.taskId === task.id) handOnInit(draft, init);
  }
  const { bytesStored, tasksDone } = draft.job;
  draft.patchJob({ bytesStored: Math.max(0, bytesStored - bytes), tasksDone: tasksDone - 1 });
  // Who is auditing it makes it anew, without knowing.
  const { leases } = task;
  for (const id of leases) {
    const lease = draft.lease(id);
    if (lease !== undefined) draft.putLease({ ...lease, audit: false });
  }
  const state = leases.length > 0 ? "leased" : "ready";
  return draft.patchTask(task, { state, done: null, proof: "clear" });
}

/** The result that brought an init is gone: another one vouches for it, or the next brings its own. */
function handOnInit(draft: Draft, init: InitRecord): void {
  for (const { id, done } of draft.tasks()) {
    const isOther = id !== init.taskId && done?.engine === init.engine;
    if (!isOther || !draft.planned.get(id)?.renditions.includes(init.rendition)) continue;
    draft.putInit({ ...init, taskId: id });
    return;
  }
  draft.dropInit(initId(init));
}

function setVerified(draft: Draft, task: TaskRecord, verified: "hash"): void {
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
  for (const task of unclear) draft.patchTask(task, { proof: "clear" });
  const warnings = [...new Set([...draft.job.warnings, UNVERIFIED_WARNING])];
  draft.patchJob({ unauditedSinceMs: null, warnings });
  assembleWhenDone(draft);
}

function canBeAudited(draft: Draft, unclear: readonly TaskRecord[]): boolean {
  return draft.holders().some((holder) => {
    if (holder.connectionId === null || holder.banned) return false;
    return unclear.some(({ done, leases, chunk }) => {
      const hasChunk = holder.hasSource || chunk?.stored === true;
      return leases.length > 0 || (hasChunk && done?.holderId !== holder.id);
    });
  });
}

function canAudit(holder: Holder): boolean {
  const { connectionId, engines, slots } = holder;
  return connectionId !== null && isTrusted(holder) && slots > 0 && engines.includes("ffmpeg-wasm");
}

function outputIds({ renditions, firstSegment, segmentCount }: Task): string[] {
  return renditions.flatMap((rendition) =>
    Array.from({ length: segmentCount }, (_, index) => acceptedId(rendition, firstSegment + index)),
  );
}

/** In [0, 1), from a text that outsiders do not know: FNV-1a with a final avalanche (murmur3's). */
function draw(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
