import type { Task } from "../../../../shared/job/job.ts";
import type { Output } from "../../../../shared/wire/lease.ts";
import { revokeOthers } from "../leases.ts";
import { assembleWhenDone } from "../lifecycle.ts";
import { markPlayable } from "../playable.ts";
import { ban, outputIds } from "../results/undo.ts";
import type { Draft } from "../state/draft.ts";
import type { Audit } from "../state/records.ts";
import { acceptedId } from "../state/state.ts";
import { type Claim, claimsOf } from "./verification.ts";
import { isTrusted } from "./verifying.ts";

/** How results are proven, and disputes about them settled. */

/** The task's result is what it should be, by this kind of audit. */
export function prove(draft: Draft, taskId: string, by: Audit): void {
  const task = draft.task(taskId);
  const planned = draft.planned.get(taskId);
  if (task?.done == null || planned === undefined) return;
  const { holderId, acceptedAtMs } = task.done;
  agree(draft, holderId, 1);
  for (const id of outputIds(planned)) {
    const segment = draft.accepted(id);
    if (segment === undefined) continue;
    draft.accept({ ...segment, provenance: { ...segment.provenance, verified: by } });
  }
  revokeOthers(draft, taskId, [], "LEASE_LOST");
  draft.patchTask(taskId, { leases: [] });
  draft.moveVerification(taskId, { type: "verified", by });
  if (by === "hash") judge(draft, claimsOf(task.verification), acceptedDigest(draft, planned));
  for (const { id, done, verification } of draft.unclear()) {
    const isEarlier = done?.holderId === holderId && done.acceptedAtMs <= acceptedAtMs;
    if (verification.state !== "unverified" || !isEarlier) continue;
    draft.moveVerification(id, { type: "verified", by: "gate" });
  }
  markPlayable(draft);
  assembleWhenDone(draft);
}

/**
 * A result of a task was accepted: it settles the dispute where it agrees with an earlier one, or where
 * its maker is trusted.
 * @param claims earlier results that disagreed
 */
export function settleDispute(draft: Draft, task: Task, claims: readonly Claim[]): void {
  const done = draft.task(task.id)?.done;
  const maker = done == null ? undefined : draft.holder(done.holderId);
  if (claims.length === 0 || done == null || maker === undefined) return;
  const digest = acceptedDigest(draft, task);
  if (!isTrusted(maker)) {
    const isAgreed = claims.some((each) => each.digest === digest && each.holderId !== maker.id);
    if (isAgreed) prove(draft, task.id, "hash");
  } else if (done.engine === "ffmpeg-wasm") {
    // Other engines make other bytes, which say nothing of who was right.
    judge(draft, claims, digest);
  }
}

/** What the task's result should be is known: who said otherwise is out, the others have their name back. */
function judge(draft: Draft, claims: readonly Claim[], digest: string): void {
  for (const claim of claims) {
    const holder = draft.holder(claim.holderId);
    if (holder === undefined || holder.banned) continue;
    if (claim.digest !== digest) ban(draft, holder.id, null);
    else agree(draft, holder.id, claim.agreed + 1);
  }
}

/** Counts results of a holder that others made alike. */
export function agree(draft: Draft, holderId: string, results: number): void {
  draft.patchHolder(holderId, ({ agreed }) => ({ agreed: agreed + results }));
}

/** Of all media of a task that was accepted, one text. */
export function acceptedDigest(draft: Draft, task: Task): string {
  return outputIds(task)
    .map((id) => `${id}=${draft.accepted(id)?.sha256}`)
    .sort()
    .join();
}

/** Of media alone: an init segment that differs is refused before. */
export function digestOf(outputs: readonly Output[]): string {
  return outputs
    .filter(({ kind }) => kind === "media")
    .map(({ rendition, segment, sha256 }) => `${acceptedId(rendition, segment)}=${sha256}`)
    .sort()
    .join();
}
