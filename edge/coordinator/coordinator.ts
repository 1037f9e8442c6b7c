import { DurableObject } from "cloudflare:workers";
import {
  type ErrorCode,
  TributaryError,
  toWireError,
  type WireError,
} from "../../shared/job/errors.ts";
import { hasEnded, type JobPlan, type JobSettings, type JobState } from "../../shared/job/job.ts";
import type { HolderMessage } from "../../shared/wire/holder-messages.ts";
import type { CoordinatorStatus, JobStatus } from "../../shared/wire/job-status.ts";
import { HEARTBEAT_SILENCE_MS } from "../../shared/wire/protocol.ts";
import { hashToken, newToken } from "../http/auth.ts";
import { log } from "../log.ts";
import { hasServers } from "../servers/servers.ts";
import { Admission, type Refusal } from "./admission.ts";
import { renderPlaylist } from "./chores.ts";
import { DeltaFeed } from "./delta-feed.ts";
import { Outside } from "./effects.ts";
import { logChanges } from "./event-log.ts";
import { parseHolderMessage, versionRefusal } from "./holder-message.ts";
import { newsTo } from "./job-news.ts";
import { type Event, schedule } from "./schedule/schedule.ts";
import { tasksNeedingSource } from "./schedule/staging.ts";
import { applyChanges } from "./schedule/state/apply.ts";
import type { Effect } from "./schedule/state/effect.ts";
import { isHeard } from "./schedule/state/records.ts";
import { newState, type State } from "./schedule/state/state.ts";
import { Sockets } from "./sockets.ts";
import { Store } from "./store.ts";
import type { TokenRecord } from "./stored-rows.ts";
import { contributorView, coordinatorStatus, jobStatus, jobView } from "./view.ts";

type Hello = Extract<HolderMessage, { type: "hello" }>;

export interface NewJob {
  jobId: string;
  plan: JobPlan;
  ownerTokenHash: string;
  /** Default: DEFAULT_JOB_SETTINGS. */
  settings?: JobSettings;
  /** Where it was asked for. */
  origin: string;
  /** Of servers that have the source. */
  serverTokenHashes?: readonly string[];
}

export interface JobStanding {
  state: JobState;
  error: { code: ErrorCode; message: string } | null;
  /** A holder is here that can cut every chunk. */
  hasSource: boolean;
  tasksNeedingSource: number;
}

/** A call's result: error classes do not survive RPC. */
export type Result<T> = { ok: true; value: T } | { ok: false; error: WireError };

interface Live {
  state: State;
  admission: Admission;
  feed: DeltaFeed;
}

/**
 * One job's coordinator: a thin shell around `schedule`. Every event is decided, written, applied and
 * only then acted upon, without an `await` in between; the object may be evicted at any point.
 * No byte of a video passes through it.
 */
