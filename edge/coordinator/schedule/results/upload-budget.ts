import { type JobPlan, TICKS_PER_SECOND } from "../../../../shared/job/job.ts";
import type { Output } from "../../../../shared/wire/lease.ts";
import { endJob } from "../lifecycle.ts";
import type { Draft } from "../state/draft.ts";
import type { JobRecord } from "../state/records.ts";
import { sendAway } from "./undo.ts";

/**
 * A lease has one result of limited size, but leases can be given back and taken again without end. So the owner, and
 * the helpers of each link together, may upload at most this many times the planned size of the whole job, plus some
 * slack.
 */
const TIMES_PLANNED = 6;
const SLACK_BYTES = 256 * 1024 ** 2;
/** All links together may upload as much as this many links, because an owner can make any number of links. */
const LINKS = 8;

const OWNER_USED_UP = "The owner's tab has uploaded many times what the video has.";

/** @returns why a link's helpers may upload no more; null while they may */
export function usedUp(job: JobRecord, plan: JobPlan, principal: string): string | null {
  if ((job.uploadBytes[principal] ?? 0) > maxBytes(plan)) {
    return "This link's helpers have uploaded all that they may. Ask for a new link.";
  }
  return job.helperBytes > LINKS * maxBytes(plan)
    ? "The helpers of this job have uploaded all that they may."
    : null;
}

/**
 * Counts a result that is about to be uploaded. Returns false where it exceeds the limit. A helper is then banned and
 * loses its leases; with an owner, the job fails.
 */
export function chargeUpload(draft: Draft, holderId: string, outputs: readonly Output[]): boolean {
  const holder = draft.holder(holderId);
  // Servers have no limit: they belong to the site.
  if (holder === undefined || holder.role === "server") return true;
  const { principal, role } = holder;
  const bytes = outputs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const { uploadBytes, helperBytes } = draft.job;
  const used = (uploadBytes[principal] ?? 0) + bytes;
  draft.patchJob({ uploadBytes: { ...uploadBytes, [principal]: used } });
  if (role === "owner") {
    if (used <= maxBytes(draft.plan)) return true;
    endJob(draft, "failed", { code: "STORAGE_LIMIT", message: OWNER_USED_UP });
    return false;
  }
  draft.patchJob({ helperBytes: helperBytes + bytes });
  const message = usedUp(draft.job, draft.plan, principal);
  if (message !== null) sendAway(draft, holderId, message);
  return message === null;
}

/** The most bytes that the holders of one token may upload. */
export function maxBytes({ source, video, audio }: JobPlan): number {
  const bitsPerSecond = [...video, ...audio].reduce((sum, each) => sum + each.bitsPerSecond, 0);
  const seconds = source.durationTicks / TICKS_PER_SECOND;
  return SLACK_BYTES + TIMES_PLANNED * ((bitsPerSecond * seconds) / 8);
}
