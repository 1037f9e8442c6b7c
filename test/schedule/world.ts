import { isDeepStrictEqual } from "node:util";
import { type Event, schedule } from "../../edge/coordinator/schedule/schedule.ts";
import { applyChanges } from "../../edge/coordinator/schedule/state/apply.ts";
import type { Effect } from "../../edge/coordinator/schedule/state/effect.ts";
import {
  isProven,
  type Lease,
  type TaskRecord,
} from "../../edge/coordinator/schedule/state/records.ts";
import { newState, restoreState, type State } from "../../edge/coordinator/schedule/state/state.ts";
import type { GateVerdict } from "../../edge/gate/verdict.ts";
import { type Engine, hasEnded, type JobPlan } from "../../shared/job/job.ts";
import type { HolderMessage } from "../../shared/wire/holder-messages.ts";
import type { Role } from "../../shared/wire/protocol.ts";
import { checkAlways, must } from "./always.ts";
import { draws } from "./draws.ts";
import { hash, honestHash, NO_MD5, outputsOf, taskIdOf } from "./offered.ts";
import { passedSegments } from "./plan-of.ts";

/**
 * A job's scheduler with simulated holders, gate and storage. It carries out any order of events that a test
 * generates, and after each event checks what must always hold.
 */

export interface WorldHolder {
  id: string;
  role: Role;
  connectionId: string | null;
  /** Leases that the holder believes to have. */
  leases: Set<string>;
  /** Slots that it has asked for since its last welcome, minus the grants since then. */
  want: number;
  /** Video is made with the first engine that a lease allows, audio with the last. */
  engines: readonly Engine[];
  /** The link that it joins by; default: one of its own. */
  link?: string;
  network: string | null;
  /** Number of results that are still honest. After that it lies. */
  honestResults: number;
}

export class World {
  state: State;
  nowMs = 1_000_000;
  readonly holders: WorldHolder[];
  /** Ids of the tasks whose chunks the owner has to stage. */
  readonly asked = new Set<string>();
  /** Effects that are not carried out yet. */
  pending: Effect[] = [];
  #connections = 0;
  #events = 0;
  /** Model: number of failed attempts, and the end of the backoff, by task. */
  readonly #failures = new Map<string, { count: number; readyAtMs: number }>();
  /** Model: the lease whose result was accepted, by task. */
  readonly #accepted = new Map<string, string>();
  readonly #audits = new Set<string>();
  readonly #draws: () => number;

  /** @param engines of every holder, unless a test changes them */
  constructor(
    plan: JobPlan,
    roles: readonly Role[],
    seed = "",
    engines: readonly Engine[] = ["ffmpeg-wasm"],
  ) {
    this.#draws = draws(seed);
    this.state = newState("job", plan, this.nowMs, { hasServers: true });
    this.holders = roles.map((role, index) => ({
      id: `holder-${index}`,
      role,
      connectionId: null,
      leases: new Set(),
      want: 0,
      engines,
      network: null,
      honestResults: Number.POSITIVE_INFINITY,
    }));
    this.dispatch({ type: "tick" });
  }

  /** Resumes an earlier job, whose sockets are gone. */
  takeOver(state: State): void {
    this.state = state;
    for (const { id, failures, readyAtMs, done } of state.tasks.values()) {
      if (failures > 0) this.#failures.set(id, { count: failures, readyAtMs });
      if (done !== null) this.#accepted.set(id, done.leaseId);
    }
    this.dispatch({ type: "resume", connectionIds: [] });
  }

