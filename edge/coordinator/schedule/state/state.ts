import type { ErrorCode } from "../../../../shared/job/errors.ts";
import {
  type AcceptedSegment,
  DEFAULT_JOB_SETTINGS,
  type Engine,
  type JobPlan,
  type JobSettings,
  type JobState,
  type Provenance,
  type Task,
} from "../../../../shared/job/job.ts";
import type { ChunkInfo, Output } from "../../../../shared/wire/lease.ts";
import type { Role } from "../../../../shared/wire/protocol.ts";

/** What the coordinator of one job knows. Records are never changed in place, only replaced. */

/** A server that was asked to come: it is on its way, or here. */
export interface ServerCallRecord {
  holderId: string;
  dueAtMs: number;
}

export interface JobRecord {
  id: string;
  state: JobState;
  error: { code: ErrorCode; message: string } | null;
  warnings: string[];
  createdAtMs: number;
  firstPlayableAtMs: number | null;
  endedAtMs: number | null;
  /** Accepted media and init segments. */
  bytesStored: number;
  /** Results that count, proven or not. */
  tasksDone: number;
  settings: JobSettings;
  /** Where it was created: what has no request of its own (queue, alarm) is signed for there. */
  origin: string;
  /** This deployment has servers. */
  hasServers: boolean;
  /** Servers that were asked to come, and how many ever were. */
  serverCalls: ServerCallRecord[];
  serversCalled: number;
  /** Since when nobody takes work that lies ready in storage; null while somebody does. */
  unattendedSinceMs: number | null;
  /** Nobody outside knows it: which results are audited depends on it. */
  seed: string;
  /** Since when nothing is left but audits that nobody can do; null otherwise. */
  unauditedSinceMs: number | null;
  /** When to look again whether a lease needs a backup copy; null while nobody is free for it. */
  backupDueAtMs: number | null;
  /** Since when no holder is there that could go on; null while one is, and after the end. */
  stuckSinceMs: number | null;
  /** Work outside of the coordinator that is still to be done, each kind at most once. */
  chores: Partial<Record<ChoreKind, Chore>>;
}

/**
 * `catalog`: the job's row in D1. `assemble`: the final playlists into storage.
 * `cleanup`: an hour after the end, all that the job no longer needs.
 */
export type ChoreKind = "catalog" | "assemble" | "cleanup";

/** Idempotent work: asked for at `dueAtMs`, and again after a while until it is reported done. */
export interface Chore {
  dueAtMs: number;
  /** It was asked for before; nobody knows whether it was done. */
  asked?: boolean;
}

export interface TaskRecord {
  id: string;
  /** `ready` for whoever has the chunk: whether that is anybody (`waiting`) is a matter of the view. */
  state: "ready" | "leased" | "backoff" | "done" | "failed";
  /** Attempts that were the task's own failure. */
  failures: number;
  lastError: ErrorCode | null;
  /** End of the backoff; 0 outside of it. */
  readyAtMs: number;
  /** Leases ever granted: the next one's number. */
  granted: number;
  /** Live leases. More than one when a backup copy of a straggler runs. */
  leases: string[];
  done: DoneBy | null;
  /** Of a result: whether playlists may show it; see trust.ts. */
  proof: Proof;
  /** Holders that the task is not given to: their results disagreed. */
  notFor: string[];
  /** What strangers' results were that disagreed, until it is known who was right. */
  claims: Claim[];
  /** Where holders without the source get the chunk from. */
  chunk: StagedChunk | null;
  /** The owner's socket was asked for the chunk; asked again when that is over. */
  staging: { connectionId: string; dueAtMs: number } | null;
}

/** See trust.ts. */
export type Proof = "clear" | "unproven" | "wanted";

/**
 * `hash`: runs the task again, and its holder does not know that it is compared. `picture`: somebody
 * trusted decodes the result and compares what it shows with the source.
 */
export type Audit = "hash" | "picture";

export interface Claim {
  holderId: string;
  /** Of all media outputs, one text. */
  digest: string;
  /** The holder's agreements before it was doubted. */
  agreed: number;
}

export interface DoneBy {
  holderId: string;
  leaseId: string;
  engine: Engine;
  acceptedAtMs: number;
  verified: Provenance["verified"];
}

