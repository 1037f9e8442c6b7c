import type { JobReport, PoolEffect } from "./messages.ts";
import { added, type JobRecord, type MemberRecord, provenNow, type Work } from "./records.ts";
import type { PoolState } from "./state.ts";

/** Updates members' records from a job's report. */

/**
 * As in a job: a link is closed after this many proven lies, if there are more lies than this share of its proven
 * results.
 */
const CLOSING_LIES = 3;
const CLOSING_SHARE = 1 / 4;
/** Milliseconds for which coordinators keep a job after its end. */
const REMEMBERED_MS = 3_600_000;
/**
 * Members that joined within this time lose their record when another member of their link lied, because one person can
 * join under many names.
 */
const NEW_MS = 86_400_000;

/** @returns effects for members that lied */
export function takeReport(
  state: PoolState,
  job: JobRecord,
  report: JobReport,
  nowMs: number,
): PoolEffect[] {
  const liars: string[] = [];
  let mediaSeconds = 0;
  for (const work of report.work) {
    const before = job.work.find(({ memberId }) => memberId === work.memberId);
    const member = state.get("member", work.memberId);
    if (member === undefined) continue;
    const more = added(work, before);
    mediaSeconds += more.mediaSeconds;
    if (before === undefined || hasMore(more)) {
      state.put("member", credited(member, more, before === undefined, nowMs));
      creditLink(state, member.linkId, more);
    }
    if (more.lies > 0) liars.push(member.id);
  }
  const { jobId: _id, hasEnded, busy, work, ...facts } = report;
  state.put("job", {
    ...job,
    ...facts,
    work: [...work],
    heardAtMs: nowMs,
    endedAtMs: hasEnded ? (job.endedAtMs ?? nowMs) : null,
  });
  state.busy.set(job.id, new Set(busy));
  creditOwner(state, job, mediaSeconds);
  return liars.flatMap((memberId) => ban(state, memberId, job.id, nowMs));
}

function hasMore({ memberId: _, ...counts }: Work): boolean {
  return Object.values(counts).some((count) => count > 0);
}

function credited(
  member: MemberRecord,
  more: Work,
  isNewJob: boolean,
  nowMs: number,
): MemberRecord {
  const proofs = more.byHash + more.byPicture;
  // After a result that could be neither proven nor rejected, the machine's record starts again at 0.
  const proven = more.disputes > 0 ? 0 : provenNow(member, nowMs);
  const counts = [
    "tasks",
    "mediaSeconds",
    "frames",
    "bytes",
    "pixels",
    "workMs",
    "byHash",
    "byPicture",
    "disputes",
    "lies",
  ] as const;
  const sums = { ...member };
  for (const key of counts) sums[key] += more[key];
  return {
    ...sums,
    jobs: member.jobs + (isNewJob ? 1 : 0),
    lastSeenAtMs: nowMs,
    proven: proven + proofs,
    provenAtMs: nowMs,
  };
}

function creditLink(state: PoolState, linkId: string, { byHash, byPicture }: Work): void {
  const link = state.get("link", linkId);
  if (link === undefined || byHash + byPicture === 0) return;
  state.put("link", { ...link, proven: link.proven + byHash + byPicture });
}

function creditOwner(state: PoolState, { ownerId, linkId }: JobRecord, mediaSeconds: number): void {
  if (mediaSeconds === 0) return;
  const owner = state.get("owner", ownerId) ?? { id: ownerId, linkId, jobs: 0, mediaSeconds: 0 };
  state.put("owner", { ...owner, mediaSeconds: owner.mediaSeconds + mediaSeconds });
}

/**
 * Bans a member with a proven lie from the pool, and informs all jobs that it helped with. Running jobs make its
 * unproven results again. Owners of finished ones get a notice. Other members of its link lose trust: the records of
 * new ones are set to 0, those of older ones are halved.
 */
function ban(state: PoolState, memberId: string, provenIn: string, nowMs: number): PoolEffect[] {
  const member = state.get("member", memberId);
  if (member === undefined || member.bannedAtMs !== null) return [];
  state.put("member", { ...member, proven: 0, provenAtMs: nowMs, bannedAtMs: nowMs });
  const effects: PoolEffect[] = [];
  for (const other of state.all("member")) {
    if (other.linkId !== member.linkId || other.id === memberId) continue;
    const isNew = nowMs - other.firstSeenAtMs < NEW_MS;
    const proven = isNew ? 0 : provenNow(other, nowMs) / 2;
    state.put("member", { ...other, proven, provenAtMs: nowMs });
  }
  const link = state.get("link", member.linkId);
  if (link !== undefined) {
    const lies = link.lies + 1;
    const isClosed =
      link.isClosed || (lies >= CLOSING_LIES && lies > CLOSING_SHARE * Math.max(1, link.proven));
    state.put("link", { ...link, lies, isClosed });
  }
  const connectionId = state.connectionOf(memberId);
  if (connectionId !== undefined) {
    const message = "A result from this device was not what the video shows.";
    effects.push({ type: "close", connectionId, reason: { code: "SENT_AWAY", message } });
  }
  for (const job of state.all("job")) {
    const hasWork = job.work.some((work) => work.memberId === memberId);
    const isKnown = job.endedAtMs === null || nowMs - job.endedAtMs < REMEMBERED_MS;
    if (job.id !== provenIn && hasWork && isKnown) {
      effects.push({ type: "ban", jobId: job.id, memberId });
    }
  }
  return effects;
}
