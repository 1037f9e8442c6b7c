import { DurableObject } from "cloudflare:workers";
import type { CoordinatorStatus } from "../../shared/coordinator-status.ts";
import {
  type ErrorCode,
  TributaryError,
  toWireError,
  type WireError,
} from "../../shared/errors.ts";
import type { JobPlan, JobSettings, JobState } from "../../shared/job.ts";
import {
  type CoordinatorMessage,
  HEARTBEAT_SILENCE_MS,
  type HolderMessage,
  holderMessageSchema,
  type JobStatus,
} from "../../shared/protocol.ts";
import { hashToken, newToken, tokensMatch } from "../auth.ts";
import { hasServers } from "../fallback/servers.ts";
import { log } from "../log.ts";
import { renderPlaylist } from "./chores.ts";
import { DeltaFeed } from "./delta-feed.ts";
import { logChanges } from "./event-log.ts";
import { Outside } from "./outside.ts";
import { applyChanges } from "./schedule/apply.ts";
import type { Effect } from "./schedule/draft.ts";
import { tasksNeedingSource } from "./schedule/staging.ts";
import { isEnded, isHeard, newState, type State } from "./schedule/state.ts";
import { type Event, schedule } from "./schedule.ts";
import { Sockets } from "./sockets.ts";
import { Store, type TokenRecord } from "./store.ts";
import { contributorView, coordinatorStatus, jobStatus, jobView } from "./view.ts";

/** Longer messages are not looked at. An offer of many segments has some hundred kB. */
const MAX_MESSAGE_CHARACTERS = 1_000_000;
/** An owner's or server's token, and what a stranger may say before it showed one. */
const MAX_HELLO_CHARACTERS = 40_000;

type Hello = Extract<HolderMessage, { type: "hello" }>;

interface Refusal {
  code: ErrorCode;
  message: string;
}

