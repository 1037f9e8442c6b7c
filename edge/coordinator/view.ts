import { hasEnded } from "../../shared/job/job.ts";
import { messagesOf } from "../../shared/job/notice.ts";
import type { PlaylistInput } from "../../shared/playlist/index.ts";
import { shownTitle } from "../../shared/wire/details.ts";
import type { CoordinatorStatus, JobStatus } from "../../shared/wire/job-status.ts";
import type { HolderView, JobDelta, JobView, TaskView } from "../../shared/wire/job-view.ts";
import { tasksNeedingSource } from "./schedule/staging.ts";
import { speed } from "./schedule/state/pace.ts";
import type { Holder, TaskRecord } from "./schedule/state/records.ts";
import { acceptedId, type State } from "./schedule/state/state.ts";
import { PROBATION } from "./schedule/verify/trust.ts";
import { isTrusted } from "./schedule/verify/verifying.ts";

/** Views of the job for pages, the status endpoints and the playlists. */

/** The job as a contributor sees it: without other holders, their tasks and the file's name. */
export function contributorView(state: State): JobView {
  return { ...jobFacts(state), name: titleOf(state), tasks: [], holders: [] };
}

/** The job as owners and servers see it over their sockets. */
export function jobView(state: State): JobView {
  const hasSource = sourceIsHere(state);
  return {
    ...jobFacts(state),
    tasks: [...state.tasks.values()].map((task) => taskView(state, task, hasSource)),
    holders: [...state.holders.values()].map(holderView),
  };
}

/** The new values of everything that changed. */
export function jobDelta(
  state: State,
  changed: { job: boolean; tasks: ReadonlySet<string>; holders: ReadonlySet<string> },
): JobDelta {
  const hasSource = sourceIsHere(state);
  const tasks = [...changed.tasks].flatMap((id) => state.tasks.get(id) ?? []);
  const holders = [...changed.holders].flatMap((id) => state.holders.get(id) ?? []);
  return {
    ...(changed.job || changed.tasks.size > 0 ? jobProgress(state) : {}),
    ...(tasks.length > 0 ? { tasks: tasks.map((task) => taskView(state, task, hasSource)) } : {}),
    ...(holders.length > 0 ? { holders: holders.map(holderView) } : {}),
  };
}

/** The whole status, with all holders and the maker of each result. */
export function ownerStatus(state: State): JobStatus {
  const { source, video, audio } = state.plan;
  return {
    ...jobView(state),
    source,
    renditions: [...video, ...audio],
    segments: [...state.accepted.values()].map(
      ({ rendition, segment, sizeBytes, sha256, frames, provenance }) => ({
        rendition,
        segment,
        sizeBytes,
        sha256,
        frames,
        ...provenance,
      }),
    ),
  };
}

/** The public status, which is short even for a long video: without tasks, holders and segments. */
export function strangerStatus(state: State): JobStatus {
  const { source, video, audio } = state.plan;
  return {
    ...contributorView(state),
    source: {
      ...source,
      name: titleOf(state),
      audio: source.audio.map(({ heard: _, ...track }) => track),
    },
    renditions: [...video, ...audio],
    segments: [],
  };
}

/** The job's state, and counts of its tasks by state. */
export function coordinatorStatus(state: State): CoordinatorStatus {
  const counts = { waiting: 0, ready: 0, leased: 0, checking: 0, backoff: 0, done: 0, failed: 0 };
  let failedAttempts = 0;
  const hasSource = sourceIsHere(state);
  for (const task of state.tasks.values()) {
    counts[taskState(state, task, hasSource)] += 1;
    failedAttempts += task.failures;
  }
  const {
    id,
    state: jobState,
    error,
    createdAtMs,
    firstPlayableAtMs,
    endedAtMs,
    bytesStored,
  } = state.job;
  const holders = [...state.holders.values()];
  const renditions = state.plan.video.length + state.plan.audio.length;
  return {
    jobGroupId: id,
    state: jobState,
    error,
    createdAtMs,
    firstPlayableAtMs,
    endedAtMs,
    bytesStored,
    segments: { total: state.plan.segments.length * renditions, done: state.accepted.size },
    tasks: { total: state.tasks.size, failedAttempts, ...counts },
    holders: {
      total: holders.length,
      connected: holders.filter(({ connectionId }) => connectionId !== null).length,
    },
  };
}

