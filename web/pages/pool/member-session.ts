import { type ReadonlySignal, signal } from "@preact/signals";
import { toWireError } from "../../../shared/job/errors.ts";
import { LimitWatch, LOOK_EVERY_MS } from "../../../shared/pool/limit-watch.ts";
import type { Surroundings } from "../../../shared/pool/limits.ts";
import type { PoolInvitation, PoolMemberState } from "../../contributor/pool-member-api.ts";
import { connectMember } from "./connect-member.ts";
import { addBytes, type KeptLimits, keepLimits, keptLimits, Watcher } from "./member-limits.ts";

const NOTHING = { bytesDownloaded: 0, bytesUploaded: 0, tasksDone: 0 };

/** The page's access to the member's worker, with the limits that the page enforces. Methods never throw. */
export class MemberSession {
  readonly #invitation: PoolInvitation;
  readonly #state = signal<PoolMemberState | null>(null);
  readonly limits = signal<KeptLimits>(keptLimits(64));
  readonly isPaused = signal(false);
  /** The machine is to rest while somebody uses it, and the browser does not tell of that. */
  readonly useIsNotTold = signal(false);
  readonly #watcher = new Watcher();
  readonly #limitWatch = new LimitWatch({
    limits: () => this.limits.peek(),
    surroundings: () => this.#surroundings(),
    apply: (slots, rests) => void this.#run((api) => api.work(slots, rests)),
  });
  #connection: ReturnType<typeof connectMember> | null = null;
  #isMember = false;
  #counted = 0;

  constructor(invitation: PoolInvitation) {
    this.#invitation = invitation;
  }

  /** Null before the worker has sent a state. */
  get state(): ReadonlySignal<PoolMemberState | null> {
    return this.#state;
  }

  async open(): Promise<void> {
    try {
      await this.#watcher.begin();
      // Where that was allowed on another day.
      if (this.limits.peek().idleOnly) await this.#watcher.watchPerson();
      await this.#connect();
    } catch (thrown) {
      this.#fail(thrown);
    }
    setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  /** Joins the pool, goes on after a pause, or tries again after a failure. */
  async join(): Promise<void> {
    this.#isMember = true;
    this.isPaused.value = false;
    await this.#watchPerson();
    if (this.#state.peek()?.phase === "failed") {
      await this.#run((api) => api.open(this.#invitation));
    }
    this.#look(true);
  }

  async change(limits: KeptLimits): Promise<void> {
    this.limits.value = limits;
    keepLimits(limits);
    await this.#watchPerson();
    this.#look(true);
  }

  async pause(isPaused: boolean): Promise<void> {
    this.isPaused.value = isPaused;
    this.#look(true);
  }

  async stop(): Promise<void> {
    this.#isMember = false;
    await this.#run((api) => api.stop());
  }

  async #watchPerson(): Promise<void> {
    const { idleOnly } = this.limits.peek();
    this.useIsNotTold.value = idleOnly && !(await this.#watcher.watchPerson());
  }

  /** Checks whether the limits allow work now, and tells the worker where that has changed. */
  #look(isNews = false): void {
    const state = this.#state.peek();
    if (state === null || !this.#isMember || state.phase === "failed") return;
    this.#limitWatch.look(isNews);
  }

  #surroundings(): Surroundings {
    const { bytesDownloaded, bytesUploaded, tasksDone } = this.#state.peek() ?? NOTHING;
    const taskBytes = tasksDone === 0 ? 0 : (bytesDownloaded + bytesUploaded) / tasksDone;
    return this.#watcher.now(this.isPaused.peek(), taskBytes);
  }

  async #run(
    command: (api: ReturnType<typeof connectMember>["api"]) => Promise<void>,
  ): Promise<void> {
    try {
      await command(this.#connection?.api ?? (await this.#connect()));
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  async #connect(): Promise<ReturnType<typeof connectMember>["api"]> {
    const connection = connectMember();
    this.#connection = connection;
    void connection.died.then((error) => {
      this.#connection = null;
      this.#fail(error);
    });
    this.#counted = 0;
    await connection.api.subscribe((next) => {
      const all = next.bytesDownloaded + next.bytesUploaded;
      const before = addBytes(0);
      const bytes = addBytes(Math.max(0, all - this.#counted));
      this.#counted = all;
      const isFirst = this.#state.peek()?.phase === "checking" || this.#state.peek() === null;
      this.#state.value = next;
      if (isFirst && next.possibleSlots > 0) this.limits.value = keptLimits(next.possibleSlots);
      if (bytes > before) this.#look();
    });
    await connection.api.open(this.#invitation);
    return connection.api;
  }

  #fail(thrown: unknown): void {
    const before = this.#state.peek();
    if (before === null) return;
    const error = toWireError(thrown);
    const none = { encoding: [], connected: false, job: null };
    this.#state.value = { ...before, phase: "failed", ...none, error };
  }
}
