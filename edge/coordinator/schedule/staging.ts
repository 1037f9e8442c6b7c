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
 * Chunks in storage, for holders that have no source. The owner's tab cuts and uploads them, only as
 * far ahead as others need them, or all of them when it wants to leave.
 */

/** Chunks that lie ready for each place of a holder without the source. */
const AHEAD_PER_SLOT = 2;
/** The owner is asked for at most so many at once. */
const MAX_ASKED = 8;
/** A chunk that has not come by then is asked for again. */
const STAGE_AGAIN_MS = 120_000;

/** No second server is called for a job of so few tasks. */
const SERVER_ALONE_TASKS = 6;

type StageOffer = Extract<HolderMessage, { type: "stage-offer" }>;
type StageFailed = Extract<HolderMessage, { type: "stage-failed" }>;

/** Asks the owner for the chunks that others will want next. */
export function stageChunks(draft: Draft): void {
  if (hasEnded(draft.job.state)) return;
  let missing = chunksWanted(draft);
  if (missing === 0) return;
  const owner = draft.holders().find((holder) => isHeard(holder) && holder.hasSource);
  const connectionId = owner?.connectionId ?? null;
  if (connectionId === null) return;
  // A server that has the source does a short video by itself, as long as it gets on.
  const isAlone = owner?.role === "server" && draft.plan.tasks.length <= SERVER_ALONE_TASKS;
  if (isAlone && ![...draft.leases()].some((lease) => isStraggling(draft, lease))) return;

  let asked = 0;
  const wanted: TaskRecord[] = [];
  for (const task of draft.tasks()) {
    if (missing <= 0 || asked >= MAX_ASKED) break;
    if (!mayNeedChunk(draft, task) || wasRefused(task, connectionId)) continue;
    if (task.chunk?.stored === true) {
      // One that is leased already is nobody's next.
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

/** The owner has the chunk and wants to upload it. */
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

/** The task stays one for those who have the source; it is not asked for again through this socket. */
function refuseChunk(draft: Draft, taskId: string, connectionId: string, refused: Reason): void {
  draft.patchTask(taskId, { staging: { connectionId, dueAtMs: null } });
  draft.tell(notice("PARTS_NOT_SHARED", CHUNK_WARNING));
  const message = { type: "stage-upload", taskId, put: null, refused } as const;
  draft.effects.push({ type: "send", connectionId, message });
}

/** The task's chunk is in storage, as the holder that has the source says. */
export function takeStaged(draft: Draft, holder: Holder, taskId: string): void {
  const task = draft.task(taskId);
  if (!holder.hasSource || task === undefined || task.chunk === null) return;
  draft.patchTask(taskId, { chunk: { ...task.chunk, stored: true }, staging: null });
}

/** The owner, who has the source, cannot make the chunk. */
export function takeStageFailed(draft: Draft, holder: Holder, said: StageFailed): void {
  const task = draft.task(said.taskId);
  if (!holder.hasSource || task === undefined || task.staging === null) return;
  const { code, message, retryable } = said;
  draft.patchTask(task.id, { staging: null });
  failTask(draft, task.id, { code, message, final: !retryable });
}

/** A holder could not get a chunk that should be there: it is staged anew, if anybody can. */
export function forgetChunk(draft: Draft, taskId: string): void {
  const task = draft.task(taskId);
  const isOwnerHere = draft.holders().some((each) => each.connectionId !== null && each.hasSource);
  if (task === undefined || !isOwnerHere) return;
  if (task.chunk?.stored === true) draft.patchTask(taskId, { chunk: null, staging: null });
}

/** Tasks that only a tab with the source can do now. */
export function tasksNeedingSource({ tasks }: State): number {
  return [...tasks.values()].filter(({ state, chunk }) => {
    return state !== "done" && chunk?.stored !== true;
  }).length;
}

/** How many untaken tasks should have their chunk in storage. */
function chunksWanted(draft: Draft): number {
  const { stageAll, servers } = draft.job.settings;
  if (stageAll || servers === "always") return Number.POSITIVE_INFINITY;
  const others = draft.holders().filter(({ connectionId, hasSource, role }) => {
    return connectionId !== null && !hasSource && role !== "owner";
  });
  return slotsOf(others) * AHEAD_PER_SLOT;
}

/** Drops unanswered requests for chunks that are no longer needed, so that they cause no more alarms. */
export function forgetOldAsks(draft: Draft): void {
  for (const task of draft.tasks()) {
    if ((task.staging?.dueAtMs ?? NEVER) <= draft.nowMs) {
      draft.patchTask(task.id, { staging: null });
    }
  }
}

/** Tasks that the owner works on itself need no chunk, unless the owner wants to leave. */
function mayNeedChunk(draft: Draft, { state, leases }: TaskRecord): boolean {
  if (state === "done" || state === "failed" || state === "backoff") return false;
  if (state !== "leased" || draft.job.settings.stageAll) return true;
  // A server that was called to make a copy of it has no source.
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