/** @param ended whether no further segment will come */
export function playlistInput(
  state: State,
  ended: boolean = hasEnded(state.job.state),
): PlaylistInput {
  const { video, audio, segments } = state.plan;
  const unclear = unclearOutputs(state);
  const accepted = [...state.accepted].filter(([id]) => !unclear.has(id));
  return { video, audio, segments, accepted: accepted.map(([, each]) => each), ended };
}

/** Ids of the outputs that await their verification. Playlists do not show them. */
function unclearOutputs(state: State): Set<string> {
  const ids = new Set<string>();
  for (const taskId of state.unclear) {
    const { renditions, firstSegment, segmentCount } = state.planned.get(taskId) ?? {
      renditions: [],
      firstSegment: 0,
      segmentCount: 0,
    };
    for (const rendition of renditions) {
      for (let offset = 0; offset < segmentCount; offset += 1) {
        ids.add(acceptedId(rendition, firstSegment + offset));
      }
    }
  }
  return ids;
}

/** Whether a holder is connected that can cut every chunk itself. */
export function sourceIsHere(state: State): boolean {
  return [...state.holders.values()].some(({ connectionId, hasSource }) => {
    return connectionId !== null && hasSource;
  });
}

function jobFacts(state: State): Omit<JobView, "tasks" | "holders"> {
  const { id, createdAtMs } = state.job;
  const { source, segments } = state.plan;
  return {
    id,
    createdAtMs,
    name: source.name,
    durationTicks: source.durationTicks,
    segmentCount: segments.length,
    ...jobProgress(state),
  };
}

function titleOf({ job, plan }: State): string {
  return shownTitle(job.title, plan.source.name);
}

function jobProgress(state: State) {
  const { state: jobState, error, notices, firstPlayableAtMs, endedAtMs } = state.job;
  const { bytesStored, stuckSinceMs } = state.job;
  return {
    title: titleOf(state),
    state: jobState,
    error,
    warnings: messagesOf(notices),
    notices,
    firstPlayableAtMs,
    endedAtMs,
    stuckSinceMs,
    bytesStored,
    progress: state.job.tasksDone / state.plan.tasks.length,
    settings: state.job.settings,
    awaitsVerification: state.job.awaitsTrusted,
    pool: poolView(state),
    tasksNeedingSource: tasksNeedingSource(state),
  };
}

function poolView({ job, holders }: State): JobView["pool"] {
  if (job.pool === null) return null;
  const members = [...holders.values()].filter(({ pool, connectionId }) => {
    return pool !== null && connectionId !== null;
  });
  return { name: job.pool.name, members: members.length };
}

function taskView(state: State, task: TaskRecord, hasSource: boolean): TaskView {
  const { kind, firstSegment, segmentCount } = state.planned.get(task.id) ?? {
    kind: "video",
    firstSegment: 0,
    segmentCount: 0,
  };
  const leases = task.leases.flatMap((id) => state.leases.get(id) ?? []);
  const progress = Math.max(0, ...leases.map(({ id }) => state.beats.get(id)?.progress ?? 0));
  return {
    id: task.id,
    kind,
    firstSegment,
    segmentCount,
    state: taskState(state, task, hasSource),
    attempts: task.failures,
    progress: task.state === "done" ? 1 : progress,
    holder: task.done?.holderId ?? leases[0]?.holderId ?? null,
    lastError: task.lastError,
  };
}

function taskState(state: State, task: TaskRecord, hasSource: boolean): TaskView["state"] {
  if (task.state === "ready") {
    return hasSource || task.chunk?.stored === true ? "ready" : "waiting";
  }
  if (task.state === "done" && task.verification.state !== "verified") return "checking";
  if (task.state !== "leased") return task.state;
  const isChecking = task.leases.some((id) => state.leases.get(id)?.phase === "checking");
  return isChecking ? "checking" : "leased";
}

function holderView(holder: Holder): HolderView {
  const { id, role, name, device, connectionId, slots, tasksDone, mediaTicks } = holder;
  return {
    id,
    role,
    name,
    device,
    connected: connectionId !== null,
    slots,
    tasksDone,
    // A millisecond has 90 ticks.
    speed: mediaTicks > 0 && holder.workMs > 0 ? speed(holder) / 90 : null,
    engines: holder.engines,
    trust: trustOf(holder),
  };
}

function trustOf(holder: Holder): HolderView["trust"] {
  if (holder.banned) return "banned";
  if (isTrusted(holder)) return "trusted";
  return holder.agreed < PROBATION ? "new" : "proven";
}