const UNKNOWN_TOKEN: Refusal = {
  code: "UNAUTHORIZED",
  message: "The token does not open this job.",
};
/** A job has this many contributor links at most. */
const MAX_LINKS = 20;
/** Contributors hear of the job this often, and when it turns. */
const CONTRIBUTOR_NEWS_MS = 10_000;

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
  tokens: TokenRecord[];
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
    if (this.#live === null) return;
    const record: TokenRecord = { hash, role: "server" };
    this.#store.addToken(record);
    this.#live.tokens.push(record);
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
    if (isEnded(live.state.job)) return refused("JOB_ENDED", "The job has ended.");
    this.#deleteTokens(live, ({ link }) => link !== undefined && link.expiresAtMs <= Date.now());
    if (live.tokens.length > MAX_LINKS)
      return refused("RATE_LIMITED", "Too many links; revoke some.");
    live.tokens.push(link);
    this.#store.putToken(link);
    return { ok: true, value: null };
  }

  /** All contributor links end, and who came by them goes. */
  async revokeShares(token: string | null): Promise<Result<null>> {
    const live = this.#live;
    if (live === null) return refused("JOB_NOT_FOUND", "There is no such job.");
    if (!this.#isOwner(token)) return refused("FORBIDDEN", "Only the job's owner may do this.");
    const principals = this.#deleteTokens(live, ({ role }) => role === "contributor");
    this.#dispatch({ type: "send-away", holderId: null, principals });
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
    const message = parseMessage(data, holderId === null);
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
      const { connectionId, holderId, adopted } = effect;
      this.#sockets.bind(connectionId, holderId);
      const isContributor = state.holders.get(holderId)?.role === "contributor";
      const job = isContributor ? contributorView(state) : jobView(state);
      const heartbeatMs = HEARTBEAT_SILENCE_MS;
      this.#sockets.send(connectionId, { type: "welcome", holderId, job, adopted, heartbeatMs });
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
    const record: TokenRecord = { hash: hashToken(token), role: "server" };
    this.#store.addToken(record);
    this.#live?.tokens.push(record);
    const { id: jobId, origin } = state.job;
    this.#outside.callServer({ type: "serve", jobId, origin, holderId, token });
  }

  #hello(connectionId: string, message: Hello): void {
    const { token, ...hello } = message;
    const record = this.#live?.tokens.find(({ hash }) => tokensMatch(token, hash));
    const isKnown = record !== undefined && record.role === hello.role;
    const refusal = isKnown ? this.#linkRefusal(record, hello.holderId) : UNKNOWN_TOKEN;
    if (record === undefined || refusal !== null) {
      const { code, message } = refusal ?? UNKNOWN_TOKEN;
      this.#sendError(connectionId, code, message);
      this.#sockets.close(connectionId, 1008, code);
      return;
    }
    this.#dispatch({ type: "hello", connectionId, principal: record.hash, hello });
  }

  /** Why a contributor link lets nobody (more) in; null when it does. */
  #linkRefusal({ hash, link }: TokenRecord, holderId: string): Refusal | null {
    if (link === undefined) return null;
    if (link.expiresAtMs <= Date.now()) {
      return { code: "LINK_EXPIRED", message: "The link is no longer valid." };
    }
    let others = 0;
    for (const { id, principal, connectionId } of this.#live?.state.holders.values() ?? []) {
      if (principal === hash && connectionId !== null && id !== holderId) others += 1;
    }
    if (others < link.maxContributors) return null;
    return { code: "LINK_FULL", message: "This video has all the helpers it can take." };
  }

  /** @returns their hashes */
  #deleteTokens(live: Live, which: (token: TokenRecord) => boolean): string[] {
    const gone = live.tokens.filter(which);
    live.tokens = live.tokens.filter((token) => !gone.includes(token));
    for (const { hash } of gone) this.#store.deleteToken(hash);
    return gone.map(({ hash }) => hash);
  }

  #liven(state: State, tokens: TokenRecord[]): Live {
    let toldAtMs = 0;
    let toldState = state.job.state;
    const feed = new DeltaFeed(state, (delta) => {
      const text = JSON.stringify({ type: "job", job: delta } satisfies CoordinatorMessage);
      const isNews = state.job.state !== toldState || Date.now() - toldAtMs >= CONTRIBUTOR_NEWS_MS;
      const { tasks: _tasks, holders: _holders, ...news } = delta;
      const newsText = JSON.stringify({ type: "job", job: news } satisfies CoordinatorMessage);
      for (const { connectionId, holderId } of this.#sockets.bound()) {
        const role = state.holders.get(holderId)?.role;
        // What others do is the owner's to see.
        if (role !== "contributor") this.#sockets.sendText(connectionId, text);
        else if (isNews) this.#sockets.sendText(connectionId, newsText);
      }
      if (!isNews) return;
      toldAtMs = Date.now();
      toldState = state.job.state;
    });
    return { state, tokens, feed };
  }

  #isOwner(token: string | null): boolean {
    const owners = this.#live?.tokens.filter(({ role }) => role === "owner") ?? [];
    return token !== null && owners.some(({ hash }) => tokensMatch(token, hash));
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
    if (this.#live === null || !isEnded(this.#live.state.job)) return;
    this.#live.feed.stop();
    this.#live = null;
    this.#alarmAtMs = null;
    this.#sockets.closeAll(1000, "The job is over.");
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
  }
}

/** Null for what is no message of a holder. */
function parseMessage(data: string | ArrayBuffer, isStranger: boolean): HolderMessage | null {
  const limit = isStranger ? MAX_HELLO_CHARACTERS : MAX_MESSAGE_CHARACTERS;
  if (typeof data !== "string" || data.length > limit) return null;
  let json: unknown;
  try {
    json = JSON.parse(data);
  } catch {
    return null;
  }
  const parsed = holderMessageSchema.safeParse(json);
  return parsed.success ? parsed.data : null;
}

function refused(code: ErrorCode, message: string): Result<never> {
  return { ok: false, error: toWireError(new TributaryError(code, message)) };
}
