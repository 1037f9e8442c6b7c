import { toWireError, type WireError } from "../../shared/job/errors.ts";
import { EdgeClient } from "../edge-client.ts";
import type { EnginePreference } from "../encoder/api.ts";
import { contributorCapability, enginesOf, fastSlots } from "../encoder/capability.ts";
import { Pool, type TaskPool } from "../encoder/pool.ts";
import { colourFault } from "../encoder/webcodecs-check.ts";
import { useWorkersOfPage } from "../holder/page-workers.ts";
import { HolderSession } from "../holder/session.ts";
import { StateFeed } from "../holder/state-feed.ts";
import { exposeToLink } from "../worker-link.ts";
import type { ContributorApi, ContributorInvitation, ContributorState } from "./contributor-api.ts";

/** A contributor's work: takes chunks from storage, encodes them and uploads the results. It has no source file. */

const FIRST: ContributorState = {
  phase: "checking",
  job: null,
  possibleSlots: 0,
  reason: null,
  slots: 0,
  encoding: [],
  connected: false,
  overHttp: false,
  tasksDone: 0,
  bytesDownloaded: 0,
  bytesUploaded: 0,
  error: null,
};

class Contributor implements ContributorApi {
  readonly #client = new EdgeClient(self.location.origin);
  readonly #feed = new StateFeed(FIRST, ["working"]);
  /** With "auto", the coordinator still binds a lease to ffmpeg where another engine's result could not be verified. */
  #preference: EnginePreference = "auto";
  #invitation: ContributorInvitation | null = null;
  #session: HolderSession | null = null;
  #pool: Pool | null = null;
  /** Most tasks at a time for which frames have room in memory; applies also after a pause. */
  #mostTasks = 0;
  /** Work of this tab's earlier sessions: a change of the number of encoders begins a new session. */
  #before = { tasksDone: 0, bytesDownloaded: 0, bytesUploaded: 0 };

  async subscribe(onState: (state: ContributorState) => void): Promise<void> {
    this.#feed.subscribe(onState);
  }

  async open(invitation: ContributorInvitation): Promise<void> {
    this.#release();
    this.#invitation = invitation;
    this.#before = { tasksDone: 0, bytesDownloaded: 0, bytesUploaded: 0 };
    this.#feed.put({ ...FIRST, ...contributorCapability(invitation.mobile) });
    try {
      const [status, fault] = await Promise.all([
        this.#client.jobStatus(invitation.jobId, invitation.token),
        colourFault(),
      ]);
      const { name, durationTicks, state, progress, error } = status;
      if (fault !== null) this.#preference = "ffmpeg";
      this.#set({ job: { name, durationTicks, state, progress } });
      if (state === "ready") this.#set({ phase: "done" });
      else if (state === "failed" || state === "cancelled") {
        this.#set({ phase: "failed", error: { ...ENDED, ...(error ?? {}) } });
      } else {
        // Throws where the link was ended, so that such a link invites nobody.
        await this.#client.socketTicket(invitation.jobId, invitation.token);
        this.#set({ phase: "invited" });
      }
    } catch (thrown) {
      this.#set({ phase: "failed", error: asLink(toWireError(thrown)) });
    }
  }

  async work(slots: number): Promise<void> {
    if (this.#invitation === null || this.#feed.state.possibleSlots === 0) return;
    const count = Math.max(1, Math.min(slots, this.#feed.state.possibleSlots));
    if (this.#session !== null && this.#pool?.slots().length === count) {
      this.#session.setSlots(Math.min(count, this.#mostTasks));
    } else {
      this.#release();
      // The core is fetched and compiled once a tab. One slot loads it now, the others with a lease that needs it.
      const pool = new Pool({ slots: count, preference: this.#preference, ffmpegAhead: 1 }, () =>
        this.#changed(),
      );
      this.#pool = pool;
      // A failure of a pool that was ended meanwhile does not matter to the present one.
      pool.warm().catch((thrown: unknown) => this.#pool === pool && this.#fail(thrown));
      this.#session = this.#connect(this.#invitation, pool, count);
    }
    this.#set({ phase: "working", slots: count, error: null });
  }

  async pause(): Promise<void> {
    this.#session?.setSlots(0);
    if (this.#feed.state.phase === "working") this.#set({ phase: "paused" });
  }

  async stop(): Promise<void> {
    this.#release();
    this.#set({ phase: "stopped", encoding: [], connected: false });
  }

  #connect(
    { jobId, token, holderId, who }: ContributorInvitation,
    pool: Pool,
    slots: number,
  ): HolderSession {
    return new HolderSession({
      client: this.#client,
      jobId,
      token,
      identity: {
        role: "contributor",
        holderId,
        ...who,
        engines: enginesOf(this.#preference),
      },
      source: null,
      plan: null,
      pool: this.#within(pool, slots),
      slots,
      prefetch: 1,
      onChange: () => this.#changed(),
      onScriptGone: (error) => this.#fail(error),
    });
  }

  /** The pool, with a limit of tasks at a time: the first grant's frame size says how many have room in memory. */
  #within(pool: Pool, slots: number): TaskPool {
    let isKnown = this.#preference === "ffmpeg";
    this.#mostTasks = slots;
    return {
      compare: (request, onProgress, signal) => pool.compare(request, onProgress, signal),
      transcode: (request, onProgress, signal) => {
        if (!isKnown && this.#feed.state.phase === "working") {
          isKnown = true;
          this.#mostTasks = Math.min(slots, fastSlots(request.grant.source.video));
          this.#session?.setSlots(this.#mostTasks);
        }
        return pool.transcode(request, onProgress, signal);
      },
    };
  }

  #changed(): void {
    const session = this.#session;
    if (session === null) return;
    const { job, connected, overHttp } = session;
    const busy = this.#pool?.slots().filter(({ taskId }) => taskId !== null) ?? [];
    this.#set({
      job: job ?? this.#feed.state.job,
      connected,
      overHttp,
      tasksDone: this.#before.tasksDone + session.tasksDone,
      bytesDownloaded: this.#before.bytesDownloaded + session.bytesDownloaded,
      bytesUploaded: this.#before.bytesUploaded + session.bytesUploaded,
      encoding: busy.map(({ progress }) => progress),
    });
    if (session.refused !== null) this.#fail(session.refused);
    else if (job?.state === "ready") this.#end({ phase: "done" });
    else if (job?.state === "failed" || job?.state === "cancelled") {
      this.#end({ phase: "failed", error: { ...ENDED, ...(job.error ?? {}) } });
    }
  }

  #set(change: Partial<ContributorState>): void {
    this.#feed.put({ ...this.#feed.state, ...change });
  }

  #fail(thrown: unknown): void {
    this.#end({ phase: "failed", error: toWireError(thrown) });
  }

  #end(change: Partial<ContributorState>): void {
    this.#release();
    this.#set({ ...change, encoding: [], connected: false });
  }

  #release(): void {
    const { tasksDone, bytesDownloaded, bytesUploaded } = this.#feed.state;
    this.#before = { tasksDone, bytesDownloaded, bytesUploaded };
    this.#session?.stop();
    this.#session = null;
    this.#pool?.terminate();
    this.#pool = null;
  }
}

/** A helper's only key is its link, so UNAUTHORIZED means that the owner ended the link. */
function asLink(error: WireError): WireError {
  return error.code === "UNAUTHORIZED" ? { ...error, code: "LINK_EXPIRED" } : error;
}

const ENDED = { code: "JOB_ENDED" as const, message: "The job has ended.", retryable: false };

useWorkersOfPage();
exposeToLink(new Contributor());
