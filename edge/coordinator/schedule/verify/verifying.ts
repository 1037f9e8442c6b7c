import { coreDecodes } from "../../../../shared/encode/core-decoders.ts";
import type { Engine } from "../../../../shared/job/job.ts";
import type { Draft } from "../state/draft.ts";
import {
  type Audit,
  type Holder,
  isHeard,
  type Lease,
  slotsOf,
  type TaskRecord,
} from "../state/records.ts";
import { claimsOf, isAgain } from "./verification.ts";

/** How results can be verified, and by which holders. trust.ts decides which ones are. */

/** The most results that wait for an audit by pictures, for each slot of the holders that can do one. */
const WAITING_PER_SLOT = 8;

/** Whether the holder is the owner's tab or a server. */
export function isTrusted({ role }: Holder): boolean {
  return role !== "contributor";
}

/** How a result is audited: by hash where all machines make the same bytes, else by pictures. */
export function auditOf({ done }: TaskRecord): Audit {
  return done?.engine === "webcodecs" ? "picture" : "hash";
}

/**
 * Whether this holder is trusted and can compare a result's frames with the source's. A tab that does not use the
 * browser's codecs, because of the source or the person's choice, cannot, and does not need results that others made
 * with such codecs.
 */
export function canComparePictures(holder: Holder): boolean {
  return isTrusted(holder) && holder.engines.includes("webcodecs");
}

/** Whether results that contributors make with their browser's codecs could soon be audited by pictures. */
export function hasPictureAuditors(draft: Draft): boolean {
  // An owner that has all chunks staged may leave. Hashes of ffmpeg's results can be compared by other holders.
  if (draft.job.settings.stageAll) return false;
  const slots = slotsOf(
    draft.holders().filter((holder) => isHeard(holder) && canComparePictures(holder)),
  );
  if (slots === 0 || draft.job.settings.verify === "off") return slots > 0;
  const waiting = draft.unclear().filter((task) => {
    return task.verification.state === "audit-due" && auditOf(task) === "picture";
  });
  return waiting.length < WAITING_PER_SLOT * slots;
}

/** Whether the ffmpeg core of a tab can make the task. */
export function isForCore({ planned, plan }: Draft, { id }: TaskRecord): boolean {
  return planned.get(id)?.kind !== "video" || coreDecodes(plan.source.video.codec);
}

/** The engine that a lease is bound to, so that its result can be verified; null where any engine may be used. */
export function requiredEngine(
  draft: Draft,
  task: TaskRecord,
  holder: Holder,
  { audit, pictures }: { audit: Audit | null; pictures: boolean },
): Engine | null {
  if (audit === "picture" || !isForCore(draft, task)) return null;
  // The result's hashes will be compared with those of other results.
  const isCompared = audit === "hash" || claimsOf(task.verification).length > 0;
  if (isTrusted(holder)) {
    return isCompared && holder.engines.includes("ffmpeg-wasm") ? "ffmpeg-wasm" : null;
  }
  const isVideo = draft.planned.get(task.id)?.kind === "video";
  // A result that could not be verified by pictures is made again in a way that allows a comparison of hashes.
  const byPictures = pictures && !isCompared && !isAgain(task.verification);
  return isVideo && byPictures ? null : "ffmpeg-wasm";
}

/** Whether a result of this engine is acceptable for the lease. */
export function mayUse({ engine: required }: Lease, holder: Holder, engine: Engine): boolean {
  if (isTrusted(holder)) return true;
  return required === null ? engine !== "ffmpeg-native" : engine === required;
}
