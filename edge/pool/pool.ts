import { DurableObject } from "cloudflare:workers";
import {
  type ErrorCode,
  TributaryError,
  toWireError,
  type WireError,
} from "../../shared/job/errors.ts";
import { log } from "../../shared/log.ts";
import { parseJson } from "../../shared/wire/json.ts";
import {
  DEFAULT_POOL_RULES,
  type MemberMessage,
  memberMessageSchema,
  POOL_PROTOCOL_VERSION,
  type PoolFacts,
  type PoolOverview,
  type PoolPatch,
} from "../../shared/wire/pool.ts";
import { tokensMatch } from "../http/auth.ts";
import { openPoolTicket, PASS_LIFE_MS, sealPass } from "../http/pool-seals.ts";
import { isSignedBy, memberIdOf } from "./member-key.ts";
import { MemberSockets } from "./member-sockets.ts";
import type { JobReport, PoolEffect, Refusal } from "./model/messages.ts";
import { factsOf, overviewOf } from "./model/overview.ts";
import { PoolModel, REBALANCE_EVERY_MS } from "./model/pool-model.ts";
import type { LinkRecord } from "./model/records.ts";
import { changedRules } from "./model/rules.ts";
import { PoolState } from "./model/state.ts";
import { PoolStore } from "./pool-store.ts";

export interface NewPool {
  poolId: string;
  name: string;
  operatorTokenHash: string;
  rules: NonNullable<PoolPatch["rules"]>;
  origin: string;
  links: readonly LinkRecord[];
}

/** Result of a call. It is a plain object, because error classes do not survive RPC. */
export type PoolResult<T> = { ok: true; value: T } | { ok: false; error: WireError };

/** The most sockets at once, including those without a hello yet. */
const MOST_SOCKETS = 1_200;
/** The most characters of a message. The longest one is a hello. */
const MOST_CHARACTERS = 2_000;
const SAMPLE_EVERY_MS = 5 * 60_000;
const MOST_LINKS = 100;

/**
 * One pool: a thin shell around `PoolModel`. For each event the decision is made and stored, without an `await` in
 * between; its effects follow. No byte of a video and no task passes through it. Tasks are handled by the jobs'
 * coordinators.
 */
export class Pool extends DurableObject<Cloudflare.Env> {
  readonly #store: PoolStore;
  readonly #sockets: MemberSockets;
  #model: PoolModel | null = null;
  #isBalancing = false;
  #alarmAtMs: number | null = null;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    this.#store = new PoolStore(ctx.storage);
    this.#sockets = new MemberSockets(ctx);
    void ctx.blockConcurrencyWhile(async () => {
      this.#alarmAtMs = await ctx.storage.getAlarm();
      const state = this.#store.load();
      if (state === null) return;
      for (const [id, presence] of this.#sockets.presences()) state.present.set(id, presence);
      this.#model = new PoolModel(state);
    });
  }

