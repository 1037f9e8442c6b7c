import type { AcceptedSegment, Task } from "../../../../shared/job/job.ts";
import { mediaKey } from "../../../../shared/job/object-keys.ts";
import { videoWorkTicks } from "../../../../shared/plan/task-work.ts";
import type { Output } from "../../../../shared/wire/lease.ts";
import type { CheckedSegment } from "../../../gate/verdict.ts";
import { assembleWhenDone } from "../lifecycle.ts";
import { markPlayable } from "../playable.ts";
import type { Draft } from "../state/draft.ts";
import type { Holder, Lease } from "../state/records.ts";
import { acceptedId, initId } from "../state/state.ts";
import { auditByPair } from "../verify/audits.ts";
import { countForPool } from "../verify/pool-counts.ts";
import { settleDispute } from "../verify/proof.ts";
import { standingOf } from "../verify/trust.ts";
import { claimsOf } from "../verify/verification.ts";
import { helperNotices } from "./helper-notices.ts";
import { initsOf } from "./inits.ts";

/** Accepts a result that has passed the gate. */
export function accept(draft: Draft, task: Task, lease: Lease, segments: CheckedSegment[]): void {
  const { outputs, made } = lease;
  const record = draft.task(lease.taskId);
  const holder = draft.holder(lease.holderId);
  if (outputs === null || made === null || record === undefined || holder === undefined) return;
  const standing = standingOf(draft, holder, record, lease);

  let bytesStored = draft.job.bytesStored;
  for (const init of initsOf(draft, task.id, outputs, made.engine)) {
    if (draft.init(initId(init)) !== undefined) continue;
    draft.putInit(init);
    bytesStored += init.sizeBytes;
  }
  for (const checked of segments) {
    const accepted = acceptedSegment(draft, lease, holder, outputs, made, checked);
    if (accepted === null) continue;
    draft.accept(accepted);
    bytesStored += accepted.sizeBytes;
  }
  draft.patchTask(task.id, {
    state: "done",
    leases: record.leases.filter((id) => id !== lease.id),
    lastError: null,
    done: {
      holderId: lease.holderId,
      leaseId: lease.id,
      engine: made.engine,
      acceptedAtMs: draft.nowMs,
    },
  });
  draft.moveVerification(task.id, { type: "accepted", standing });
  draft.dropLease(lease.id);
  credit(draft, task, holder.id, made.encodeMs);
  countForPool(draft, holder.id, amountOf(draft, task, segments));
  const isHelpers = holder.role === "contributor";
  draft.tell(...(isHelpers ? helperNotices(draft, task.id, made.notices) : made.notices));
  draft.patchJob({ bytesStored, tasksDone: draft.job.tasksDone + 1 });
  markPlayable(draft);
  draft.send(lease.holderId, { type: "accepted", leaseId: lease.id });
  settleDispute(draft, task, claimsOf(record.verification));
  auditByPair(draft, task, lease, record);
  assembleWhenDone(draft);
}

function acceptedSegment(
  draft: Draft,
  lease: Lease,
  holder: Holder,
  outputs: readonly Output[],
  made: NonNullable<Lease["made"]>,
  checked: CheckedSegment,
): AcceptedSegment | null {
  const { rendition, segment } = checked;
  const media = outputs.find(
    (each) => each.kind === "media" && each.rendition === rendition && each.segment === segment,
  );
  const offered = initsOf(draft, lease.taskId, outputs, made.engine).find(
    (each) => each.rendition === rendition,
  );
  const init = offered === undefined ? undefined : draft.init(initId(offered));
  if (media === undefined || init === undefined) return null;
  return {
    ...checked,
    key: mediaKey(draft.job.id, rendition, lease.id, media),
    initKey: init.key,
    sizeBytes: media.sizeBytes,
    sha256: media.sha256,
    provenance: {
      holder: holder.id,
      role: holder.role,
      engine: made.engine,
      attempt: lease.attempt,
      encodeMs: made.encodeMs,
      verified: "gate",
    },
  };
}

/** Credits a holder with a task. Audio tasks do not count for its speed with video. */
function credit(draft: Draft, task: Task, holderId: string, encodeMs: number): void {
  const isVideo = task.kind === "video";
  const ticks = isVideo ? videoWorkTicks(draft.plan, task) : 0;
  draft.patchHolder(holderId, ({ tasksDone, mediaTicks, workMs }) => ({
    faults: 0,
    tasksDone: tasksDone + 1,
    mediaTicks: mediaTicks + ticks,
    workMs: workMs + (isVideo ? encodeMs : 0),
  }));
}

/** The number of frames, counted once for all renditions, and the bytes of all renditions. */
function amountOf(draft: Draft, task: Task, segments: readonly CheckedSegment[]) {
  const counted = task.kind === "video" ? task.renditions[0] : undefined;
  let frames = 0;
  let bytes = 0;
  for (const { rendition, segment, frames: ofSegment } of segments) {
    bytes += draft.accepted(acceptedId(rendition, segment))?.sizeBytes ?? 0;
    if (rendition === counted) frames += ofSegment;
  }
  return { frames, bytes };
}
