import { DurableObject } from "cloudflare:workers";
import {
  ERROR_CODES,
  type ErrorCode,
  TributaryError,
  toWireError,
  type WireError,
} from "../../shared/job/errors.ts";
import { hasEnded, type JobPlan, type JobSettings, type JobState } from "../../shared/job/job.ts";
import { log } from "../../shared/log.ts";
import type { ReceivedTexts, SentTexts } from "../../shared/wire/http-socket.ts";
import type { CoordinatorStatus, JobStatus } from "../../shared/wire/job-status.ts";
import type { Reason } from "../../shared/wire/problem.ts";
import { newToken } from "../http/auth.ts";
import { openPass } from "../http/pool-seals.ts";
import { openTicket, type SocketTicket } from "../http/socket-ticket.ts";
import { hasServers } from "../servers/servers.ts";
import type { Refusal, Speaker } from "./admission.ts";
import { MOST_CONTRIBUTOR_SOCKETS, mostSockets } from "./budgets.ts";
import { EventStreams, type Listener } from "./event-streams.ts";
import { HttpConnections } from "./http-connections.ts";
import { networkOf } from "./identity.ts";
import { LateSweep } from "./late-sweep.ts";
import { LiveJob } from "./live-job.ts";
import { renderPlaylist } from "./playlists.ts";
import { tasksNeedingSource } from "./schedule/staging.ts";
import { isHeard, type JobRecord } from "./schedule/state/records.ts";
import { newState, type State } from "./schedule/state/state.ts";
import { type Caller, Sockets } from "./sockets.ts";
import { Store } from "./store.ts";
import type { TokenRecord } from "./stored-rows.ts";
import { ownerStatus } from "./view.ts";

export interface NewJob {
  jobId: string;
  plan: JobPlan;
  ownerTokenHash: string;
  /** Default: DEFAULT_JOB_SETTINGS. */
  settings?: JobSettings;
  /** Default: null, for a title that follows from the file's name. */
  title?: string | null;
  /** The pool that the job was announced to. Default: none. */
  pool?: JobRecord["pool"];
  /** Origin of the site at which the job was created. */
  origin: string;
  /** Hashes of the tokens of servers that have the source. */
  serverTokenHashes?: readonly string[];
}

/** A short status of a job, for its source job. */
export interface JobStanding {
  state: JobState;
  error: Reason | null;
  /** Whether a connected holder has the source, and so can cut every chunk. */
  hasSource: boolean;
  tasksNeedingSource: number;
}

/** A request to open a connection. */
export interface SocketCall {
  ticket: string;
  /** URL of the request. Presigned URLs get its host. */
  url: string;
  /** The client's address, as the edge sees it. */
  address: string | null;
}

/** Result of a call. It is a plain object, because error classes do not survive RPC. */
export type Result<T> = { ok: true; value: T } | { ok: false; error: WireError };

/**
 * One job's coordinator: a thin shell around `schedule`. For each event the decision is made, stored and applied,
 * without an `await` in between; its effects follow. The object may be evicted at any point. No byte of a video passes
 * through it.
 */