  dispatch(event: Event): void {
    const failures = new Map([...this.state.tasks].map(([id, task]) => [id, task.failures]));
    const done = [...this.state.tasks.values()].filter(({ state }) => state === "done");
    this.#events += 1;
    // Checks that the decision is pure. Only at every tenth event, because the copy is slow.
    const before = this.#events % 10 === 0 ? structuredClone(this.state) : null;
    const decision = schedule(this.state, event, this.nowMs, this.#draws);
    must(
      before === null || isDeepStrictEqual(before, this.state),
      "the state was changed in place",
    );
    applyChanges(this.state, decision);
    this.#forgetReopened(done, event);
    for (const effect of decision.effects) this.#effect(effect);
    this.#countFailures(failures, event);
    checkAlways(this.state);
  }

  /** Simulates an eviction: only stored rows are left, and pending effects are lost. */
  evict(): void {
    const { plan, job, tasks, leases, holders, inits, accepted } = this.state;
    const rows = JSON.parse(
      JSON.stringify({
        job,
        tasks: [...tasks.values()],
        leases: [...leases.values()],
        holders: [...holders.values()],
        inits: [...inits.values()],
        accepted: [...accepted.values()],
      }),
    );
    this.state = restoreState(plan, rows.job, rows);
    this.pending = this.pending.filter((effect) => effect.type === "grant");
    const connectionIds = this.holders.flatMap(({ connectionId }) => connectionId ?? []);
    this.dispatch({ type: "resume", connectionIds });
  }

  /** @param ring whether an alarm that is due runs */
  wait(ms: number, ring: boolean): void {
    this.nowMs += ms;
    if (!ring || this.state.dueMs > this.nowMs) return;
    this.dispatch({ type: "tick" });
    must(this.state.dueMs > this.nowMs, "the alarm would ring for ever");
  }

  /** @param want free slots in its hello; undefined: the hello has none */
  connect(holder: WorldHolder, keepLeases: boolean, want?: number): void {
    this.#connections += 1;
    holder.connectionId = `connection-${this.#connections}`;
    holder.want = want ?? 0;
    if (!keepLeases) holder.leases.clear();
    this.dispatch({
      type: "hello",
      connectionId: holder.connectionId,
      principal: holder.link ?? `token-${holder.id}`,
      network: holder.network,
      hello: {
        type: "hello",
        role: holder.role,
        holderId: holder.id,
        name: holder.id,
        device: "",
        slots: 2,
        engines: [...holder.engines],
        leases: [...holder.leases],
        hasSource: holder.role === "owner",
        ...(want === undefined ? {} : { want }),
      },
    });
  }

  close(holder: WorldHolder): void {
    const { connectionId } = holder;
    holder.connectionId = null;
    if (connectionId !== null) this.dispatch({ type: "closed", connectionId });
  }

  say(holder: WorldHolder, message: HolderMessage): void {
    const { connectionId, id: holderId } = holder;
    if (connectionId === null) return;
    if (message.type === "want") holder.want = message.slots;
    const failures = this.#failsNow(holder, message);
    this.dispatch({ type: "message", connectionId, holderId, message });
    if (failures === null) return;
    const task = this.state.tasks.get(failures.id);
    must(task?.failures === failures.count + 1, `a failure of ${failures.id} does not count`);
  }

  /** Delivers a message late, from the holder's earlier socket. */
  sayLate(holder: WorldHolder, message: HolderMessage): void {
    const { id: holderId } = holder;
    this.dispatch({ type: "message", connectionId: "connection-0", holderId, message });
  }

  /** The lease whose failure this message has to count, with the failures so far; null: it need not count. */
  #failsNow(holder: WorldHolder, message: HolderMessage): { id: string; count: number } | null {
    if (message.type !== "fail") return null;
    const lease = this.state.leases.get(message.leaseId);
    const heardMs = this.state.beats.get(message.leaseId)?.heardAtMs ?? 0;
    const isAlive = lease?.phase === "checking" || this.nowMs - heardMs < 15_000;
    if (lease?.holderId !== holder.id || lease.phase === "lost" || !isAlive) return null;
    // A contributor's failed audit does not count: the audited result may be right.
    if (this.#isAudit(lease) && holder.role === "contributor") return null;
    // For a source that the ffmpeg core cannot decode, a contributor gives a task back without a failure.
    const isOfCore = !/^av01/.test(this.state.plan.source.video.codec);
    const isGivenBack = message.code === "INIT_MISMATCH" || message.code === "DECODER_MISSING";
    if (holder.role === "contributor" && isGivenBack && !isOfCore) return null;
    const count = this.state.tasks.get(lease.taskId)?.failures ?? 0;
    if (this.#isSpared(holder.id, count)) return null;
    return { id: lease.taskId, count };
  }

  /** The last attempt is kept for a trusted holder, also while there is none. */
  #isSpared(holderId: string, failures: number): boolean {
    const holder = this.holders.find(({ id }) => id === holderId);
    return holder?.role === "contributor" && failures >= 2;
  }

  /** Sends the offer for a lease, or the verdict for one that compares frames. */
  offer(holder: WorldHolder, leaseId: string): void {
    const asked = this.state.leases.get(leaseId);
    if (asked?.purpose === "compare" && asked.holderId === holder.id) {
      const isClear = this.#events % 5 > 0;
      const verdict = this.#isHonest(asked.taskId) ? (isClear ? "agrees" : "unsure") : "lies";
      this.say(holder, { type: "compared", leaseId, verdict });
      return;
    }
    const lies = holder.leases.has(leaseId) && holder.honestResults <= 0;
    const outputs = outputsOf(this.state.plan, taskIdOf(leaseId), lies ? "lie" : "");
    if (holder.leases.has(leaseId)) holder.honestResults -= 1;
    if (outputs.length > 0) this.say(holder, { type: "offer", leaseId, outputs });
  }

  commit(holder: WorldHolder, leaseId: string): void {
    const lease = this.state.leases.get(leaseId);
    if (lease?.purpose === "compare" && lease.holderId === holder.id) return;
    const isVideo = this.state.planned.get(taskIdOf(leaseId))?.kind === "video";
    const fastest = (isVideo ? holder.engines[0] : holder.engines.at(-1)) ?? "ffmpeg-wasm";
    const engine = lease?.engine ?? fastest;
    this.say(holder, { type: "commit", leaseId, engine, encodeMs: 1000, warnings: [] });
  }

  #isHonest(taskId: string): boolean {
    const { renditions, firstSegment } = this.state.planned.get(taskId) ?? { renditions: [] };
    return renditions.every((rendition) => {
      const accepted = this.state.accepted.get(`${rendition}/${firstSegment}`);
      return accepted?.sha256 === honestHash(rendition, firstSegment ?? 0);
    });
  }

