import { hasEnded } from "../../../shared/job/job.ts";
import { notice } from "../../../shared/job/notice.ts";
import { chunkKey } from "../../../shared/job/object-keys.ts";
import type { HolderMessage } from "../../../shared/wire/holder-messages.ts";
import type { Reason } from "../../../shared/wire/problem.ts";
import { MOST_CHUNKS_OF_A_TASK, maxChunkBytes, maxChunksBytes } from "./chunk-bounds.ts";
import { NEVER } from "./deadlines.ts";
import { failTask } from "./leases.ts";
import { isStraggling } from "./servers.ts";
import type { Draft } from "./state/draft.ts";
import { type Holder, isHeard, slotsOf, type TaskRecord } from "./state/records.ts";
import type { State } from "./state/state.ts";

/**
 * Chunks in storage, for lease holders without the source. The owner's tab cuts and uploads them: only as far ahead as
 * others need them, or all of them when the owner wants to leave.
 */

/** Number of chunks that are kept ready for each slot of a holder without the source. */
const AHEAD_PER_SLOT = 2;
/** The most chunks for which the owner is asked at once. */
const MAX_ASKED = 8;
/** Milliseconds after which the owner is asked again for a chunk that has not come. */
const STAGE_AGAIN_MS = 120_000;

/** A server with the source makes a job of at most this many tasks alone. */
const SERVER_ALONE_TASKS = 6;

type StageOffer = Extract<HolderMessage, { type: "stage-offer" }>;
type StageFailed = Extract<HolderMessage, { type: "stage-failed" }>;

/** Asks the owner for the chunks that other holders will need next. */
export function stageChunks(draft: Draft): void {
  if (hasEnded(draft.job.state)) return;
  let missing = chunksWanted(draft);
  if (missing === 0) return;
  const owner = draft.holders().find((holder) => isHeard(holder) && holder.hasSource);
  const connectionId = owner?.connectionId ?? null;
  if (connectionId === null) return;
  // A server with the source makes a short video alone, unless it is late or a pool was asked.
  const isAlone =
    owner?.role === "server" &&
    draft.job.pool === null &&
    draft.plan.tasks.length <= SERVER_ALONE_TASKS;
  if (isAlone && ![...draft.leases()].some((lease) => isStraggling(draft, lease))) return;

  let asked = 0;
  const wanted: TaskRecord[] = [];
  for (const task of draft.tasks()) {
    if (missing <= 0 || asked >= MAX_ASKED) break;
    if (!mayNeedChunk(draft, task) || wasRefused(task, connectionId)) continue;
    if (task.chunk?.stored === true) {
      // The chunk of a task that is leased is not needed for the next assignments.
      if (task.state !== "leased") missing -= 1;
      continue;
    }
    missing -= 1;
    asked += 1;
    if (!isAsked(task, connectionId, draft.nowMs)) wanted.push(task);
  }
  if (wanted.length === 0) return;
  for (const task of wanted) {
    const dueAtMs = draft.nowMs + STAGE_AGAIN_MS;
    draft.patchTask(task.id, { staging: { connectionId, dueAtMs } });
  }
  const taskIds = wanted.map(({ id }) => id);
  draft.effects.push({ type: "send", connectionId, message: { type: "stage", taskIds } });
}

/** Takes a message that the owner has a chunk and wants to upload it. */
export function takeStageOffer(draft: Draft, holder: Holder, said: StageOffer): void {
  const { chunk: info, sha256, md5 } = said;
  const task = draft.task(info.taskId);
  if (!holder.hasSource || holder.connectionId === null || task === undefined) return;
  if (task.chunk?.stored !== true) {
    const refused = chunkRefusal(draft, task, said);
    if (refused !== null) {
      refuseChunk(draft, task.id, holder.connectionId, refused);
      return;
    }
    const key = chunkKey(draft.job.id, task.id, sha256);
    if (!task.chunkHashes.includes(sha256)) {
      draft.patchJob({ chunkBytes: draft.job.chunkBytes + info.sizeBytes });
    }
    const chunkHashes = [...new Set([...task.chunkHashes, sha256])];
    draft.patchTask(task.id, { chunkHashes, chunk: { info, key, md5, stored: false } });
  }
  draft.effects.push({
    type: "presign-chunk",
    connectionId: holder.connectionId,
    taskId: task.id,
  });
}

const CHUNK_WARNING =
  "Some parts are too large to be given to helpers: only a tab with the video can make them.";

