import type { Task, Verified } from "../../../../shared/job/job.ts";
import type { Output } from "../../../../shared/wire/lease.ts";
import { revokeOthers } from "../leases.ts";
import { assembleWhenDone } from "../lifecycle.ts";
import { markPlayable } from "../playable.ts";
import { ban, outputIds } from "../results/undo.ts";
import type { Draft } from "../state/draft.ts";
import type { Audit } from "../state/records.ts";
import { acceptedId } from "../state/state.ts";
import { areIndependent } from "./auditors.ts";
import { countForPool } from "./pool-counts.ts";
import { awaitsAudit, type Claim, claimsOf } from "./verification.ts";
import { isTrusted } from "./verifying.ts";

/** Proves results, and settles disputes about them. */

/** A trusted holder has confirmed the task's result by this kind of audit. */
export function prove(draft: Draft, taskId: string, by: Audit): void {
  const task = draft.task(taskId);
  const planned = draft.planned.get(taskId);
  if (task?.done == null || planned === undefined) return;
  const { holderId, acceptedAtMs } = task.done;
  const maker = draft.holder(holderId);
  if (maker === undefined) return;
  draft.patchHolder(holderId, ({ agreed }) => ({ agreed: agreed + 1 }));
  countForPool(draft, holderId, by === "hash" ? { byHash: 1 } : { byPicture: 1 });
  const { proven, provenInARow } = draft.link(maker.principal);
  draft.patchLink(maker.principal, { proven: proven + 1, provenInARow: provenInARow + 1 });
  revokeOthers(draft, taskId, [], "LEASE_LOST");
  draft.patchTask(taskId, { leases: [] });
  clear(draft, taskId, by);
  if (by === "hash") judge(draft, claimsOf(task.verification), acceptedDigest(draft, planned));
  for (const { id, done, verification } of draft.unclear()) {
    const isEarlier = done?.holderId === holderId && done.acceptedAtMs <= acceptedAtMs;
    if (verification.state === "unverified" && isEarlier) clear(draft, id, "sampled");
  }
  clearVouched(draft);
  markPlayable(draft);
  assembleWhenDone(draft);
}

/** Marks a task's result as verified. Playlists show it from now on. */
export function clear(draft: Draft, taskId: string, by: Verified): void {
  const planned = draft.planned.get(taskId);
  if (planned === undefined) return;
  for (const id of outputIds(planned)) {
    const segment = draft.accepted(id);
    if (segment === undefined) continue;
    draft.accept({ ...segment, provenance: { ...segment.provenance, verified: by } });
  }
  draft.moveVerification(taskId, { type: "verified", by });
}

/** Marks vouched results as `sampled` once the last audits of their link have all succeeded. */
export function clearVouched(draft: Draft): void {
  const unclear = draft.unclear();
  const linkOf = (holderId: string | undefined) => draft.holder(holderId ?? "")?.principal;
  const waiting = new Set(
    unclear
      .filter(({ verification }) => awaitsAudit(verification))
      .map(({ done }) => linkOf(done?.holderId)),
  );
  for (const { id, done, verification } of unclear) {
    const isVouched = verification.state === "unverified" && verification.vouched;
    if (isVouched && !waiting.has(linkOf(done?.holderId))) clear(draft, id, "sampled");
  }
}

/** An independent contributor made the same bytes. */
export function takeEvidence(draft: Draft, taskId: string): void {
  revokeOthers(draft, taskId, [], "LEASE_LOST");
  draft.patchTask(taskId, { leases: [] });
  draft.moveVerification(taskId, { type: "evidenced" });
}

/**
 * A result was accepted for a task whose earlier results disagreed. A trusted holder's result settles the dispute. A
 * contributor's may be evidence.
 * @param claims earlier results that disagreed
 */
export function settleDispute(draft: Draft, task: Task, claims: readonly Claim[]): void {
  const done = draft.task(task.id)?.done;
  const maker = done == null ? undefined : draft.holder(done.holderId);
  if (claims.length === 0 || done == null || maker === undefined) return;
  const digest = acceptedDigest(draft, task);
  if (!isTrusted(maker)) {
    const others = claims.filter((each) => each.digest === digest);
    const isIndependent = others.some(({ holderId }) => {
      const other = draft.holder(holderId);
      return other !== undefined && areIndependent(maker, other);
    });
    if (isIndependent) takeEvidence(draft, task.id);
  } else if (done.engine === "ffmpeg-wasm") {
    // Only ffmpeg in WebAssembly makes comparable bytes. Those of other engines do not show who was right.
    judge(draft, claims, digest);
  }
}

/**
 * The right result is known. Holders with other claims are banned. Holders with the right claim get back their count of
 * proven results.
 */
function judge(draft: Draft, claims: readonly Claim[], digest: string): void {
  for (const claim of claims) {
    const holder = draft.holder(claim.holderId);
    if (holder === undefined || holder.banned) continue;
    if (claim.digest !== digest) {
      countForPool(draft, holder.id, { lies: 1 });
      ban(draft, holder.id, null);
      continue;
    }
    draft.patchHolder(holder.id, { agreed: holder.agreed + claim.agreed + 1 });
    countForPool(draft, holder.id, { byHash: 1 });
  }
}

/** A text that identifies all accepted media of a task. */
export function acceptedDigest(draft: Draft, task: Task): string {
  return outputIds(task)
    .map((id) => `${id}=${draft.accepted(id)?.sha256}`)
    .sort()
    .join();
}

/** The same text for offered outputs. It covers only media, because a different init segment is refused before. */
export function digestOf(outputs: readonly Output[]): string {
  return outputs
    .filter(({ kind }) => kind === "media")
    .map(({ rendition, segment, sha256 }) => `${acceptedId(rendition, segment)}=${sha256}`)
    .sort()
    .join();
}
