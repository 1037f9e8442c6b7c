import { REAL_CLOCK } from "../../shared/clock.ts";
import { toWireError } from "../../shared/job/errors.ts";
import { PoolMember } from "../../shared/pool/pool-member.ts";
import type { RestReason } from "../../shared/wire/pool.ts";
import { EdgeClient } from "../edge-client.ts";
import type { EnginePreference } from "../encoder/api.ts";
import { contributorCapability, enginesOf } from "../encoder/capability.ts";
import { Pool } from "../encoder/pool.ts";
import { colourFault } from "../encoder/webcodecs-check.ts";
import { StateFeed } from "../holder/state-feed.ts";
import { PoolClient } from "../pool-client.ts";
import { exposeToLink } from "../worker-link.ts";
import { memberKey } from "./member-key.ts";
import { PoolJob } from "./pool-job.ts";
import type { PoolInvitation, PoolMemberApi, PoolMemberState } from "./pool-member-api.ts";

/** A pool member's work: it helps one job after the other, and keeps its encoders in between. */

const FIRST: PoolMemberState = {
  phase: "checking",
  poolName: "",
  members: 0,
  possibleSlots: 0,
  reason: null,
  slots: 0,
  rests: null,
  connected: false,
  job: null,
  encoding: [],
  jobsSeen: 0,
  tasksDone: 0,
  bytesDownloaded: 0,
  bytesUploaded: 0,
  given: null,
  error: null,
};

class Member implements PoolMemberApi {
  readonly #client = new EdgeClient(self.location.origin);
  readonly #pools = new PoolClient(self.location.origin);
  readonly #feed = new StateFeed(FIRST, ["member"]);
  #preference: EnginePreference = "auto";
  #invitation: PoolInvitation | null = null;
  #member: PoolMember<PoolJob> | null = null;
  #encoders: Pool | null = null;
  /** Work done for jobs that are over. */
  #done = { tasksDone: 0, bytesDownloaded: 0, bytesUploaded: 0 };

  async subscribe(onState: (state: PoolMemberState) => void): Promise<void> {
    this.#feed.subscribe(onState);
  }

  async open(invitation: PoolInvitation): Promise<void> {
    this.#release();
    this.#invitation = invitation;
    this.#feed.put({ ...FIRST, ...contributorCapability(invitation.mobile) });
    try {
      const { poolId, token } = invitation;
      const [{ name, members }, fault] = await Promise.all([
        this.#pools.facts(poolId, token),
        colourFault(),
      ]);
      if (fault !== null) this.#preference = "ffmpeg";
      this.#set({ poolName: name, members, phase: "invited" });
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  async work(slots: number, rests: RestReason | null): Promise<void> {
    const { possibleSlots } = this.#feed.state;
    if (this.#invitation === null || possibleSlots === 0) return;
    const count = Math.max(1, Math.min(slots, possibleSlots));
    const given = rests === null ? count : 0;
    this.#set({ phase: "member", slots: count, rests, error: null });
    if (this.#member !== null) {
      this.#member.setSlots(given, rests);
      return;
    }
    try {
      await this.#join(this.#invitation, given, rests);
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  async stop(): Promise<void> {
    this.#release();
    this.#set({ phase: "stopped", encoding: [], connected: false, job: null });
  }

  async #join(
    { poolId, token, who, key }: PoolInvitation,
    slots: number,
    rests: RestReason | null,
  ): Promise<void> {
    const own = await memberKey(key);
    if (this.#member !== null) return;
    const client = this.#client;
    const pools = this.#pools;
    const preference = this.#preference;
    const options = { slots: this.#feed.state.possibleSlots, preference, ffmpegAhead: 1 };
    const encoders = new Pool(options, () => this.#changed());
    this.#encoders = encoders;
    encoders.warm().catch((thrown: unknown) => this.#encoders === encoders && this.#fail(thrown));
    this.#member = new PoolMember<PoolJob>({
      identity: { ...who, engines: enginesOf(preference) },
      key: own,
      slots,
      clock: REAL_CLOCK,
      ticket: (signal) => pools.ticket(poolId, token, signal),
      connect: (ticket) => new WebSocket(pools.socketUrl(poolId, ticket)),
      open: (help, count) => {
        this.#set({ jobsSeen: this.#feed.state.jobsSeen + 1 });
        const onScriptGone = (error: Error) => this.#fail(error);
        return new PoolJob({ client, help, slots: count, encoders, preference, who, onScriptGone });
      },
      onClosed: (job) => {
        this.#done = sum(this.#done, job);
      },
      onChange: () => this.#changed(),
    });
    if (rests !== null) this.#member.setSlots(0, rests);
  }

  #changed(): void {
    const member = this.#member;
    if (member === null) return;
    if (member.refused !== null) {
      this.#fail(member.refused);
      return;
    }
    const sessions = member.sessions();
    const job = member.job;
    const progress = sessions.find(({ jobId }) => jobId === job?.jobId)?.progress ?? 0;
    const busy = this.#encoders?.slots().filter(({ taskId }) => taskId !== null) ?? [];
    this.#set({
      ...sessions.reduce(sum, this.#done),
      connected: member.connected,
      poolName: member.poolName ?? this.#feed.state.poolName,
      job: job === null ? null : { ...job, progress },
      given: member.given ?? this.#feed.state.given,
      encoding: busy.map((each) => each.progress),
    });
  }

  #set(change: Partial<PoolMemberState>): void {
    this.#feed.put({ ...this.#feed.state, ...change });
  }

  #fail(thrown: unknown): void {
    this.#release();
    const error = toWireError(thrown);
    this.#set({ phase: "failed", error, encoding: [], connected: false, job: null });
  }

  #release(): void {
    this.#member?.stop();
    this.#member = null;
    this.#encoders?.terminate();
    this.#encoders = null;
  }
}

type Done = Pick<PoolMemberState, "tasksDone" | "bytesDownloaded" | "bytesUploaded">;

function sum(before: Done, { tasksDone, bytesDownloaded, bytesUploaded }: Done): Done {
  return {
    tasksDone: before.tasksDone + tasksDone,
    bytesDownloaded: before.bytesDownloaded + bytesDownloaded,
    bytesUploaded: before.bytesUploaded + bytesUploaded,
  };
}

exposeToLink(new Member());