export class Coordinator extends DurableObject<Cloudflare.Env> {
  readonly #store: Store;
  readonly #sockets: Sockets;
  readonly #httpConnections: HttpConnections;
  readonly #streams = new EventStreams();
  readonly #sweep: LateSweep;
  #live: LiveJob | null = null;
  /**
   * Time of the alarm that is set; null: none. An alarm that is too late is moved forward; one that is too early may
   * ring.
   */
  #alarmAtMs: number | null = null;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    this.#store = new Store(ctx.storage);
    this.#sockets = new Sockets(ctx);
    this.#httpConnections = new HttpConnections(this.#sockets, {
      mayAsk: (from) => this.#live?.mayStillSpeak(from, 0) ?? false,
      receive: (from, text) => this.#live?.receive(from, text),
      closed: (connectionId) => this.#closed(connectionId),
    });
    this.#sweep = new LateSweep(ctx, env.MEDIA);
    void ctx.blockConcurrencyWhile(async () => {
      this.#alarmAtMs = await ctx.storage.getAlarm();
      const loaded = this.#store.load();
      if (loaded === null) return;
      this.#live = this.#liven(loaded.state, loaded.tokens);
      this.#live.resume();
    });
  }

  /** Creates the job. An existing job is not changed. */
  async create(job: NewJob): Promise<void> {
    if (this.#live !== null) return;
    const { jobId, plan, ownerTokenHash, serverTokenHashes = [], ...more } = job;
    const state = newState(jobId, plan, Date.now(), {
      ...more,
      hasServers: hasServers(this.env),
      seed: newToken(),
    });
    const tokens: TokenRecord[] = [
      { hash: ownerTokenHash, role: "owner" },
      ...serverTokenHashes.map((hash) => ({ hash, role: "server" as const })),
    ];
    this.#sweep.forget();
    this.#store.create(plan, state.job, tokens);
    this.#live = this.#liven(state, tokens);
    log("job", { jobId, state: state.job.state, tasks: plan.tasks.length });
    this.#live?.dispatch({ type: "tick" });
  }

  /** The job's status; null where there is no job (any more). A wrong token gets the public view. */
  async status(token: string | null, asOperator = false): Promise<JobStatus | null> {
    const live = this.#live;
    if (live === null) return null;
    const seesAll = asOperator || live.admission.isOwner(token);
    return seesAll ? ownerStatus(live.state) : live.views.status(Date.now());
  }

  async summary(): Promise<CoordinatorStatus | null> {
    return this.#live?.views.counts(Date.now()) ?? null;
  }

  /**
   * As `summary`, for an event stream, which asks every second.
   * @returns RATE_LIMITED where there are too many streams for a new one
   */
  async streamed(id: string, listener: Listener): Promise<Result<CoordinatorStatus | null>> {
    if (!this.#streams.admits(id, listener, Date.now())) {
      return refused("RATE_LIMITED", "Too many event streams are open on this job.");
    }
    return { ok: true, value: await this.summary() };
  }

  async streamEnded(id: string): Promise<void> {
    this.#streams.close(id);
  }

  /** Cancels the job. A job that has ended is not changed. */
  async cancel(token: string | null, asOperator = false): Promise<Result<null>> {
    const cancel = (live: LiveJob) => {
      live.dispatch({ type: "cancel" });
      return null;
    };
    return this.#asOwner(token, cancel, asOperator);
  }

  /**
   * Forgets an ended job before its hour is over, because its video is being deleted. Uploads that still arrive are
   * deleted an hour later.
   * @returns false, changing nothing, while the job still runs
   */
  async forget(videoId: string): Promise<boolean> {
    const live = this.#live;
    if (live !== null && !hasEnded(live.state.job.state)) return false;
    await this.#forgetJob();
    // Waits for effects under way, which may still write objects. The caller deletes the objects after that.
    await live?.settled();
    this.#alarmAtMs = this.#sweep.plan(videoId, Date.now());
    return true;
  }

  /** Changes the title that helpers see. Does nothing where there is no job (any more). */
  async retitle(title: string | null): Promise<void> {
    this.#live?.dispatch({ type: "titled", title });
  }

  /** A short status for the source job; null where there is no job (any more). */
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

  /** Adds the hash of a token that admits servers. */
  async admitServer(hash: string): Promise<void> {
    this.#live?.admission.addServer(hash);
  }

  /** To be called when a call for a server has reached the dead letter queue. */
  async serverGivenUp(holderId: string): Promise<void> {
    this.#live?.dispatch({ type: "server-given-up", holderId });
  }

  /**
   * Adds a contributor link, by the hash of its token. Expired links are deleted first. Refused with JOB_ENDED,
   * FORBIDDEN, RATE_LIMITED.
   */
  async share(token: string | null, link: TokenRecord): Promise<Result<null>> {
    return this.#asOwner(token, ({ state, admission }) => {
      if (!hasEnded(state.job.state)) return admission.addLink(link, Date.now());
      return { code: "JOB_ENDED", message: "The job has ended." };
    });
  }

  /** Ends all contributor links, and removes the contributors that joined by them. */
  async revokeShares(token: string | null): Promise<Result<null>> {
    return this.#asOwner(token, (live) => {
      const principals = live.admission.revokeLinks();
      live.dispatch({ type: "send-away", holderId: null, principals });
    });
  }

  async removeContributor(token: string | null, holderId: string): Promise<Result<null>> {
    return this.#asOwner(token, (live) => {
      live.dispatch({ type: "send-away", holderId, principals: [] });
    });
  }

  /**
   * A playlist in its present state; null until all renditions have their first segment.
   * @param path below the job's folder: "master.m3u8", "v480/playlist.m3u8"
   */
  async playlist(path: string): Promise<string | null> {
    if (this.#live === null) return null;
    const { state } = this.#live;
    if (state.job.firstPlayableAtMs === null || state.job.state === "cancelled") return null;
    return renderPlaylist(state, path);
  }

  /** Bans a member of the pool that lied in this or another job. What it made in this job is made again. */
  async banFromPool(memberId: string): Promise<void> {
    this.#live?.dispatch({ type: "pool-ban", memberId });
  }

  /** Removes a machine that has left the pool. */
  async dismissMember(memberId: string): Promise<void> {
    this.#live?.dispatch({ type: "pool-dismiss", memberId });
  }

  /**
   * To be called when the video has become private. The pool is dropped unless the owner agreed to share private
   * videos.
   */
  async becamePrivate(): Promise<void> {
    const live = this.#live;
    const pool = live?.state.job.pool ?? null;
    if (live === null || pool === null || pool.sharePrivate) return;
    live.leavePool();
  }

  /** The identity behind a token. Refused with JOB_NOT_FOUND, UNAUTHORIZED, LINK_EXPIRED. */
  async identify(token: string): Promise<Result<Speaker>> {
    const live = this.#live;
    if (live === null) return refused("JOB_NOT_FOUND", "There is no such job.");
    const pass = openPass(this.env, token, live.state.job.id);
    const isOfPool = pass !== null && pass.poolId === live.state.job.pool?.id;
    // The pass may outlast its member, which can be banned, and its link and pool, which can be ended.
    if (isOfPool && !(await this.env.POOL.getByName(pass.poolId).isMember(pass.memberId))) {
      return refused("UNAUTHORIZED", "The pool does not let this device help any more.");
    }
    const identified = isOfPool
      ? live.admission.identifyMember(pass, Date.now())
      : live.admission.identify(token, Date.now());
    if (!("refusal" in identified)) return { ok: true, value: identified };
    return refused(identified.refusal.code, identified.refusal.message);
  }

  /** Opens a holder's socket: `GET /api/jobs/:id/socket?ticket=`. */
  override async fetch(request: Request): Promise<Response> {
    // Cloudflare sets this header, and overwrites what a client sends.
    const address = request.headers.get("cf-connecting-ip");
    const ticket = new URL(request.url).searchParams.get("ticket") ?? "";
    const nowMs = Date.now();
    const caller = this.#admitCaller({ ticket, url: request.url, address }, nowMs);
    if (!caller.ok) return new Response(null, { status: ERROR_CODES[caller.error.code].status });
    const response = this.#sockets.accept(caller.value, nowMs);
    this.#setAlarm();
    return response;
  }

  /**
   * Opens a socket over HTTP requests. Refused with JOB_NOT_FOUND, UNAUTHORIZED, RATE_LIMITED.
   * @returns the id of the connection
   */
  async openHttpSocket(call: SocketCall): Promise<Result<string>> {
    const nowMs = Date.now();
    const caller = this.#admitCaller(call, nowMs);
    if (!caller.ok) return caller;
    const connectionId = this.#httpConnections.open(caller.value, nowMs);
    this.#setAlarm();
    return { ok: true, value: connectionId };
  }

  /**
   * Takes texts from a holder. False where there is no such connection (any more), or texts before these are missing.
   */
  async receiveTexts(connectionId: string, sent: SentTexts): Promise<boolean> {
    return this.#httpConnections.send(connectionId, sent);
  }

  /**
   * Resolves with the texts for a holder once there are any, or after some seconds. Null where there is no such
   * connection (any more).
   */
  async textsFor(connectionId: string, have: number): Promise<ReceivedTexts | null> {
    return this.#httpConnections.receive(connectionId, have);
  }

  async closeHttpSocket(connectionId: string): Promise<void> {
    this.#httpConnections.hangUp(connectionId);
  }

  /** Whether a caller may open a connection, by WebSocket or by HTTP requests. */
  #admitCaller({ ticket: text, url, address }: SocketCall, nowMs: number): Result<Caller> {
    const live = this.#live;
    if (live === null) return refused("JOB_NOT_FOUND", "There is no such job.");
    const { id, origin: ofJob, seed } = live.state.job;
    const ticket = openTicket(this.env, text, id, nowMs);
    const maxContributors = ticket && live.admission.mostContributors(ticket.principal);
    if (ticket === null || maxContributors === null) {
      return refused("UNAUTHORIZED", "The token no longer opens this job.");
    }
    this.#sockets.closeGuests(nowMs);
    if (!this.#hasRoomFor(ticket, maxContributors)) {
      return refused("RATE_LIMITED", "Too many sockets.");
    }
    const { host, protocol } = new URL(url);
    // A local server that serves https forwards sockets as http, so the scheme is taken from the job's origin.
    const origin = `${URL.parse(ofJob)?.protocol ?? protocol}//${host}`;
    const { principal, role, member } = ticket;
    const network = networkOf(address, seed);
    return { ok: true, value: { origin, network, principal, role, member } };
  }

  #hasRoomFor({ principal, role }: SocketTicket, maxContributors: number): boolean {
    if (this.#sockets.count({ principal }) >= mostSockets(role, maxContributors)) return false;
    return role !== "contributor" || this.#sockets.count({ role }) < MOST_CONTRIBUTOR_SOCKETS;
  }

  override async webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    const attachment = this.#sockets.attachmentOf(this.#sockets.idOf(socket));
    if (attachment === null || this.#live === null) return;
    this.#live.receive(attachment, data);
  }

  override async webSocketClose(socket: WebSocket): Promise<void> {
    const connectionId = this.#sockets.idOf(socket);
    if (this.#sockets.forget(connectionId)) this.#closed(connectionId);
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    await this.webSocketClose(socket);
  }

  #closed(connectionId: string): void {
    this.#live?.dispatch({ type: "closed", connectionId });
  }

  /** Alarms may ring more than once, and up to a minute late. `tick` does whatever is due. */
  override async alarm(): Promise<void> {
    this.#alarmAtMs = null;
    this.#sockets.closeGuests(Date.now());
    if (this.#live === null) await this.#sweep.run(Date.now());
    else this.#live.dispatch({ type: "tick" });
  }

  #liven(state: State, tokens: readonly TokenRecord[]): LiveJob {
    return new LiveJob(state, tokens, {
      env: this.env,
      gate: this.ctx.exports.Gate,
      store: this.#store,
      sockets: this.#sockets,
      decided: () => this.#setAlarm(),
      cleaned: () => this.#forgetJob(),
    });
  }

  /** @param act returns why it did nothing, or null or undefined if it succeeded */
  #asOwner(
    token: string | null,
    act: (live: LiveJob) => Refusal | null | undefined,
    isOperator = false,
  ): Result<null> {
    const live = this.#live;
    if (live === null) return refused("JOB_NOT_FOUND", "There is no such job.");
    if (!isOperator && !live.admission.isOwner(token)) {
      return refused("FORBIDDEN", "Only the job's owner may do this.");
    }
    const refusal = act(live) ?? null;
    return refusal === null ? { ok: true, value: null } : refused(refusal.code, refusal.message);
  }

  /**
   * Sets the one alarm to the earliest deadline. When a deadline moves to a later time, the alarm stays and rings
   * early.
   */
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

  /** Called an hour after the end. The video plays from storage, and this object's storage is emptied. */
  async #forgetJob(): Promise<void> {
    if (this.#live === null || !hasEnded(this.#live.state.job.state)) return;
    this.#live.stop();
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
