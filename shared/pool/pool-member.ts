import { type Clock, Timer } from "../clock.ts";
import type { WireSocket } from "../holder/job-socket.ts";
import { type ErrorCode, TributaryError, toWireError } from "../job/errors.ts";
import { callBackoffMs } from "../retry.ts";
import { parseJson } from "../wire/json.ts";
import {
  type Given,
  type MemberMessage,
  POOL_PROTOCOL_VERSION,
  type PoolMessage,
  poolMessageSchema,
  type RestReason,
  signedText,
} from "../wire/pool.ts";
import { type JobSession, MemberSessions } from "./member-sessions.ts";

/** Errors after which this member does not connect to the pool again. */
const FINAL: readonly ErrorCode[] = [
  "UNAUTHORIZED",
  "FORBIDDEN",
  "POOL_NOT_FOUND",
  "LINK_EXPIRED",
  "SENT_AWAY",
  "POOL_ELSEWHERE",
  "PROTOCOL_OUTDATED",
];
const PING_EVERY_MS = 20_000;
const SILENT_MS = 50_000;
/** A pass is renewed this long before it expires. */
const RENEW_BEFORE_MS = 10 * 60_000;

type Hello = Extract<MemberMessage, { type: "hello" }>;

/** An ECDSA key pair (P-256) that a machine keeps. */
export interface MemberKey {
  /** SPKI in base64url. */
  publicKey: string;
  /** @returns the signature over the SHA-256 of the text: r and s (IEEE P1363) in base64url */
  sign(text: string): Promise<string>;
}

/** A job that a member helps with, as its session needs it. */
export interface JobHelp {
  jobId: string;
  title: string;
  /** The current pass. Passes expire and are renewed. */
  pass(): string;
  /** To be called when the session's leases have changed. */
  onChange(): void;
  /** To be called when the job is over (null), or excludes this member (the error's code). */
  onEnd(code: ErrorCode | null): void;
}

export interface PoolMemberOptions<S extends JobSession> {
  identity: Pick<Hello, "name" | "device" | "engines">;
  key: MemberKey;
  slots: number;
  clock: Clock;
  ticket(signal: AbortSignal): Promise<string>;
  connect(ticket: string): WireSocket;
  /** Begins to help with a job, with this many encoders. */
  open(help: JobHelp, slots: number): S;
  /** Called when a session is over, so that the caller can keep its totals. */
  onClosed?(session: S): void;
  /** Called when a property of the member has changed; never before the constructor returns. */
  onChange?(): void;
}

/** A member of a pool: a socket that reconnects, and the work for one job after another. */
export class PoolMember<S extends JobSession> {
  readonly #options: PoolMemberOptions<S>;
  readonly #sessions: MemberSessions<S>;
  readonly #passes = new Map<string, string>();
  readonly #titles = new Map<string, string>();
  readonly #retry: Timer;
  readonly #ping: Timer;
  readonly #renew: Timer;
  readonly #later: Timer;
  readonly #stopped = new AbortController();
  #socket: WireSocket | null = null;
  #failures = 0;
  #slots: number;
  #rests: RestReason | null = null;
  #poolName: string | null = null;
  #given: Given | null = null;
  #connected = false;
  #refused: TributaryError | null = null;