export interface StagedChunk {
  info: ChunkInfo;
  key: string;
  md5: string;
  /** False between the owner's offer and its word that storage has it. */
  stored: boolean;
}

export interface Lease {
  id: string;
  taskId: string;
  holderId: string;
  /** Of a done task: looks at its result. Null: makes the task. */
  audit: Audit | null;
  /** The holder whose run of the same task, not over yet, this one is to be held against; see trust.ts. */
  pairedWith: string | null;
  /** Only a result of this engine counts; null: of any. */
  engine: Engine | null;
  /** From 1; failed attempts of the task before this one, plus one. */
  attempt: number;
  grantedAtMs: number;
  /**
   * `working`: no offer yet. `offered`: URLs are being signed. `uploading`: the holder has them.
   * `checking`: the gate reads what was uploaded; the holder is no longer needed.
   * `lost`: the holder fell silent or its socket closed; it may take it up again while nobody else has the task.
   */
  phase: "working" | "offered" | "uploading" | "checking" | "lost";
  /** Of the holder's last offer. */
  outputs: Output[] | null;
  /** Of the holder's commit. */
  made: { engine: Engine; encodeMs: number; warnings: string[] } | null;
  /** While checking: asks of the gate so far, and when to ask again if it stays silent. */
  checks: number;
  checkDueAtMs: number;
  /** A sign of life, at most BEAT_RECORDED_EVERY_MS older than the last one; see `Beat`. */
  heardAtMs: number;
}

/**
 * The last sign of life of a lease. Kept in memory only: a heartbeat every two seconds is not worth
 * a row each. What an eviction forgets is bounded by `Lease.heardAtMs`.
 */
export interface Beat {
  heardAtMs: number;
  /** 0..1 */
  progress: number;
}

export interface Holder {
  id: string;
  role: Role;
  /** The token it came with, as a hash: nobody else may speak for it. */
  principal: string;
  name: string;
  device: string;
  slots: number;
  engines: Engine[];
  hasSource: boolean;
  /** Free places it told of that were not filled since. */
  want: number;
  /** Its socket; null when it has none. */
  connectionId: string | null;
  /** A lease of it ran out since it was heard last: gets nothing new until it speaks. */
  silent: boolean;
  /** Results in a row that others made alike. */
  agreed: number;
  /** Failures since its last accepted result; see faults.ts. */
  faults: number;
  /** Caught lying, sent away by the owner, or because it only ever failed. */
  banned: boolean;
  tasksDone: number;
  /** Video made, and the time it says it took, for its speed. */
  mediaTicks: number;
  workMs: number;
  /** Ticks a millisecond by the progress of its first task, until that is done; 0: nothing is known. */
  guessedSpeed: number;
}

/** The init segment of a rendition for an engine class; of ffmpeg's there is one, the first accepted. */
export interface InitRecord {
  rendition: string;
  engine: Engine;
  key: string;
  sha256: string;
  sizeBytes: number;
  /** Whose result brought it. */
  taskId: string;
}

export interface State {
  readonly plan: JobPlan;
  job: JobRecord;
  /** In order of need. */
  readonly tasks: Map<string, TaskRecord>;
  readonly leases: Map<string, Lease>;
  readonly beats: Map<string, Beat>;
  readonly holders: Map<string, Holder>;
  /** By `initId`. */
  readonly inits: Map<string, InitRecord>;
  /** By `acceptedId`. */
  readonly accepted: Map<string, AcceptedSegment>;
  /** Derived from `plan`, by id. */
  readonly planned: ReadonlyMap<string, Task>;
  /** Derived: tasks that wait out a failure. */
  readonly backingOff: Set<string>;
  /** Derived: nothing is due before that, in ms since the epoch. May be earlier than it need be. */
  dueMs: number;
  /** Derived: tasks whose result is not clear. */
  readonly unclear: Set<string>;
}

/** What one event changed; null is a record that is gone. The shell writes exactly these rows. */
export interface Changes {
  job: JobRecord | null;
  tasks: Map<string, TaskRecord>;
  leases: Map<string, Lease | null>;
  /** Not written. */
  beats: Map<string, Beat>;
  holders: Map<string, Holder>;
  inits: Map<string, InitRecord | null>;
  accepted: Map<string, AcceptedSegment | null>;
}