  /** Lets the owner cut and upload a requested chunk. */
  stage(owner: WorldHolder, taskId: string): void {
    if (owner.role !== "owner" || !this.asked.delete(taskId)) return;
    const times = { baseTicks: 0, trimStartTicks: 0, trimEndTicks: 540_000 };
    const chunk = { taskId, sizeBytes: 1000, ...times };
    this.say(owner, { type: "stage-offer", chunk, sha256: hash(taskId), md5: NO_MD5 });
    this.say(owner, { type: "staged", taskId });
  }

  /** Carries out a pending effect. @param verdict of the gate, where the effect is a check */
  perform(index: number, verdict: GateVerdict["verdict"]): void {
    const [effect] = this.pending.splice(index, 1);
    if (effect?.type === "presign") {
      this.dispatch({ type: "presigned", leaseId: effect.leaseId });
    } else if (effect?.type === "check") {
      this.#check(effect.leaseId, verdict);
    } else if (effect?.type === "chore" && effect.kind !== "cleanup") {
      this.dispatch({ type: "chore-done", kind: effect.kind, forState: this.state.job.state });
    }
  }

  #check(leaseId: string, verdict: GateVerdict["verdict"]): void {
    const task = this.state.planned.get(taskIdOf(leaseId));
    if (task === undefined) return;
    const segments = passedSegments(this.state.plan, task);
    const said: GateVerdict =
      verdict === "passed"
        ? { verdict, segments }
        : verdict === "refused"
          ? { verdict, code: "OUTPUT_INVALID", message: "Refused." }
          : { verdict, message: "Storage did not answer." };
    const lease = this.state.leases.get(leaseId);
    const before = this.state.tasks.get(task.id);
    this.dispatch({ type: "checked", leaseId, verdict: said });
    if (lease?.phase !== "checking" || verdict === "unknown") return;
    const after = this.state.tasks.get(task.id);
    const failed = before?.failures ?? 0;
    const isCharged = verdict === "refused" && !this.#isSpared(lease.holderId, failed);
    const failures = failed + (isCharged ? 1 : 0);
    must(after?.failures === failures, `${leaseId} was ${verdict}: ${after?.failures} failures`);
    // The paired lease had offered another result, so one of the two is wrong.
    const isDisputed = after.verification.state === "disputed";
    const isOut = this.state.holders.get(lease.holderId)?.banned === true;
    must(
      verdict === "refused" || after.state === "done" || isDisputed || isOut,
      `${leaseId} passed for nothing`,
    );
  }

  #effect(effect: Effect): void {
    if (effect.type === "send") {
      const holder = this.holders.find(({ connectionId }) => connectionId === effect.connectionId);
      if (holder === undefined) return;
      const { message } = effect;
      if (message.type === "stage") for (const id of message.taskIds) this.asked.add(id);
      if (message.type === "accepted") this.#acceptedOnce(message.leaseId);
      if ("leaseId" in message && message.type !== "uploads") holder.leases.delete(message.leaseId);
    } else if (effect.type === "welcome") {
      const holder = this.holders.find(({ id }) => id === effect.holderId);
      if (holder !== undefined) holder.leases = new Set(effect.adopted);
    } else if (effect.type === "ban") {
      const holder = this.holders.find(({ connectionId }) => connectionId === effect.connectionId);
      must(holder?.role === "contributor", "somebody trusted was sent away");
      if (holder !== undefined) holder.connectionId = null;
    } else if (effect.type === "grant") {
      this.#granted(effect.connectionId, effect.leaseIds);
    } else {
      this.pending.push(effect);
    }
  }

  /** Of the finished tasks, only unproven ones of contributors and those lost by storage may be made again. */
  #forgetReopened(done: readonly TaskRecord[], event: Event): void {
    for (const before of done) {
      if (this.state.tasks.get(before.id)?.state === "done") continue;
      if (event.type === "outputs-lost") {
        this.#accepted.delete(before.id);
        continue;
      }
      const maker = this.holders.find(({ id }) => id === before.done?.holderId);
      must(
        maker?.role === "contributor",
        `${before.id} was made by somebody trusted, and is made again`,
      );
      must(!isProven(before), `${before.id} was proven, and is made again`);
      this.#accepted.delete(before.id);
    }
  }

  #acceptedOnce(leaseId: string): void {
    const done = this.state.tasks.get(taskIdOf(leaseId))?.done;
    if (this.#audits.has(leaseId) && done?.leaseId !== leaseId) return;
    const taskId = taskIdOf(leaseId);
    const before = this.#accepted.get(taskId) ?? leaseId;
    must(before === leaseId, `${taskId} was done twice, by ${before} and ${leaseId}`);
    this.#accepted.set(taskId, leaseId);
  }

  #granted(connectionId: string, leaseIds: readonly string[]): void {
    const holder = this.holders.find((each) => each.connectionId === connectionId);
    must(holder !== undefined, "a lease went to nobody");
    must(!hasEnded(this.state.job.state), "a lease was granted after the end");
    for (const id of leaseIds) {
      const lease = this.state.leases.get(id);
      const task = this.state.tasks.get(taskIdOf(id));
      must(lease?.holderId === holder.id, `${id} is not its holder's`);
      const isAudit = this.#isAudit(lease);
      if (isAudit) {
        this.#audits.add(id);
        must(task?.verification.state === "auditing", `${id} audits what needs no proof`);
        must(task.done?.holderId !== holder.id, `${holder.id} audits itself`);
      } else {
        must(!this.#accepted.has(taskIdOf(id)), `${id} is of a task that is done`);
        // Of a pair, the lease that ends later is the audit, so both are allowed.
        if (this.#pairOf(lease).length > 0)
          for (const each of task?.leases ?? []) this.#audits.add(each);
        const makers = new Set(this.#pairOf(lease).map((each) => this.#holderOf(each)));
        must(makers.size !== 1, `${holder.id} is paired with itself`);
      }
      const failures = this.#failures.get(taskIdOf(id));
      must(lease.attempt === (failures?.count ?? 0) + 1, `${id} has attempt ${lease.attempt}`);
      // An audit is not an attempt, so it does not wait for the backoff after a failed copy.
      must(
        isAudit || this.nowMs >= (failures?.readyAtMs ?? 0),
        `${id} came before the backoff was over`,
      );
      must(
        holder.role === "owner" || task?.chunk?.stored === true,
        `${id} went to a holder without the chunk`,
      );
      holder.leases.add(id);
      holder.want -= 1;
    }
    must(holder.want >= 0, `${holder.id} got more than it wanted`);
  }

  #isAudit({ taskId }: Lease): boolean {
    return this.state.tasks.get(taskId)?.done != null;
  }

  /** The two leases of this lease's pair; empty: it has none. */
  #pairOf({ id, taskId }: Lease): readonly string[] {
    const verification = this.state.tasks.get(taskId)?.verification;
    const pair = verification?.state === "unverified" ? verification.pair : null;
    return pair?.includes(id) ? pair : [];
  }

  #holderOf(leaseId: string): string | undefined {
    return this.state.leases.get(leaseId)?.holderId;
  }

  /** Checks that failures are counted one at a time, and only when one was reported. */
  #countFailures(before: ReadonlyMap<string, number>, event: Event): void {
    const reported = reportedFailure(event);
    for (const [id, task] of this.state.tasks) {
      const was = before.get(id) ?? 0;
      if (task.failures === was) continue;
      must(task.failures === was + 1, `${id} went from ${was} to ${task.failures} failures`);
      must(reported === id, `${id} failed by ${JSON.stringify(event)}`);
      const able = [...this.state.holders.values()].filter(
        ({ connectionId, silent, slots, banned }) =>
          connectionId !== null && !silent && slots > 0 && !banned,
      );
      // A single able holder may try again soon, once.
      const backoffMs = was === 0 && able.length <= 1 ? 2_000 : [30_000, 60_000, 90_000][was];
      this.#failures.set(id, { count: task.failures, readyAtMs: this.nowMs + (backoffMs ?? 0) });
    }
  }
}

/** The task that an event may report as failed. */
function reportedFailure(event: Event): string | null {
  if (event.type === "checked" && event.verdict.verdict !== "passed")
    return taskIdOf(event.leaseId);
  if (event.type !== "message") return null;
  const { message } = event;
  // A commit without an offer fails, too, and so does an offer that differs from an earlier one.
  const fails = ["fail", "commit", "offer"].includes(message.type);
  return fails && "leaseId" in message ? taskIdOf(message.leaseId) : null;
}
