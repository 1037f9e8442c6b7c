import type { PoolFacts, PoolOverview } from "../../../shared/wire/pool.ts";
import { type MemberRecord, pixelsPerMs, provenNow } from "./records.ts";
import type { PoolState } from "./state.ts";

/** Views of the pool: for its operator, and for everybody who has a link of the pool. */

/** The most members in the view that are not connected. The ones seen last come first. */
const MOST_SHOWN = 500;

export function factsOf(state: PoolState): PoolFacts {
  const present = [...state.present.values()];
  return {
    poolId: state.pool.id,
    name: state.pool.name,
    members: present.length,
    working: present.filter(({ jobId }) => jobId !== null).length,
    jobs: state.openJobs().length,
  };
}

export function overviewOf(state: PoolState, nowMs: number): PoolOverview {
  const members = state.all("member").sort((a, b) => b.lastSeenAtMs - a.lastSeenAtMs);
  const isHere = new Set([...state.present.values()].map(({ memberId }) => memberId));
  const shown = [
    ...members.filter(({ id }) => isHere.has(id)),
    ...members.filter(({ id }) => !isHere.has(id)).slice(0, MOST_SHOWN),
  ];
  return {
    ...factsOf(state),
    createdAtMs: state.pool.createdAtMs,
    rules: state.pool.rules,
    serversAtWork: state.all("server").filter(({ jobId }) => jobId !== null).length,
    links: state.all("link").map(({ id, ...link }) => ({
      ...{ linkId: id, kind: link.kind, label: link.label, expiresAtMs: link.expiresAtMs },
      ...{ maxMembers: link.maxMembers, lies: link.lies, isClosed: link.isClosed },
      members: members.filter(({ linkId }) => linkId === id).length,
    })),
    memberList: shown.map((member) => memberView(state, member, nowMs)),
    queue: state
      .all("job")
      .sort((a, b) => b.askedAtMs - a.askedAtMs)
      .map((job) => ({
        jobId: job.id,
        title: job.title,
        ownerId: job.ownerId,
        askedAtMs: job.askedAtMs,
        endedAtMs: job.endedAtMs,
        totalSeconds: job.totalSeconds,
        remainingSeconds: job.remainingSeconds,
        members: [...state.present.values()].filter(({ jobId }) => jobId === job.id).length,
        failures: job.work.reduce((sum, { failures }) => sum + failures, 0),
      })),
    owners: state.all("owner").map(({ id, ...owner }) => ({ ownerId: id, ...owner })),
    history: state
      .all("day")
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .flatMap(({ samples }) => samples),
  };
}

function memberView(
  state: PoolState,
  member: MemberRecord,
  nowMs: number,
): PoolOverview["memberList"][number] {
  const connectionId = state.connectionOf(member.id);
  const presence = connectionId === undefined ? undefined : state.present.get(connectionId);
  const { jobs, tasks, mediaSeconds, frames, bytes } = member;
  const { byHash, byPicture, disputes, lies } = member;
  const speed = pixelsPerMs(member);
  return {
    memberId: member.id,
    name: member.name,
    device: member.device,
    linkId: member.linkId,
    connected: presence !== undefined,
    slots: presence?.slots ?? 0,
    rests: presence?.rests ?? null,
    jobId: presence?.jobId ?? null,
    firstSeenAtMs: member.firstSeenAtMs,
    lastSeenAtMs: member.lastSeenAtMs,
    given: { jobs, tasks, mediaSeconds, frames, bytes },
    pixelsPerSecond: speed === null ? null : speed * 1000,
    record: { proven: provenNow(member, nowMs), byHash, byPicture, disputes, lies },
    bannedAtMs: member.bannedAtMs,
  };
}
