import type { AcceptedSegment } from "../../../../shared/job/job.ts";
import { type Notice, withNotices } from "../../../../shared/job/notice.ts";
import type { CoordinatorMessage } from "../../../../shared/wire/coordinator-messages.ts";
import { move, type VerificationEvent } from "../verify/verification.ts";
import type { Effect } from "./effect.ts";
import {
  type Holder,
  type InitRecord,
  isUnclear,
  type JobRecord,
  type Lease,
  type LinkRecord,
  NEW_LINK,
  type TaskRecord,
} from "./records.ts";
import { acceptedId, type Beat, initId, noChanges, type State } from "./state.ts";

/**
 * A state with changes on top. The state itself is only read, so that a decision stays a pure function. The changes are
 * then available for storage.
 */
export class Draft {
  readonly #state: State;
  readonly changes = noChanges();
  readonly effects: Effect[] = [];
  readonly nowMs: number;
  /** A number in [0, 1) that nobody can predict. */
  readonly random: () => number;

  constructor(state: State, nowMs: number, random: () => number) {
    this.#state = state;
    this.nowMs = nowMs;
    this.random = random;
  }

  /** Whether a change may lead to a new assignment. */
  get hasMoved(): boolean {
    const { job, tasks, holders } = this.changes;
    return job !== null || tasks.size > 0 || holders.size > 0;
  }

  get plan(): State["plan"] {
    return this.#state.plan;
  }

  get planned(): State["planned"] {
    return this.#state.planned;
  }

  get job(): JobRecord {
    return this.changes.job ?? this.#state.job;
  }

  patchJob(patch: Partial<JobRecord>): void {
    this.changes.job = { ...this.job, ...patch };
  }

  /** Adds notices to the job. A message that is there already is not added again. */
  tell(...notices: Notice[]): void {
    this.patchJob({ notices: withNotices(this.job.notices, notices) });
  }

  /**
   * The record of a contributor link.
   * @param principal hash of the link's token
   */
  link(principal: string): LinkRecord {
    return this.job.links[principal] ?? NEW_LINK;
  }

  patchLink(principal: string, patch: Partial<LinkRecord>): LinkRecord {
    const link = { ...this.link(principal), ...patch };
    this.patchJob({ links: { ...this.job.links, [principal]: link } });
    return link;
  }

  task(id: string): TaskRecord | undefined {
    return newest(this.#state.tasks, this.changes.tasks, id);
  }

  /** All tasks, in order of need. */
  *tasks(): Generator<TaskRecord> {
    for (const [id, task] of this.#state.tasks) yield this.changes.tasks.get(id) ?? task;
  }

  patchTask(id: string, patch: Patch<TaskRecord>): TaskRecord | undefined {
    return patchNewest(this.changes.tasks, this.task(id), patch);
  }

  /** Applies an event to the verification of a task's result. */
  moveVerification(taskId: string, event: VerificationEvent): void {
    this.patchTask(taskId, ({ verification }) => ({ verification: move(verification, event) }));
  }

  /** Ids of the tasks that were in backoff before this draft. */
  backingOff(): Iterable<string> {
    return this.#state.backingOff;
  }

  lease(id: string): Lease | undefined {
    return newest(this.#state.leases, this.changes.leases, id);
  }

  /** A snapshot of all leases. They may be changed during an iteration. */
  leases(): Lease[] {
    return merged(this.#state.leases, this.changes.leases);
  }

  /** Adds a new lease. */
  addLease(lease: Lease): Lease {
    this.changes.leases.set(lease.id, lease);
    return lease;
  }

  patchLease(id: string, patch: Patch<Lease>): Lease | undefined {
    return patchNewest(this.changes.leases, this.lease(id), patch);
  }

  dropLease(id: string): void {
    this.changes.leases.set(id, null);
  }

  beat(leaseId: string): Beat | undefined {
    return this.changes.beats.get(leaseId) ?? this.#state.beats.get(leaseId);
  }

  putBeat(leaseId: string, beat: Beat): void {
    this.changes.beats.set(leaseId, beat);
  }

  holder(id: string): Holder | undefined {
    return newest(this.#state.holders, this.changes.holders, id);
  }

  holders(): Holder[] {
    return merged(this.#state.holders, this.changes.holders);
  }

  /** Replaces the whole record of a holder. */
  putHolder(holder: Holder): Holder {
    this.changes.holders.set(holder.id, holder);
    return holder;
  }

  patchHolder(id: string, patch: Patch<Holder>): Holder | undefined {
    return patchNewest(this.changes.holders, this.holder(id), patch);
  }

  /** Tasks with a result that is not verified. */
  unclear(): TaskRecord[] {
    const ids = new Set([...this.#state.unclear, ...this.changes.tasks.keys()]);
    return [...ids].flatMap((id) => {
      const task = this.task(id);
      return task !== undefined && isUnclear(task) ? task : [];
    });
  }

  init(id: string): InitRecord | undefined {
    return newest(this.#state.inits, this.changes.inits, id);
  }

  inits(): InitRecord[] {
    return merged(this.#state.inits, this.changes.inits);
  }

  dropInit(id: string): void {
    this.changes.inits.set(id, null);
  }

  putInit(init: InitRecord): void {
    this.changes.inits.set(initId(init), init);
  }

  /**
   * An accepted segment.
   * @param id as made by `acceptedId`
   */
  accepted(id: string): AcceptedSegment | undefined {
    return newest(this.#state.accepted, this.changes.accepted, id);
  }

  unaccept(id: string): void {
    this.changes.accepted.set(id, null);
  }

  accept(segment: AcceptedSegment): void {
    this.changes.accepted.set(acceptedId(segment.rendition, segment.segment), segment);
  }

  /** Sends a message to a holder, if it has a socket. */
  send(holderId: string, message: CoordinatorMessage): void {
    const connectionId = this.holder(holderId)?.connectionId ?? null;
    if (connectionId !== null) this.effects.push({ type: "send", connectionId, message });
  }
}

/** Fields to change, or a function that derives them from the newest record. */
type Patch<T> = Partial<T> | ((newest: T) => Partial<T>);

/**
 * Changes fields of a record; undefined where there is no such record (any more). Objects are never modified, so copies
 * that a caller has stay as they are.
 */
function patchNewest<T extends { id: string }>(
  changes: Map<string, T | null>,
  record: T | undefined,
  patch: Patch<T>,
): T | undefined {
  if (record === undefined) return undefined;
  const patched = { ...record, ...(typeof patch === "function" ? patch(record) : patch) };
  changes.set(record.id, patched);
  return patched;
}

/** The newest version of a record; undefined where there is none (any more). */
function newest<T>(
  before: ReadonlyMap<string, T>,
  changes: ReadonlyMap<string, T | null>,
  id: string,
): T | undefined {
  const changed = changes.get(id);
  return changed === null ? undefined : (changed ?? before.get(id));
}

/**
 * Earlier records in their order, with changes applied, followed by new ones. It has to be fast, because it runs for
 * each event of up to a thousand holders.
 */
function merged<T>(before: ReadonlyMap<string, T>, changes: ReadonlyMap<string, T | null>): T[] {
  const records: T[] = [];
  for (const [id, record] of before) {
    const changed = changes.get(id);
    if (changed === undefined) records.push(record);
    else if (changed !== null) records.push(changed);
  }
  for (const [id, changed] of changes) {
    if (changed !== null && !before.has(id)) records.push(changed);
  }
  return records;
}
