import {
  type AcceptedSegment,
  DEFAULT_JOB_SETTINGS,
  type JobPlan,
  type JobSettings,
  type Task,
} from "../../../../shared/job/job.ts";
import { noticesOf } from "../../../../shared/job/notice.ts";
import { NOT_VERIFIED } from "../verify/verification.ts";
import {
  type Holder,
  type InitRecord,
  isUnclear,
  type JobRecord,
  type Lease,
  type TaskRecord,
} from "./records.ts";

/**
 * The last sign of life of a lease. Kept only in memory: a row for each heartbeat would be too many. After an eviction,
 * the latest possible time is assumed: `Lease.heardAtMs` plus `BEAT_RECORDED_EVERY_MS`.
 */
export interface Beat {
  heardAtMs: number;
  /** 0..1 */
  progress: number;
}

/** The state of one job, as the coordinator has it in memory. */
export interface State {
  readonly plan: JobPlan;
  job: JobRecord;
  /** In order of need, by id. */
  readonly tasks: Map<string, TaskRecord>;
  readonly leases: Map<string, Lease>;
  readonly beats: Map<string, Beat>;
  readonly holders: Map<string, Holder>;
  /** By id as made by `initId`. */
  readonly inits: Map<string, InitRecord>;
  /** By id as made by `acceptedId`. */
  readonly accepted: Map<string, AcceptedSegment>;
  /** Derived from `plan`, by id. */
  readonly planned: ReadonlyMap<string, Task>;
  /** Derived: ids of tasks in backoff. */
  readonly backingOff: Set<string>;
  /** Derived: a lower bound of the next deadline, in milliseconds since the epoch. */
  dueMs: number;
  /** Derived: ids of tasks whose results await their verification. */
  readonly unclear: Set<string>;
}

/** The changes of one event, by id; null for a deleted record. The shell writes exactly these rows. */
export interface Changes {
  job: JobRecord | null;
  tasks: Map<string, TaskRecord>;
  leases: Map<string, Lease | null>;
  /** Not stored. */
  beats: Map<string, Beat>;
  holders: Map<string, Holder>;
  inits: Map<string, InitRecord | null>;
  accepted: Map<string, AcceptedSegment | null>;
}

export function noChanges(): Changes {
  return {
    job: null,
    tasks: new Map(),
    leases: new Map(),
    beats: new Map(),
    holders: new Map(),
    inits: new Map(),
    accepted: new Map(),
  };
}

/**
 * Id of an init segment's record. Plans of today fix the init segment of each rendition, so all engines make the same
 * one. With older plans each browser encoder may have its own, which playlists name (EXT-X-MAP), while ffmpeg makes the
 * same bytes on every machine.
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
  title?: string | null;
  origin?: string;
  hasServers?: boolean;
  /** A random secret. */
  seed?: string;
  pool?: JobRecord["pool"];
}

/** The state of a new job. */
export function newState(
  id: string,
  plan: JobPlan,
  nowMs: number,
  options: NewStateOptions = {},
): State {
  const { settings = DEFAULT_JOB_SETTINGS, title = null, origin = "" } = options;
  const { hasServers = false, seed = "", pool = null } = options;
  const job: JobRecord = {
    id,
    state: "planned",
    error: null,
    notices: noticesOf(plan.source),
    createdAtMs: nowMs,
    firstPlayableAtMs: null,
    endedAtMs: null,
    bytesStored: 0,
    chunkBytes: 0,
    uploadBytes: {},
    helperBytes: 0,
    tasksDone: 0,
    settings,
    title,
    pool,
    origin,
    hasServers,
    lentServers: 0,
    serverCalls: [],
    serversCalled: 0,
    unattendedSinceMs: null,
    seed,
    unauditedSinceMs: null,
    awaitsTrusted: false,
    links: {},
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

/** A state from its stored records. Tasks that have never changed have no record. */
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
    unclear: new Set([...tasks.values()].filter(isUnclear).map(({ id }) => id)),
  };
}

/** Age, in milliseconds, at which the stored sign of life of a lease is replaced by a new one. */
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
    verification: NOT_VERIFIED,
    chunkHashes: [],
    chunk: null,
    staging: null,
  };
}
