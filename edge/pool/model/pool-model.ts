import type { Given, MemberMessage } from "../../../shared/wire/pool.ts";
import { balance } from "./balance.ts";
import { moveServer, recallServers, serversAt } from "./lent-servers.ts";
import type { Arrival, JobReport, PoolEffect, Refusal } from "./messages.ts";
import { type MemberRecord, type Presence, pixelsPerMs, provenNow } from "./records.ts";
import { takeReport } from "./reports.ts";
import type { PoolState } from "./state.ts";

/**
 * The decisions of a pool, synchronous and without a platform. Each call changes the state, which collects the rows to
 * store, and returns the effects to carry out. `rebalance` assigns members to jobs; its caller decides how often.
 */

/**
 * Milliseconds between a change and a new assignment of members to jobs. It is also the shortest time between two
 * assignments.
 */
export const REBALANCE_EVERY_MS = 1_000;
/** Milliseconds for which a member does not get back a job that could not use it, and one that removed it. */
const REFUSED_MS = 5 * 60_000;
const SENT_AWAY_MS = 86_400_000;
/** The same for a job that has ended according to the member. The job's own report comes in the meantime. */
const OVER_MS = 10_000;
/** Milliseconds for which ended jobs are kept and shown to the operator. */
const KEPT_MS = 86_400_000;
const SAMPLE_EVERY_MS = 5 * 60_000;
const DAYS_KEPT = 14;
/** The most members that ever join by a link. A browser that has lost its key joins as a new member. */
const mostNames = (maxMembers: number) => 50 + 20 * maxMembers;

type Said = Exclude<MemberMessage, { type: "hello" }>;

/** A job for which an owner asks for help. */
export interface Ask {
  jobId: string;
  title: string;
  linkId: string;
  ownerId: string;
}

export class PoolModel {
  readonly state: PoolState;

  constructor(state: PoolState) {
    this.state = state;
  }

  /** @returns why the member was refused; null where it was admitted */
  arrive(arrival: Arrival, nowMs: number): Refusal | null {
    const { state } = this;
    const { memberId, linkId, connectionId } = arrival;
    const known = state.get("member", memberId);
    const refusal = known?.bannedAtMs ? BANNED : this.#crowding(known, linkId);
    if (refusal !== null) return refusal;
    const { name, device, slots, rests, engines } = arrival;
    state.put("member", {
      ...(known ?? newMember(memberId, linkId, nowMs)),
      name,
      device,
      lastSeenAtMs: nowMs,
    });
    const before = state.connectionOf(memberId);
    const refused = before === undefined ? [] : (state.present.get(before)?.refused ?? []);
    if (before !== undefined) state.present.delete(before);
    const isOpen = arrival.jobId !== null && state.get("job", arrival.jobId)?.endedAtMs === null;
    state.present.set(connectionId, {
      memberId,
      slots,
      rests,
      engines,
      jobId: isOpen ? arrival.jobId : null,
      assignedAtMs: nowMs,
      refused,
    });
    return null;
  }

  given(memberId: string): Given {
    const member = this.state.get("member", memberId);
    const { jobs = 0, tasks = 0, mediaSeconds = 0, frames = 0, bytes = 0 } = member ?? {};
    return { jobs, tasks, mediaSeconds, frames, bytes };
  }