  constructor(options: PoolMemberOptions<S>) {
    this.#options = options;
    this.#slots = options.slots;
    this.#retry = new Timer(options.clock);
    this.#ping = new Timer(options.clock);
    this.#renew = new Timer(options.clock);
    this.#later = new Timer(options.clock);
    this.#sessions = new MemberSessions({
      slots: options.slots,
      open: (jobId, _pass, slots) => this.#open(jobId, slots),
      onClosed: (_jobId, session) => options.onClosed?.(session),
    });
    this.#retry.set(0, () => this.#connect());
  }

  get poolName(): string | null {
    return this.#poolName;
  }

  /** Work done so far, as last reported by the pool. */
  get given(): Given | null {
    return this.#given;
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** The error with which the pool excluded this member, which has stopped; null: it did not. */
  get refused(): TributaryError | null {
    return this.#refused;
  }

  /** The current job; null: none. */
  get job(): { jobId: string; title: string } | null {
    const { jobId } = this.#sessions;
    return jobId === null ? null : { jobId, title: this.#titles.get(jobId) ?? "" };
  }

  /** Sessions of the current job, and of earlier jobs whose tasks are being finished. */
  sessions(): S[] {
    return this.#sessions.sessions();
  }

  /**
   * Sets the number of encoders. With 0, for the reason `rests`, no new leases are accepted; tasks under way are
   * finished.
   */
  setSlots(slots: number, rests: RestReason | null): void {
    if (slots === this.#slots && rests === this.#rests) return;
    this.#slots = slots;
    this.#rests = rests;
    this.#sessions.setSlots(slots);
    this.#send({ type: "slots", slots, rests });
    this.#changed();
  }

  /** Ends all work at once. */
  stop(): void {
    this.#stopped.abort();
    this.#later.clear();
    this.#release();
    this.#sessions.stop();
  }

  #open(jobId: string, slots: number): S {
    return this.#options.open(
      {
        jobId,
        title: this.#titles.get(jobId) ?? "",
        pass: () => this.#passes.get(jobId) ?? "",
        // A session reports a change while it is making it, and must not be stopped in the middle of it.
        onChange: () => {
          if (this.#later.isSet) return;
          this.#later.set(0, () => {
            this.#sessions.changed();
            this.#changed();
          });
        },
        onEnd: (code) => this.#left(jobId, code),
      },
      slots,
    );
  }

  #left(jobId: string, code: ErrorCode | null): void {
    this.#sessions.end(jobId);
    this.#send({ type: "left", jobId, code });
    this.#changed();
  }

  #connect(): void {
    const { ticket, connect } = this.#options;
    const { signal } = this.#stopped;
    if (signal.aborted) return;
    ticket(signal).then(
      (text) => {
        if (!signal.aborted) this.#use(connect(text));
      },
      (thrown: unknown) => {
        if (signal.aborted) return;
        const { code, message } = toWireError(thrown);
        if (FINAL.includes(code)) this.#refuse(new TributaryError(code, message));
        else this.#again();
      },
    );
  }

  #use(socket: WireSocket): void {
    const { clock } = this.#options;
    this.#socket = socket;
    let heardAtMs = clock.nowMs();
    const lost = (): void => {
      if (this.#socket !== socket) return;
      this.#release();
      this.#again();
      this.#changed();
    };
    const watch = (): void => {
      this.#ping.set(PING_EVERY_MS, () => {
        if (clock.nowMs() - heardAtMs > SILENT_MS) {
          lost();
          return;
        }
        if (socket.readyState === OPEN) socket.send("ping");
        watch();
      });
    };
    watch();
    socket.addEventListener("message", ({ data }) => {
      heardAtMs = clock.nowMs();
      if (this.#socket !== socket || typeof data !== "string" || data === "pong") return;
      const parsed = poolMessageSchema.safeParse(parseJson(data));
      if (parsed.success) this.#receive(parsed.data);
    });
    socket.addEventListener("close", lost);
    socket.addEventListener("error", lost);
  }

  #receive(message: PoolMessage): void {
    switch (message.type) {
      case "challenge":
        void this.#hello(message);
        return;
      case "welcome":
        this.#connected = true;
        this.#failures = 0;
        this.#poolName = message.poolName;
        this.#given = message.given;
        break;
      case "assign":
        this.#titles.set(message.jobId, message.title);
        this.#take(message);
        this.#sessions.assign(message.jobId, message.pass);
        break;
      case "pass":
        this.#take(message);
        break;
      case "rest":
        this.#sessions.rest();
        break;
      case "given":
        this.#given = message.given;
        break;
      case "error":
        if (FINAL.includes(message.code)) {
          this.#refuse(new TributaryError(message.code, message.message));
        }
        break;
      default:
        message satisfies never;
    }
    this.#changed();
  }

  #take({ jobId, pass, passEndsAtMs }: Extract<PoolMessage, { type: "pass" | "assign" }>): void {
    this.#passes.set(jobId, pass);
    const leftMs = passEndsAtMs - Date.now() - RENEW_BEFORE_MS;
    this.#renew.set(Math.max(60_000, leftMs), () => {
      if (this.#sessions.jobId === jobId) this.#send({ type: "renew", jobId });
    });
  }

  async #hello({ poolId, nonce }: Extract<PoolMessage, { type: "challenge" }>): Promise<void> {
    const socket = this.#socket;
    const { key, identity } = this.#options;
    const signature = await key.sign(signedText(poolId, nonce));
    if (this.#socket !== socket) return;
    this.#send({
      type: "hello",
      protocolVersion: POOL_PROTOCOL_VERSION,
      publicKey: key.publicKey,
      signature,
      ...identity,
      slots: this.#slots,
      rests: this.#rests,
      jobId: this.#sessions.jobId,
    });
  }

  #send(message: MemberMessage): void {
    if (this.#socket?.readyState === OPEN) this.#socket.send(JSON.stringify(message));
  }

  #refuse(refused: TributaryError): void {
    this.#refused = refused;
    this.stop();
    this.#options.onChange?.();
  }

  #again(): void {
    this.#failures += 1;
    const waitMs = callBackoffMs(this.#failures, this.#options.clock.random());
    this.#retry.set(waitMs, () => this.#connect());
  }

  #release(): void {
    const socket = this.#socket;
    this.#socket = null;
    this.#connected = false;
    for (const timer of [this.#retry, this.#ping, this.#renew]) timer.clear();
    socket?.close(1000);
  }

  #changed(): void {
    if (!this.#stopped.signal.aborted) this.#options.onChange?.();
  }
}

/** `WebSocket.OPEN` (WHATWG WebSockets, 3). */
const OPEN = 1;
