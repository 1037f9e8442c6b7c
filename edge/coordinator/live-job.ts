import { REAL_CLOCK } from "../../shared/clock.ts";
import type { ErrorCode } from "../../shared/job/errors.ts";
import { log } from "../../shared/log.ts";
import type { HolderMessage } from "../../shared/wire/holder-messages.ts";
import { hashToken, newToken } from "../http/auth.ts";
import type { JobReport } from "../pool/model/messages.ts";
import { Admission, type Refusal } from "./admission.ts";
import { MessageBudgets } from "./budgets.ts";
import { DeltaFeed } from "./delta-feed.ts";
import { Effects, type GateService } from "./effects.ts";
import { logChanges } from "./event-log.ts";
import { parseHolderMessage, versionRefusal } from "./holder-message.ts";
import { newsTo } from "./job-news.ts";
import { PoolFeed } from "./pool/pool-feed.ts";
import { PublicViews } from "./public-views.ts";
import { type Event, schedule } from "./schedule/schedule.ts";
import { applyChanges } from "./schedule/state/apply.ts";
import type { Effect } from "./schedule/state/effect.ts";
import type { State } from "./schedule/state/state.ts";
import type { Attachment, Sockets } from "./sockets.ts";
import type { Store } from "./store.ts";
import type { TokenRecord } from "./stored-rows.ts";
import { contributorView, jobView } from "./view.ts";

interface Platform {
  env: Cloudflare.Env;
  gate: GateService;
  store: Store;
  sockets: Sockets;
  /** Called after each event, before its effects. The next deadline may have changed. */
  decided(): void;
  /** Called when the job's objects are deleted. The coordinator's own storage follows. */
  cleaned(): Promise<void>;
}

/** The most attempts to report to the pool that the job is over. */
const MOST_REPORTS = 5;

/** A random number in [0, 1), from the platform's cryptographic generator. */
function unforeseen(): number {
  const [bits = 0] = crypto.getRandomValues(new Uint32Array(1));
  return bits / 2 ** 32;
}

/** A job in memory: its state, and the execution of its events. */
export class LiveJob {
  readonly state: State;
  readonly admission: Admission;
  readonly views: PublicViews;
  readonly #budgets = new MessageBudgets();
  readonly #feed: DeltaFeed;
  readonly #effects: Effects;
  #poolFeed: PoolFeed | null = null;
  readonly #platform: Platform;
  #isOver = false;