  say(connectionId: string, said: Said, nowMs: number): PoolEffect[] {
    const presence = this.state.present.get(connectionId);
    if (presence === undefined) return [];
    switch (said.type) {
      case "slots":
        this.#patch(connectionId, {
          slots: said.slots,
          rests: said.rests,
          // The member gets nothing new. It finishes by itself what it has begun.
          jobId: said.slots === 0 ? null : presence.jobId,
        });
        return [];
      case "left": {
        const { jobId, code } = said;
        const forMs =
          code === null || code === "JOB_ENDED"
            ? OVER_MS
            : code === "SENT_AWAY"
              ? SENT_AWAY_MS
              : REFUSED_MS;
        const others = presence.refused.filter((each) => {
          return each.untilMs > nowMs && each.jobId !== jobId;
        });
        this.#patch(connectionId, {
          jobId: presence.jobId === jobId ? null : presence.jobId,
          refused: [...others, { jobId, untilMs: nowMs + forMs }].slice(-8),
        });
        const message = { type: "given", given: this.given(presence.memberId) } as const;
        return [{ type: "send", connectionId, message }];
      }
      case "renew":
        return presence.jobId === said.jobId ? this.#pass("pass", connectionId, nowMs) : [];
    }
  }

  gone(connectionId: string, nowMs: number): void {
    const presence = this.state.present.get(connectionId);
    const member = presence && this.state.get("member", presence.memberId);
    this.state.present.delete(connectionId);
    if (member !== undefined) this.state.put("member", { ...member, lastSeenAtMs: nowMs });
  }

  /**
   * Adds a job that asks for help. Asking again changes nothing.
   * @returns why the job was refused; null where it was queued
   */
  ask({ jobId, title, linkId, ownerId }: Ask, nowMs: number): Refusal | null {
    const { state } = this;
    if (state.get("job", jobId) !== undefined) return null;
    const own = state.openJobs().filter((job) => job.ownerId === ownerId);
    if (own.length >= state.pool.rules.maxJobsEach) {
      const message = `The pool already has ${own.length} videos of yours; ask it again when one is done.`;
      return { code: "RATE_LIMITED", message };
    }
    this.#forgetOld(nowMs);
    state.put("job", {
      ...{ id: jobId, title, linkId, ownerId, askedAtMs: nowMs, heardAtMs: nowMs, endedAtMs: null },
      ...{ pixelsPerSecond: 0, totalSeconds: 0, remainingSeconds: 0, openTasks: 0, takenTasks: 0 },
      ...{ uplinkPixels: null, storedPixels: 0, ownPixels: 0, needsBrowser: false, work: [] },
      takesServers: false,
    });
    const owner = state.get("owner", ownerId) ?? { id: ownerId, linkId, jobs: 0, mediaSeconds: 0 };
    state.put("owner", { ...owner, jobs: owner.jobs + 1 });
    return null;
  }

  /** Takes a coordinator's report. It is ignored for a job that never asked this pool. */
  report(report: JobReport, nowMs: number): PoolEffect[] {
    const job = this.state.get("job", report.jobId);
    if (job === undefined) return [];
    const effects = takeReport(this.state, job, report, nowMs);
    for (const effect of effects) {
      if (effect.type === "close") this.gone(effect.connectionId, nowMs);
    }
    return effects;
  }

  /** Number of the site's servers that are lent to the job. */
  serversAt(jobId: string): number {
    return serversAt(this.state, jobId);
  }

  /** Ids of members with work on the job that are banned for lies. */
  liarsIn(report: JobReport): string[] {
    return report.work
      .map(({ memberId }) => this.state.get("member", memberId))
      .filter((member) => member !== undefined && member.bannedAtMs !== null && member.lies > 0)
      .map((member) => member?.id ?? "");
  }

  /** Whether passes that this member may still have are good: it is not banned, and its link is not closed. */
  isMember(memberId: string): boolean {
    const member = this.state.get("member", memberId);
    const link = member && this.state.get("link", member.linkId);
    return member?.bannedAtMs === null && link?.isClosed === false;
  }

  /** Bans a member, as the operator wishes. */
  sendAway(memberId: string, nowMs: number): PoolEffect[] {
    const member = this.state.get("member", memberId);
    if (member === undefined || member.bannedAtMs !== null) return [];
    this.state.put("member", { ...member, bannedAtMs: nowMs });
    const message = "The pool's operator has removed this device.";
    return this.#dismiss(memberId, { code: "SENT_AWAY", message }, nowMs);
  }

  /** Closes a link. Nobody can use it any more, and members that joined by it are removed. */
  closeLink(linkId: string, nowMs: number): PoolEffect[] {
    const link = this.state.get("link", linkId);
    if (link === undefined) return [];
    this.state.put("link", { ...link, isClosed: true });
    const members = this.state.all("member").filter((member) => member.linkId === linkId);
    return members.flatMap(({ id }) => this.#dismiss(id, CLOSED, nowMs));
  }

  /** Closes the member's sockets here and at its jobs. Its results stay, like those of a contributor that has left. */
  #dismiss(memberId: string, reason: Refusal, nowMs: number): PoolEffect[] {
    const effects: PoolEffect[] = [];
    const connectionId = this.state.connectionOf(memberId);
    const at = connectionId && this.state.present.get(connectionId)?.jobId;
    for (const { id: jobId, work } of this.state.openJobs()) {
      const isThere = jobId === at || work.some((each) => each.memberId === memberId);
      if (isThere) effects.push({ type: "dismiss", jobId, memberId });
    }
    if (connectionId !== undefined) {
      this.gone(connectionId, nowMs);
      effects.push({ type: "close", connectionId, reason });
    }
    return effects;
  }

  /** Ends the help for a job whose video became private or was deleted. */
  withdraw(jobId: string, nowMs: number): void {
    const job = this.state.get("job", jobId);
    if (job?.endedAtMs === null) this.state.put("job", { ...job, endedAtMs: nowMs });
  }

  /** Assigns members to the jobs that need them most. */
  rebalance(nowMs: number): PoolEffect[] {
    const { state } = this;
    recallServers(state, nowMs);
    return balance(state, nowMs).flatMap(({ memberId, jobId }) => {
      if (moveServer(state, memberId, jobId, nowMs)) return [];
      const connectionId = state.connectionOf(memberId);
      if (connectionId === undefined) return [];
      this.#patch(connectionId, { jobId, assignedAtMs: nowMs });
      if (jobId !== null) return this.#pass("assign", connectionId, nowMs);
      const rest: PoolEffect = { type: "send", connectionId, message: { type: "rest" } };
      return [rest];
    });
  }

  /** Takes a sample for the history if the last one is old enough. */
  sample(nowMs: number): void {
    const { state } = this;
    const id = new Date(nowMs).toISOString().slice(0, 10);
    const day = state.get("day", id) ?? { id, samples: [] };
    if (nowMs - (day.samples.at(-1)?.atMs ?? 0) < SAMPLE_EVERY_MS) return;
    const present = [...state.present.values()];
    const sample = {
      atMs: nowMs,
      members: present.length,
      working: present.filter(({ jobId }) => jobId !== null).length,
      jobs: state.openJobs().length,
    };
    state.put("day", { id, samples: [...day.samples, sample] });
    const days = state.all("day").map((each) => each.id);
    for (const old of days.sort().slice(0, -DAYS_KEPT)) state.delete("day", old);
  }

  #pass(type: "assign" | "pass", connectionId: string, nowMs: number): PoolEffect[] {
    const presence = this.state.present.get(connectionId);
    const member = presence && this.state.get("member", presence.memberId);
    const job = this.state.get("job", presence?.jobId ?? "");
    const link = member && this.state.get("link", member.linkId);
    if (member === undefined || job === undefined || link === undefined) return [];
    const pass = {
      jobId: job.id,
      poolId: this.state.pool.id,
      memberId: member.id,
      principal: link.principal,
      proven: Math.floor(provenNow(member, nowMs)),
      pixelsPerMs: pixelsPerMs(member) ?? 0,
    };
    return [{ type, connectionId, title: job.title, pass }];
  }

  #patch(connectionId: string, change: Partial<Presence>): void {
    const presence = this.state.present.get(connectionId);
    if (presence !== undefined) this.state.present.set(connectionId, { ...presence, ...change });
  }

  #crowding(known: MemberRecord | undefined, linkId: string): Refusal | null {
    const { state } = this;
    const link = state.get("link", linkId);
    if (link === undefined || link.isClosed) return CLOSED;
    const others = [...state.present.values()].filter(({ memberId }) => memberId !== known?.id);
    const byLink = others.filter(({ memberId }) => {
      return state.get("member", memberId)?.linkId === linkId;
    });
    const names = state.all("member").filter((member) => member.linkId === linkId);
    const isFull =
      others.length >= state.pool.rules.maxMembers ||
      byLink.length >= link.maxMembers ||
      (known === undefined && names.length >= mostNames(link.maxMembers));
    return isFull ? FULL : null;
  }

  #forgetOld(nowMs: number): void {
    for (const { id, endedAtMs } of this.state.all("job")) {
      if (endedAtMs !== null && nowMs - endedAtMs > KEPT_MS) {
        this.state.delete("job", id);
        this.state.busy.delete(id);
      }
    }
  }
}

const BANNED: Refusal = {
  code: "SENT_AWAY",
  message: "A result from this device was not what the video shows.",
};
const CLOSED: Refusal = { code: "LINK_EXPIRED", message: "The link is no longer valid." };
const FULL: Refusal = { code: "LINK_FULL", message: "The pool has all the helpers it can take." };

function newMember(id: string, linkId: string, nowMs: number): MemberRecord {
  return {
    ...{ id, linkId, name: "", device: "", firstSeenAtMs: nowMs, lastSeenAtMs: nowMs },
    ...{ proven: 0, provenAtMs: nowMs, byHash: 0, byPicture: 0, disputes: 0, lies: 0 },
    ...{ bannedAtMs: null, jobs: 0, tasks: 0, mediaSeconds: 0, frames: 0, bytes: 0 },
    ...{ pixels: 0, workMs: 0 },
  };
}