function chunkRefusal(
  { plan, job }: Draft,
  { chunkHashes }: TaskRecord,
  { chunk: { sizeBytes }, sha256 }: StageOffer,
): Reason | null {
  const code = "STORAGE_LIMIT";
  if (sizeBytes > maxChunkBytes(plan)) {
    return { code, message: `A chunk of this job has at most ${maxChunkBytes(plan)} bytes.` };
  }
  if (chunkHashes.includes(sha256)) return null;
  if (chunkHashes.length >= MOST_CHUNKS_OF_A_TASK) {
    return { code, message: "The task has had too many different chunks." };
  }
  if (job.chunkBytes + sizeBytes > maxChunksBytes(plan)) {
    return { code, message: "The job's chunks are larger than its source lets them be." };
  }
  return null;
}

/**
 * Refuses a chunk. Its task stays with holders that have the source. The chunk is not requested again over this socket.
 */
function refuseChunk(draft: Draft, taskId: string, connectionId: string, refused: Reason): void {
  draft.patchTask(taskId, { staging: { connectionId, dueAtMs: null } });
  draft.tell(notice("PARTS_NOT_SHARED", CHUNK_WARNING));
  const message = { type: "stage-upload", taskId, put: null, refused } as const;
  draft.effects.push({ type: "send", connectionId, message });
}

/** Takes the message that a task's chunk is in storage. */
export function takeStaged(draft: Draft, holder: Holder, taskId: string): void {
  const task = draft.task(taskId);
  if (!holder.hasSource || task === undefined || task.chunk === null) return;
  draft.patchTask(taskId, { chunk: { ...task.chunk, stored: true }, staging: null });
}

/** Takes the message that the owner cannot make a chunk. */
export function takeStageFailed(draft: Draft, holder: Holder, said: StageFailed): void {
  const task = draft.task(said.taskId);
  if (!holder.hasSource || task === undefined || task.staging === null) return;
  const { code, message, retryable } = said;
  draft.patchTask(task.id, { staging: null });
  failTask(draft, task.id, { code, message, final: !retryable });
}

/**
 * A holder could not download a chunk that should be in storage. It is staged again if a holder with the source is
 * connected.
 */
export function forgetChunk(draft: Draft, taskId: string): void {
  const task = draft.task(taskId);
  const isOwnerHere = draft.holders().some((each) => each.connectionId !== null && each.hasSource);
  if (task === undefined || !isOwnerHere) return;
  if (task.chunk?.stored === true) draft.patchTask(taskId, { chunk: null, staging: null });
}

/** Number of tasks that only a holder with the source can do now. */
export function tasksNeedingSource({ tasks }: State): number {
  return [...tasks.values()].filter(({ state, chunk }) => {
    return state !== "done" && chunk?.stored !== true;
  }).length;
}

/** The number of tasks without a lease whose chunks should be in storage. */
function chunksWanted(draft: Draft): number {
  const { settings, lentServers } = draft.job;
  const { stageAll, servers } = settings;
  if (stageAll || servers === "always") return Number.POSITIVE_INFINITY;
  const others = draft.holders().filter(({ connectionId, hasSource, role }) => {
    return connectionId !== null && !hasSource && role !== "owner";
  });
  // A server that the pool lends is called once a chunk lies ready.
  return (slotsOf(others) + lentServers) * AHEAD_PER_SLOT;
}

/** Drops unanswered requests for chunks that are no longer needed, so that they cause no more alarms. */
export function forgetOldAsks(draft: Draft): void {
  for (const task of draft.tasks()) {
    if ((task.staging?.dueAtMs ?? NEVER) <= draft.nowMs) {
      draft.patchTask(task.id, { staging: null });
    }
  }
}

/**
 * Whether a task may need its chunk in storage. A leased task needs none, unless the owner wants to leave or the lease
 * is late.
 */
function mayNeedChunk(draft: Draft, { state, leases }: TaskRecord): boolean {
  if (state === "done" || state === "failed" || state === "backoff") return false;
  if (state !== "leased" || draft.job.settings.stageAll) return true;
  // A server that is called to make a copy of a late task has no source.
  return leases.some((id) => {
    const lease = draft.lease(id);
    return lease !== undefined && isStraggling(draft, lease);
  });
}

function wasRefused({ staging }: TaskRecord, connectionId: string): boolean {
  return staging?.connectionId === connectionId && staging.dueAtMs === null;
}

function isAsked({ staging }: TaskRecord, connectionId: string, nowMs: number): boolean {
  return staging?.connectionId === connectionId && (staging.dueAtMs ?? NEVER) > nowMs;
}