  /** @param tokens the stored tokens */
  constructor(state: State, tokens: readonly TokenRecord[], platform: Platform) {
    const { env, gate, store, sockets } = platform;
    this.state = state;
    this.admission = new Admission(store, tokens);
    this.views = new PublicViews(state);
    this.#platform = platform;
    this.#feed = new DeltaFeed(state, newsTo(sockets, state));
    this.#effects = new Effects(env, gate, {
      send: (connectionId, message) => sockets.send(connectionId, message),
      originOf: (connectionId) => sockets.originOf(connectionId),
      report: (event) => this.dispatch(event),
      cleaned: platform.cleaned,
    });
    if (state.job.pool !== null) {
      this.#poolFeed = new PoolFeed(state, {
        clock: { ...REAL_CLOCK, nowMs: () => Date.now() },
        send: (report) => this.#tellPool(report),
      });
    }
  }

  /** To be called after an eviction. The sockets have survived. Everything else that was under way is lost. */
  resume(): void {
    this.#feed.addAll(this.state);
    const connectionIds = this.#platform.sockets.bound().map(({ connectionId }) => connectionId);
    this.dispatch({ type: "resume", connectionIds });
  }

  /** Stops the job in memory. Effects that are still under way change nothing after this. */
  stop(): void {
    this.#isOver = true;
    this.#feed.stop();
    this.#poolFeed?.stop();
  }

  /** Ends the pool's help with this job. */
  leavePool(): void {
    const { pool, id } = this.state.job;
    if (pool === null) return;
    this.#poolFeed?.stop();
    this.#poolFeed = null;
    this.admission.revokePool();
    this.dispatch({ type: "pool-left" });
    this.#platform.env.POOL.getByName(pool.id)
      .withdraw(id)
      .catch((thrown: unknown) => log("pool", { jobId: id, failed: String(thrown) }));
  }

  /** Resolves once no effect is under way. */
  settled(): Promise<void> {
    return this.#effects.settled();
  }

  /** Decides and applies an event. Everything up to the effects is synchronous, so no other event can interrupt it. */
  dispatch(event: Event): void {
    if (this.#isOver) return;
    const { state } = this;
    const nowMs = Date.now();
    const before = state.job;
    const decision = schedule(state, event, nowMs, unforeseen);
    const { changes, effects } = decision;
    this.#platform.store.write(changes);
    logChanges(state, changes);
    applyChanges(state, decision);
    this.#platform.decided();
    for (const effect of effects) this.#perform(effect);
    this.#feed.add(state, changes, before, nowMs);
    this.#poolFeed?.add(changes);
  }

  /** Takes a message from a holder's socket. A message that exceeds its sender's budget is not parsed. */
  receive(from: Attachment, data: string | ArrayBuffer): void {
    const { connectionId, holderId } = from;
    if (!this.mayStillSpeak(from, typeof data === "string" ? data.length : data.byteLength)) return;
    const refusal = holderId === null ? versionRefusal(data) : null;
    if (refusal !== null) {
      this.#refuse(connectionId, refusal);
      return;
    }
    const message = parseHolderMessage(data, holderId === null);
    if (message === null) {
      this.#sendError(connectionId, "MESSAGE_INVALID", "The message was not understood.");
    } else if (holderId !== null) {
      this.dispatch({ type: "message", connectionId, holderId, message });
    } else if (message.type === "hello") {
      this.#hello(from, message);
    } else {
      this.#sendError(connectionId, "UNAUTHORIZED", "Say hello first.");
    }
  }

  /**
   * Takes one message of `size` characters from the sender's budget. Returns false and closes the connection where the
   * budget is used up.
   */
  mayStillSpeak({ connectionId, holderId, principal, role }: Attachment, size: number): boolean {
    const member = holderId ?? connectionId;
    const maxContributors = this.admission.mostContributors(principal) ?? 0;
    const sender = { principal, role, member, maxContributors };
    if (this.#budgets.take(sender, size, Date.now())) return true;
    const message = "Too many messages; the connection may be opened again.";
    this.#refuse(connectionId, { code: "RATE_LIMITED", message });
    this.dispatch({ type: "closed", connectionId });
    return false;
  }

  #hello(
    { connectionId, principal, network, member }: Attachment,
    message: Extract<HolderMessage, { type: "hello" }>,
  ): void {
    const { protocolVersion: _version, holderId: secret, ...said } = message;
    // A pool member's identity comes from its pass, not from the name that it sends.
    const name = member === null ? secret : `pool member ${member.memberId}`;
    const claim = { principal, role: said.role, name };
    const admitted = this.admission.admit(claim, this.state, Date.now());
    if ("refusal" in admitted) {
      this.#refuse(connectionId, admitted.refusal);
      return;
    }
    const hello = { ...said, holderId: admitted.holderId };
    this.dispatch({ type: "hello", connectionId, principal, network, hello, member });
  }

  /** Reports to the pool. Each report is complete, so a lost one does no harm. Only the last one is repeated. */
  #tellPool(report: JobReport, attempt = 1): void {
    const { pool, id: jobId } = this.state.job;
    if (pool === null) return;
    this.#platform.env.POOL.getByName(pool.id)
      .report(report)
      .then(({ banned, servers }) => {
        if (servers !== this.state.job.lentServers)
          this.dispatch({ type: "pool-servers", servers });
        for (const memberId of banned) this.dispatch({ type: "pool-ban", memberId });
      })
      .catch((thrown: unknown) => {
        log("pool", { jobId, failed: String(thrown), attempt });
        if (!report.hasEnded || attempt >= MOST_REPORTS) return;
        setTimeout(() => this.#tellPool(report, attempt + 1), attempt * 5_000);
      });
  }

  #perform(effect: Effect): void {
    const { state } = this;
    if (effect.type === "send") {
      this.#platform.sockets.send(effect.connectionId, effect.message);
    } else if (effect.type === "welcome") {
      const { type, connectionId, ...welcome } = effect;
      const { holderId } = welcome;
      this.#platform.sockets.bind(connectionId, holderId);
      const isContributor = state.holders.get(holderId)?.role === "contributor";
      const job = isContributor ? contributorView(state) : jobView(state);
      this.#platform.sockets.send(connectionId, { type, ...welcome, job });
    } else if (effect.type === "call-server") {
      this.#callServer(effect.holderId);
    } else if (effect.type === "ban") {
      this.#sendError(effect.connectionId, "SENT_AWAY", effect.message);
      this.#platform.sockets.close(effect.connectionId, 1008, "SENT_AWAY");
    } else {
      this.#effects.perform(state, effect);
    }
  }

  /** Calls a server. Each call has its own token, so that a token from a lost call admits nobody else. */
  #callServer(holderId: string): void {
    const token = newToken();
    this.admission.addServer(hashToken(token), holderId);
    const { id: jobId, origin } = this.state.job;
    this.#effects.callServer({ type: "serve", jobId, origin, holderId, token });
  }

  #refuse(connectionId: string, { code, message }: Refusal): void {
    this.#sendError(connectionId, code, message);
    this.#platform.sockets.close(connectionId, 1008, code);
  }

  #sendError(connectionId: string, code: ErrorCode, message: string): void {
    this.#platform.sockets.send(connectionId, { type: "error", code, message });
  }
}
