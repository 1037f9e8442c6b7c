import { type JobPlan, TICKS_PER_SECOND } from "../../../../shared/job/job.ts";
import type { Output } from "../../../../shared/wire/lease.ts";
import type { Draft } from "../state/draft.ts";
import type { JobRecord } from "../state/records.ts";
import { sendAway } from "./undo.ts";

/**
 * A lease has one result of bounded size, but leases can be given back and taken again for ever: so the
 * helpers of one link may upload some times what the whole job makes, and no more.
 */
const TIMES_PLANNED = 6;
const SLACK_BYTES = 256 * 1024 ** 2;

const USED_UP = "This link's helpers have uploaded all that they may. Ask for a new link.";

/** @param principal the link's token, as a hash */
export function isUsedUp({ uploadBytes }: JobRecord, plan: JobPlan, principal: string): boolean {
  return (uploadBytes[principal] ?? 0) > maxLinkBytes(plan);
}

/** Counts a result that is about to be uploaded. False: its maker was sent away, with all its leases. */
export function chargeUpload(draft: Draft, holderId: string, outputs: readonly Output[]): boolean {
  const holder = draft.holder(holderId);
  if (holder?.role !== "contributor") return true;
  const { principal } = holder;
  const { uploadBytes } = draft.job;
  const bytes = outputs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const used = (uploadBytes[principal] ?? 0) + bytes;
  draft.patchJob({ uploadBytes: { ...uploadBytes, [principal]: used } });
  if (!isUsedUp(draft.job, draft.plan, principal)) return true;
  sendAway(draft, holderId, USED_UP);
  return false;
}

export function maxLinkBytes({ source, video, audio }: JobPlan): number {
  const bitsPerSecond = [...video, ...audio].reduce((sum, each) => sum + each.bitsPerSecond, 0);
  const seconds = source.durationTicks / TICKS_PER_SECOND;
  return SLACK_BYTES + TIMES_PLANNED * ((bitsPerSecond * seconds) / 8);
}
