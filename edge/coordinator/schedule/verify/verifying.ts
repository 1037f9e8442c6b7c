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

/** How results can be verified, and by which holders; trust.ts decides when they are. */

/** Results whose pictures wait to be compared, for each place of those who can: more would pile up. */
const WAITING_PER_SLOT = 8;

export function isTrusted({ role }: Holder): boolean {
  return role !== "contributor";
}

/** How a result is audited: bytes that are the same on every machine by hash, all else by what it shows. */
export function auditOf({ done }: TaskRecord): Audit {
  return done?.engine === "webcodecs" ? "picture" : "hash";
}

/**
 * Whether this holder can hold a result's pictures against the source's, and is to be believed. Whose
 * tab leaves the browser's codecs alone (for the source's or the person's sake) has no use for others'
 * work by them either, and cannot look at it.
 */
export function canComparePictures(holder: Holder): boolean {
  return isTrusted(holder) && holder.engines.includes("webcodecs");
}

/** Whether contributors' pictures by their browser's codecs could soon be looked at. */
export function hasPictureAuditors(draft: Draft): boolean {
  // An owner who lets others finish may leave; the hashes of ffmpeg's results can be compared by anybody.
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

/** The engine that a lease is bound to, so that its result can be verified; null where any will do. */
export function requiredEngine(
  draft: Draft,
  task: TaskRecord,
  holder: Holder,
  { audit, pictures }: { audit: Audit | null; pictures: boolean },
): Engine | null {
  if (audit === "picture" || !isForCore(draft, task)) return null;
  // Its hashes are compared with those of other results.
  const isCompared = audit === "hash" || claimsOf(task.verification).length > 0;
  if (isTrusted(holder)) {
    return isCompared && holder.engines.includes("ffmpeg-wasm") ? "ffmpeg-wasm" : null;
  }
  const isVideo = draft.planned.get(task.id)?.kind === "video";
  // What nobody could tell by its pictures is made such that hashes tell.
  const byPictures = pictures && !isCompared && !isAgain(task.verification);
  return isVideo && byPictures ? null : "ffmpeg-wasm";
}

/** Whether a result of this engine is what the lease was given for. */
export function mayUse({ engine: required }: Lease, holder: Holder, engine: Engine): boolean {
  if (isTrusted(holder)) return true;
  return required === null ? engine !== "ffmpeg-native" : engine === required;
}