export class Coordinator extends DurableObject<Cloudflare.Env> {
  readonly #store: Store;
  readonly #sockets: Sockets;
  readonly #outside: Outside;
  #live: Live | null = null;
  /** The alarm that is set; a later one than needed is brought forward, an earlier one may ring. */
  #alarmAtMs: number | null = null;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    this.#store = new Store(ctx.storage);
    this.#sockets = new Sockets(ctx);
    this.#outside = new Outside(env, ctx.exports.Gate, {
      send: (connectionId, message) => this.#sockets.send(connectionId, message),
      originOf: (connectionId) => this.#sockets.originOf(connectionId),
      report: (event) => this.#dispatch(event),
      cleaned: () => this.#forgetJob(),
    });
    void ctx.blockConcurrencyWhile(async () => {
      this.#alarmAtMs = await ctx.storage.getAlarm();
      const loaded = this.#store.load();
      if (loaded === null) return;
      this.#live = this.#liven(loaded.state, loaded.tokens);
      this.#live.feed.addAll(loaded.state);
      const connectionIds = this.#sockets.bound().map(({ connectionId }) => connectionId);
      this.#dispatch({ type: "resume", connectionIds });
    });
  }

  /** Idempotent: a job that is there stays as it is. */
  async create(job: NewJob): Promise<void> {
    if (this.#live !== null) return;
    const { jobId, plan, ownerTokenHash, serverTokenHashes = [], ...more } = job;
    const state = newState(jobId, plan, Date.now(), {
      ...more,
      hasServers: hasServers(this.env),
      // The owner's token is a secret; so is what is drawn from its hash.
      seed: ownerTokenHash,
    });
    const tokens: TokenRecord[] = [
      { hash: ownerTokenHash, role: "owner" },
      ...serverTokenHashes.map((hash) => ({ hash, role: "server" as const })),
    ];
    this.#store.create(plan, state.job, tokens);
    this.#live = this.#liven(state, tokens);
    log("job", { jobId, state: state.job.state, tasks: plan.tasks.length });
    this.#dispatch({ type: "tick" });
  }

  /** Null where there is no job (any more). A wrong token sees what anybody sees. */
  async status(token: string | null): Promise<JobStatus | null> {
    if (this.#live === null) return null;
    return jobStatus(this.#live.state, this.#isOwner(token));
  }

  async summary(): Promise<CoordinatorStatus | null> {
    return this.#live === null ? null : coordinatorStatus(this.#live.state);
  }

  /** A job that has ended stays as it is. */
  async cancel(token: string | null): Promise<Result<null>> {
    if (this.#live === null) return refused("JOB_NOT_FOUND", "There is no such job.");
    if (!this.#isOwner(token)) return refused("FORBIDDEN", "Only the job's owner may cancel it.");
    this.#dispatch({ type: "cancel" });
    return { ok: true, value: null };
  }

  /** In short, for those who keep something for the job; null where there is none (any more). */
  async standing(): Promise<JobStanding | null> {
    if (this.#live === null) return null;
    const { state } = this.#live;
    return {
      state: state.job.state,
      error: state.job.error,
      hasSource: [...state.holders.values()].some((each) => isHeard(each) && each.hasSource),
      tasksNeedingSource: tasksNeedingSource(state),
    };
  }

  /** Whoever has this token may come as a server. */
  async admitServer(hash: string): Promise<void> {
    this.#live?.admission.addServer(hash);
  }

  /** A call for a server lies in the dead letter queue. */
  async serverGivenUp(holderId: string): Promise<void> {
    this.#dispatch({ type: "server-given-up", holderId });
  }

  /**
   * A new contributor link, by the hash of its token; links that are over make room.
   * Refused with JOB_ENDED, FORBIDDEN, RATE_LIMITED.
   */
  async share(token: string | null, link: TokenRecord): Promise<Result<null>> {
    const live = this.#live;
    if (live === null) return refused("JOB_NOT_FOUND", "There is no such job.");
    if (!this.#isOwner(token)) return refused("FORBIDDEN", "Only the job's owner may share it.");
    if (hasEnded(live.state.job.state)) return refused("JOB_ENDED", "The job has ended.");
    const refusal = live.admission.addLink(link, Date.now());
    if (refusal !== null) return refused(refusal.code, refusal.message);
    return { ok: true, value: null };
  }

  /** All contributor links end, and who came by them goes. */
  async revokeShares(token: string | null): Promise<Result<null>> {
    const live = this.#live;
    if (live === null) return refused("JOB_NOT_FOUND", "There is no such job.");
    if (!this.#isOwner(token)) return refused("FORBIDDEN", "Only the job's owner may do this.");
    this.#dispatch({
      type: "send-away",
      holderId: null,
      principals: live.admission.revokeLinks(),
    });
    return { ok: true, value: null };
  }

  async removeContributor(token: string | null, holderId: string): Promise<Result<null>> {
    if (this.#live === null) return refused("JOB_NOT_FOUND", "There is no such job.");
    if (!this.#isOwner(token)) return refused("FORBIDDEN", "Only the job's owner may do this.");
    this.#dispatch({ type: "send-away", holderId, principals: [] });
    return { ok: true, value: null };
  }

  /**
   * A playlist as it stands; null until the first segments of all renditions are there.
   * @param path below the job's folder: "master.m3u8", "v480/playlist.m3u8"
   */
  async playlist(path: string): Promise<string | null> {
    if (this.#live === null || this.#live.state.job.firstPlayableAtMs === null) return null;
    return renderPlaylist(this.#live.state, path);
  }

  /** The socket of a holder: `GET /api/jobs/:id/socket`. */
  override async fetch(request: Request): Promise<Response> {
    if (this.#live === null) return new Response(null, { status: 404 });
    const response = this.#sockets.accept(new URL(request.url).origin, Date.now());
    this.#setAlarm();
    return response ?? new Response(null, { status: 429 });
  }

  override async webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    const attachment = this.#sockets.attachment(socket);
    if (attachment === null || this.#live === null) return;
    const { connectionId, holderId } = attachment;
    const refusal = holderId === null ? versionRefusal(data) : null;
    if (refusal !== null) {
      this.#refuse(connectionId, refusal);
      return;
    }
    const message = parseHolderMessage(data, holderId === null);
    if (message === null) {
      this.#sendError(connectionId, "MESSAGE_INVALID", "The message was not understood.");
    } else if (holderId !== null) {
      this.#dispatch({ type: "message", connectionId, holderId, message });
    } else if (message.type === "hello") {
      this.#hello(connectionId, message);
    } else {
      this.#sendError(connectionId, "UNAUTHORIZED", "Say hello first.");
    }
  }

  override async webSocketClose(socket: WebSocket): Promise<void> {
    const connectionId = this.#sockets.forget(socket);
    if (connectionId !== null) this.#dispatch({ type: "closed", connectionId });
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    await this.webSocketClose(socket);
  }

  /** At least once, and up to a minute late: `tick` does what is due, whenever. */
  override async alarm(): Promise<void> {
    this.#alarmAtMs = null;
    this.#sockets.closeGuests(Date.now());
    this.#dispatch({ type: "tick" });
  }

  /** Everything between here and the effects is synchronous: no other event can come between. */
  #dispatch(event: Event): void {
    if (this.#live === null) return;
    const { state, feed } = this.#live;
    const nowMs = Date.now();
    const before = state.job;
    const decision = schedule(state, event, nowMs);
    const { changes, effects } = decision;
    this.#store.write(changes);
    logChanges(state, changes);
    applyChanges(state, decision);
    this.#setAlarm();
    for (const effect of effects) this.#perform(state, effect);
    feed.add(state, changes, before, nowMs);
  }

  #perform(state: State, effect: Effect): void {
    if (effect.type === "send") {
      this.#sockets.send(effect.connectionId, effect.message);
    } else if (effect.type === "welcome") {
      const { type, connectionId, ...welcome } = effect;
      const { holderId } = welcome;
      this.#sockets.bind(connectionId, holderId);
      const isContributor = state.holders.get(holderId)?.role === "contributor";
      const job = isContributor ? contributorView(state) : jobView(state);
      const heartbeatMs = HEARTBEAT_SILENCE_MS;
      this.#sockets.send(connectionId, { type, ...welcome, job, heartbeatMs });
    } else if (effect.type === "call-server") {
      this.#callServer(state, effect.holderId);
    } else if (effect.type === "ban") {
      this.#sendError(effect.connectionId, "SENT_AWAY", effect.message);
      this.#sockets.close(effect.connectionId, 1008, "SENT_AWAY");
    } else {
      this.#outside.perform(state, effect);
    }
  }

  /** Each call has a token of its own: one that got lost opens the job for nobody else. */
  #callServer(state: State, holderId: string): void {
    const token = newToken();
    this.#live?.admission.addServer(hashToken(token));
    const { id: jobId, origin } = state.job;
    this.#outside.callServer({ type: "serve", jobId, origin, holderId, token });
  }

  #hello(connectionId: string, message: Hello): void {
    if (this.#live === null) return;
    const { token: _token, protocolVersion: _version, ...hello } = message;
    const admitted = this.#live.admission.admit(message, this.#live.state, Date.now());
    if ("refusal" in admitted) {
      this.#refuse(connectionId, admitted.refusal);
      return;
    }
    this.#dispatch({ type: "hello", connectionId, principal: admitted.principal, hello });
  }

  #liven(state: State, tokens: readonly TokenRecord[]): Live {
    const feed = new DeltaFeed(state, newsTo(this.#sockets, state));
    return { state, admission: new Admission(this.#store, tokens), feed };
  }

  #isOwner(token: string | null): boolean {
    return this.#live?.admission.isOwner(token) ?? false;
  }

  #refuse(connectionId: string, { code, message }: Refusal): void {
    this.#sendError(connectionId, code, message);
    this.#sockets.close(connectionId, 1008, code);
  }

  #sendError(connectionId: string, code: ErrorCode, message: string): void {
    this.#sockets.send(connectionId, { type: "error", code, message });
  }

  /** One alarm over the earliest deadline. A deadline that moved away is left to ring and be found moved. */
  #setAlarm(): void {
    if (this.#live === null) return;
    const guestsDueMs = this.#sockets.nextGuestDeadlineMs() ?? Number.POSITIVE_INFINITY;
    const earliest = Math.min(this.#live.state.dueMs, guestsDueMs);
    if (!Number.isFinite(earliest) || earliest >= (this.#alarmAtMs ?? Number.POSITIVE_INFINITY)) {
      return;
    }
    this.#alarmAtMs = earliest;
    void this.ctx.storage.setAlarm(earliest);
  }

  /** An hour after the end: the video plays from storage, and nothing of the job is left here. */
  async #forgetJob(): Promise<void> {
    if (this.#live === null || !hasEnded(this.#live.state.job.state)) return;
    this.#live.feed.stop();
    this.#live = null;
    this.#alarmAtMs = null;
    this.#sockets.closeAll(1000, "The job is over.");
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
  }
}

function refused(code: ErrorCode, message: string): Result<never> {
  return { ok: false, error: toWireError(new TributaryError(code, message)) };
}