/**
 * Browsers have encoders of their own, each with its parameter sets: every one is a class by itself,
 * and playlists name its init segment (EXT-X-MAP). ffmpeg's are the same bytes wherever it runs.
 */
export function initId({
  rendition,
  engine,
  sha256,
}: Pick<InitRecord, "rendition" | "engine" | "sha256">): string {
  return engine === "webcodecs" ? `${rendition}/${engine}/${sha256}` : `${rendition}/${engine}`;
}

export function acceptedId(rendition: string, segment: number): string {
  return `${rendition}/${segment}`;
}

export interface NewStateOptions {
  settings?: JobSettings;
  origin?: string;
  hasServers?: boolean;
  /** Nobody outside knows it. */
  seed?: string;
}

/** A job nobody has worked on yet. */
export function newState(
  id: string,
  plan: JobPlan,
  nowMs: number,
  options: NewStateOptions = {},
): State {
  const { settings = DEFAULT_JOB_SETTINGS, origin = "", hasServers = false, seed = "" } = options;
  const job: JobRecord = {
    id,
    state: "planned",
    error: null,
    warnings: plan.source.warnings,
    createdAtMs: nowMs,
    firstPlayableAtMs: null,
    endedAtMs: null,
    bytesStored: 0,
    tasksDone: 0,
    settings,
    origin,
    hasServers,
    serverCalls: [],
    serversCalled: 0,
    unattendedSinceMs: null,
    seed,
    unauditedSinceMs: null,
    backupDueAtMs: null,
    stuckSinceMs: nowMs,
    chores: { catalog: { dueAtMs: nowMs } },
  };
  return restoreState(plan, job, {});
}

export interface SavedRecords {
  tasks?: TaskRecord[];
  leases?: Lease[];
  holders?: Holder[];
  inits?: InitRecord[];
  accepted?: AcceptedSegment[];
}

/** A state from its saved records. Tasks that were never touched have none. */
export function restoreState(plan: JobPlan, job: JobRecord, saved: SavedRecords): State {
  const tasks = new Map(plan.tasks.map(({ id }) => [id, newTask(id)]));
  for (const task of saved.tasks ?? []) tasks.set(task.id, task);
  const leases = new Map((saved.leases ?? []).map((lease) => [lease.id, lease]));
  return {
    plan,
    job,
    tasks,
    leases,
    beats: new Map(
      [...leases.values()].map(({ id, heardAtMs }) => [
        id,
        { heardAtMs: heardAtMs + BEAT_RECORDED_EVERY_MS, progress: 0 },
      ]),
    ),
    holders: new Map((saved.holders ?? []).map((holder) => [holder.id, holder])),
    inits: new Map((saved.inits ?? []).map((init) => [initId(init), init])),
    accepted: new Map(
      (saved.accepted ?? []).map((each) => [acceptedId(each.rendition, each.segment), each]),
    ),
    planned: new Map(plan.tasks.map((task) => [task.id, task])),
    backingOff: new Set(
      [...tasks.values()].filter(({ state }) => state === "backoff").map(({ id }) => id),
    ),
    dueMs: 0,
    unclear: new Set(
      [...tasks.values()].filter(({ proof }) => proof !== "clear").map(({ id }) => id),
    ),
  };
}

/** A lease's record keeps a sign of life that is at most this old. */
export const BEAT_RECORDED_EVERY_MS = 10_000;

function newTask(id: string): TaskRecord {
  return {
    id,
    state: "ready",
    failures: 0,
    lastError: null,
    readyAtMs: 0,
    granted: 0,
    leases: [],
    done: null,
    proof: "clear",
    notFor: [],
    claims: [],
    chunk: null,
    staging: null,
  };
}

/** Whether the holder is connected and speaks: an open socket alone may be that of a frozen machine. */
export function isHeard({ connectionId, silent }: Holder): boolean {
  return connectionId !== null && !silent;
}

/** Whether the lease needs its holder's heartbeat. */
export function needsHolder({ phase }: Lease): boolean {
  return phase === "working" || phase === "offered" || phase === "uploading";
}