  /** Creates the pool. An existing pool is not changed. */
  async create({ poolId, links, rules, ...facts }: NewPool): Promise<void> {
    if (this.#model !== null) return;
    const pool = {
      ...facts,
      id: poolId,
      createdAtMs: Date.now(),
      rules: changedRules(DEFAULT_POOL_RULES, rules),
    };
    const none = { links: [], members: [], jobs: [], owners: [], days: [] };
    const state = new PoolState({ pool, ...none });
    state.put("pool", pool);
    for (const link of links) state.put("link", link);
    this.#store.create();
    this.#model = new PoolModel(state);
    this.#decided([]);
    log("pool", { poolId, created: true });
  }

  /** Facts about the pool, for any of its tokens. */
  async facts(token: string): Promise<PoolResult<PoolFacts>> {
    const model = this.#model;
    if (model === null) return NOT_FOUND;
    const isOne = this.#isOperator(model, token) || this.#linkOf(model, token) !== undefined;
    return isOne ? { ok: true, value: factsOf(model.state) } : UNKNOWN_TOKEN;
  }

  async overview(token: string): Promise<PoolResult<PoolOverview>> {
    return this.#asOperator(token, (model) => overviewOf(model.state, Date.now()));
  }

  async change(token: string, { name, rules }: PoolPatch): Promise<PoolResult<PoolOverview>> {
    return this.#asOperator(token, (model) => {
      const { pool } = model.state;
      model.state.put("pool", {
        ...pool,
        name: name ?? pool.name,
        rules: changedRules(pool.rules, rules ?? {}),
      });
      this.#decided([]);
      return overviewOf(model.state, Date.now());
    });
  }

  async addLink(token: string, link: LinkRecord): Promise<PoolResult<null>> {
    if ((this.#model?.state.all("link").length ?? 0) >= MOST_LINKS) {
      return refused("RATE_LIMITED", "The pool has as many links as it may; end some.");
    }
    return this.#asOperator(token, (model) => {
      model.state.put("link", link);
      this.#decided([]);
      return null;
    });
  }

  async closeLink(token: string, linkId: string): Promise<PoolResult<null>> {
    return this.#asOperator(token, (model) => {
      this.#decided(model.closeLink(linkId, Date.now()));
      return null;
    });
  }

  async sendAway(token: string, memberId: string): Promise<PoolResult<null>> {
    return this.#asOperator(token, (model) => {
      this.#decided(model.sendAway(memberId, Date.now()));
      return null;
    });
  }

  /** Ends the pool. Its sockets are closed and its rows deleted. Jobs continue without it. */
  async end(token: string): Promise<PoolResult<null>> {
    const allowed = this.#asOperator(token, () => null);
    if (!allowed.ok) return allowed;
    this.#model = null;
    this.#alarmAtMs = null;
    this.#sockets.closeAll("The pool was closed.");
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
    return allowed;
  }

  /**
   * The id of the link with this token, by which members may join. Refused with POOL_NOT_FOUND, UNAUTHORIZED,
   * LINK_EXPIRED.
   */
  async identify(token: string): Promise<PoolResult<{ linkId: string }>> {
    const link = this.#openLink(token, "join");
    return link.ok ? { ok: true, value: { linkId: link.value.id } } : link;
  }

  /** Adds a new job that asks for help, with the token of a link for owners. */
  async ask(
    token: string,
    { jobId, title, owner }: { jobId: string; title: string; owner: string },
  ): Promise<PoolResult<{ name: string }>> {
    const link = this.#openLink(token, "ask");
    if (!link.ok || this.#model === null) return link.ok ? NOT_FOUND : link;
    const model = this.#model;
    const asked = { jobId, title, linkId: link.value.id, ownerId: `${link.value.id}-${owner}` };
    const refusal = model.ask(asked, Date.now());
    if (refusal !== null) return refused(refusal.code, refusal.message);
    this.#decided([]);
    return { ok: true, value: { name: model.state.pool.name } };
  }

  /**
   * Takes a report of a job's coordinator.
   * @returns members with work on the job that are banned for lies, and the number of servers that are lent to it
   */
  async report(report: JobReport): Promise<{ banned: string[]; servers: number }> {
    const model = this.#model;
    if (model === null) return { banned: [], servers: 0 };
    this.#decided(model.report(report, Date.now()));
    return { banned: model.liarsIn(report), servers: model.serversAt(report.jobId) };
  }

  /** Whether a member may still help with jobs that it has a pass for. False once the pool has ended. */
  async isMember(memberId: string): Promise<boolean> {
    return this.#model?.isMember(memberId) ?? false;
  }

  async withdraw(jobId: string): Promise<void> {
    this.#model?.withdraw(jobId, Date.now());
    this.#decided([]);
  }

  /** Opens a member's socket: `GET /api/pools/:id/socket?ticket=`. */
  override async fetch(request: Request): Promise<Response> {
    const nowMs = Date.now();
    const model = this.#model;
    if (model === null) return new Response(null, { status: 404 });
    const text = new URL(request.url).searchParams.get("ticket") ?? "";
    const poolId = model.state.pool.id;
    const ticket = openPoolTicket(this.env, text, poolId, nowMs);
    if (ticket === null) return new Response(null, { status: 401 });
    this.#sockets.closeGuests(nowMs);
    if (this.#sockets.count >= MOST_SOCKETS) return new Response(null, { status: 429 });
    const { response, attachment } = this.#sockets.accept(ticket.linkId, nowMs);
    const { connectionId, nonce } = attachment;
    this.#sockets.send(connectionId, { type: "challenge", nonce, poolId });
    this.#setAlarm();
    return response;
  }

  override async webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    const from = this.#sockets.of(socket);
    const model = this.#model;
    if (from === null || model === null) return;
    const { connectionId } = from;
    const isRead = typeof data === "string" && data.length <= MOST_CHARACTERS;
    const parsed = memberMessageSchema.safeParse(isRead ? parseJson(data) : undefined);
    if (!parsed.success) {
      const code = isOld(data) ? "PROTOCOL_OUTDATED" : "MESSAGE_INVALID";
      this.#refuse(connectionId, { code, message: "The message was not understood." });
    } else if (parsed.data.type === "hello") {
      await this.#hello(model, connectionId, from, parsed.data);
    } else {
      this.#decided(model.say(connectionId, parsed.data, Date.now()));
    }
  }

  override async webSocketClose(socket: WebSocket): Promise<void> {
    const from = this.#sockets.of(socket);
    if (from === null) return;
    this.#sockets.close(from.connectionId, 1000, "");
    this.#model?.gone(from.connectionId, Date.now());
    this.#decided([]);
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    await this.webSocketClose(socket);
  }

  override async alarm(): Promise<void> {
    this.#alarmAtMs = null;
    this.#model?.sample(Date.now());
    this.#decided([]);
  }

  async #hello(
    model: PoolModel,
    connectionId: string,
    { linkId, nonce, presence }: { linkId: string; nonce: string; presence: object | null },
    hello: Extract<MemberMessage, { type: "hello" }>,
  ): Promise<void> {
    if (presence !== null) return;
    if (hello.protocolVersion !== POOL_PROTOCOL_VERSION) {
      const isOlder = hello.protocolVersion < POOL_PROTOCOL_VERSION;
      this.#refuse(connectionId, isOlder ? OUTDATED : UNKNOWN_VERSION);
      return;
    }
    if (!(await isSignedBy(hello, { poolId: model.state.pool.id, nonce }))) {
      this.#refuse(connectionId, { code: "UNAUTHORIZED", message: "The signature is wrong." });
      return;
    }
    const memberId = memberIdOf(hello.publicKey);
    const { name, device, engines, slots, rests, jobId } = hello;
    const about = { name, device, engines, slots, rests, jobId };
    const refusal = model.arrive({ connectionId, memberId, linkId, ...about }, Date.now());
    if (refusal !== null) {
      this.#refuse(connectionId, refusal);
      return;
    }
    const poolName = model.state.pool.name;
    const given = model.given(memberId);
    this.#decided([
      { type: "send", connectionId, message: { type: "welcome", memberId, poolName, given } },
    ]);
  }

  /** Stores the changes, carries out the effects, and plans a new assignment of members. */
  #decided(effects: readonly PoolEffect[]): void {
    const model = this.#model;
    if (model === null) return;
    this.#store.write(model.state.takeChanges());
    // Effects come first, so that a member whose socket is closed next gets the reason.
    for (const effect of effects) this.#perform(model, effect);
    this.#sockets.keep(model.state.present);
    this.#setAlarm();
    if (this.#isBalancing) return;
    this.#isBalancing = true;
    setTimeout(() => this.#rebalance(), REBALANCE_EVERY_MS);
  }

  #rebalance(): void {
    this.#isBalancing = false;
    const model = this.#model;
    if (model === null) return;
    const effects = model.rebalance(Date.now());
    this.#store.write(model.state.takeChanges());
    this.#sockets.keep(model.state.present);
    for (const effect of effects) this.#perform(model, effect);
  }

  #perform({ state }: PoolModel, effect: PoolEffect): void {
    switch (effect.type) {
      case "send":
        this.#sockets.send(effect.connectionId, effect.message);
        return;
      case "assign":
      case "pass": {
        const { type, connectionId, title } = effect;
        const passEndsAtMs = Date.now() + PASS_LIFE_MS;
        const pass = sealPass(this.env, { ...effect.pass, expiresAtMs: passEndsAtMs });
        const { jobId } = effect.pass;
        const more = type === "assign" ? { type, title } : { type };
        this.#sockets.send(connectionId, { ...more, jobId, pass, passEndsAtMs });
        return;
      }
      case "close":
        this.#refuse(effect.connectionId, effect.reason);
        return;
      case "ban":
      case "dismiss": {
        const { type, jobId, memberId } = effect;
        const coordinator = this.env.COORDINATOR.getByName(jobId);
        // If a ban is lost, the answer to the job's next report repeats it.
        const told =
          type === "ban" ? coordinator.banFromPool(memberId) : coordinator.dismissMember(memberId);
        told.catch((thrown: unknown) => {
          log("pool", { poolId: state.pool.id, jobId, failed: String(thrown) });
        });
      }
    }
  }

  #refuse(connectionId: string, { code, message }: Refusal): void {
    this.#sockets.send(connectionId, { type: "error", code, message });
    this.#sockets.close(connectionId, 1008, code);
  }

  #asOperator<T>(token: string, act: (model: PoolModel) => T): PoolResult<T> {
    const model = this.#model;
    if (model === null) return NOT_FOUND;
    if (this.#isOperator(model, token)) return { ok: true, value: act(model) };
    return refused("FORBIDDEN", "Only the pool's operator may do this.");
  }

  #isOperator({ state }: PoolModel, token: string): boolean {
    return tokensMatch(token, state.pool.operatorTokenHash);
  }

  #linkOf({ state }: PoolModel, token: string): LinkRecord | undefined {
    return state.all("link").find(({ tokenHash }) => tokensMatch(token, tokenHash));
  }

  #openLink(token: string, kind: LinkRecord["kind"]): PoolResult<LinkRecord> {
    const model = this.#model;
    if (model === null) return NOT_FOUND;
    const link = this.#linkOf(model, token);
    if (link?.kind !== kind) return UNKNOWN_TOKEN;
    if (!link.isClosed && link.expiresAtMs > Date.now()) return { ok: true, value: link };
    return refused("LINK_EXPIRED", "The link is no longer valid.");
  }

  /** Sets the one alarm, for sockets without a hello, and for a sample every five minutes while any socket is open. */
  #setAlarm(): void {
    const nowMs = Date.now();
    const guestsMs = this.#sockets.closeGuests(nowMs);
    const isUsed = this.#model !== null && this.#sockets.count > 0;
    const earliest = Math.min(guestsMs ?? NEVER, isUsed ? nowMs + SAMPLE_EVERY_MS : NEVER);
    if (earliest === NEVER || (this.#alarmAtMs !== null && this.#alarmAtMs <= earliest)) return;
    this.#alarmAtMs = earliest;
    void this.ctx.storage.setAlarm(earliest);
  }
}

const NEVER = Number.POSITIVE_INFINITY;
const OUTDATED: Refusal = {
  code: "PROTOCOL_OUTDATED",
  message: "This page or program is too old for the server: load its current version.",
};
const UNKNOWN_VERSION: Refusal = {
  code: "PROTOCOL_UNKNOWN",
  message: "This page or program is newer than the server: try again in a few minutes.",
};

/** Whether an invalid message is a hello. It may come from another version, with other fields. */
function isOld(data: string | ArrayBuffer): boolean {
  const said = typeof data === "string" ? parseJson(data) : undefined;
  return typeof said === "object" && said !== null && "type" in said && said.type === "hello";
}

function refused(code: ErrorCode, message: string): { ok: false; error: WireError } {
  return { ok: false, error: toWireError(new TributaryError(code, message)) };
}

const NOT_FOUND = refused("POOL_NOT_FOUND", "There is no such pool.");
const UNKNOWN_TOKEN = refused("UNAUTHORIZED", "The token does not open this pool.");
