import { createWriteStream, openAsBlob } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream as NodeReadableStream } from "node:stream/web";
import { openSource, type Source } from "../../shared/ingest/read/source.ts";
import { TributaryError, toWireError } from "../../shared/job/errors.ts";
import { type JobPlan, TICKS_PER_SECOND } from "../../shared/job/job.ts";
import { messagesOf, type Notice, notice, withNotices } from "../../shared/job/notice.ts";
import { rangeOf } from "../../shared/job/trim-range.ts";
import { log } from "../../shared/log.ts";
import type { AudioChoice } from "../../shared/plan/audio-choice.ts";
import type { PreparedRequest } from "../../shared/wire/api.ts";
import type { NewCaptions } from "../../shared/wire/captions.ts";
import type { WholeSourceRequest } from "../../shared/wire/container.ts";
import { cardMakerIn } from "./make-card.ts";
import { loadFfmpegCore, nodeRemuxer } from "./node-remuxer.ts";
import type { Workspace } from "./workspace.ts";

/** Interval, in milliseconds, of the signs of life that are sent until the plan is ready. */
const HEARD_EVERY_MS = 20_000;
/** The video renditions of shorter videos are one task, because dividing them costs more time than it saves. */
const ONE_TASK_TICKS = 30 * TICKS_PER_SECOND;
const SAY_TIMEOUT_MS = 30_000;

/** A whole video on this machine's disk, with its job's plan. */
export interface WholeSource {
  source: Source;
  plan: JobPlan;
}

/**
 * Downloads a whole video, reads it, and plans its job if that was not done before. Posts the plan or the error to
 * `preparedUrl`.
 * @param slots number of encodes at the same time in this container
 * @throws TributaryError with a SOURCE_* code, LADDER_INVALID, TRIM_EMPTY, TRIM_BEYOND_END, DOWNLOAD_FAILED, NETWORK
 */
export async function openWholeSource(
  request: WholeSourceRequest,
  { token, slots, workspace }: { token: string; slots: number; workspace: Workspace },
  signal: AbortSignal,
): Promise<WholeSource> {
  const say = (said: PreparedRequest): Promise<void> => post(request.preparedUrl, token, said);
  const lives = (): void => void say({ progress: 0 }).catch(() => {});
  // The first one is sent at once. Without any, the source job would take the call for lost.
  lives();
  const timer = setInterval(lives, HEARD_EVERY_MS);
  try {
    const path = workspace.path("source");
    await download(request, path, signal);
    const whole = await openSource(new File([await openAsBlob(path)], request.name), {
      signal,
      loadFfmpeg: loadFfmpegCore,
      remux: nodeRemuxer(path, workspace.dir),
      makeCard: cardMakerIn(workspace),
    });
    const source = request.trim === undefined ? whole : whole.trimmed(rangeOf(request.trim));
    const audio = await measured(source, request, signal);
    const plan = inOneTask(source.planJob(request.ladder ?? undefined, slots, audio));
    if (request.needsPlan) {
      const { tracks, notices } = await readSubtitles(source, signal);
      await say({ plan: withMore(plan, notices) });
      for (const captions of tracks) await sayCaptions(say, captions);
    }
    return { source, plan };
  } catch (thrown) {
    const { code, message, retryable } = toWireError(thrown);
    if (!signal.aborted) {
      await say({ error: { code, message: message.slice(0, 500), retryable } }).catch(() => {});
    }
    throw thrown;
  } finally {
    clearInterval(timer);
  }
}

/** The audio choice with the measured loudness, where it is needed for the plan. An existing plan has it already. */
async function measured(
  source: Source,
  { audio, needsPlan }: WholeSourceRequest,
  signal: AbortSignal,
): Promise<AudioChoice | undefined> {
  if (audio?.loudness !== true || !needsPlan) return audio;
  return { ...audio, measured: await source.loudness({ signal }) };
}

/**
 * The source's subtitles, in the form in which they are sent. Where they cannot be read, a notice of the plan says so.
 */
async function readSubtitles(
  source: Source,
  signal: AbortSignal,
): Promise<{ tracks: NewCaptions[]; notices: Notice[] }> {
  try {
    const tracks = await source.captions(signal);
    const sent = tracks
      .filter(({ text }) => text !== "")
      .map(({ track, title, ...more }) => {
        const name = title?.trim().slice(0, 100);
        return { ...more, sourceTrack: track, ...(name ? { name } : {}) };
      });
    return { tracks: sent, notices: [] };
  } catch (thrown) {
    signal.throwIfAborted();
    const message = `The subtitles of the file could not be read: ${toWireError(thrown).message}`;
    return { tracks: [], notices: [notice("CAPTIONS_NOT_SAVED", message.slice(0, 500))] };
  }
}

function withMore(plan: JobPlan, more: readonly Notice[]): JobPlan {
  const notices = withNotices(plan.source.notices, more);
  return { ...plan, source: { ...plan.source, notices, warnings: messagesOf(notices) } };
}

/** Sends a track of subtitles. A refused track is logged, and does not end the job. */
async function sayCaptions(
  say: (said: PreparedRequest) => Promise<void>,
  captions: NewCaptions,
): Promise<void> {
  try {
    await say({ captions });
  } catch (thrown) {
    const { code } = toWireError(thrown);
    log("captions", { end: code, language: captions.language });
  }
}

/** Makes all video renditions of a short video one task. */
function inOneTask(plan: JobPlan): JobPlan {
  if (plan.source.durationTicks > ONE_TASK_TICKS) return plan;
  const audio = plan.tasks.filter(({ kind }) => kind === "audio");
  const renditions = plan.video.map(({ id }) => id);
  const segmentCount = plan.segments.length;
  const whole = { id: "v-0", kind: "video" as const, renditions, firstSegment: 0, segmentCount };
  return { ...plan, tasks: [...audio, whole] };
}

async function download(
  { url, sizeBytes }: WholeSourceRequest,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  let received = 0;
  try {
    const response = await fetch(url, { signal });
    if (!response.ok || response.body === null) {
      throw new TributaryError("DOWNLOAD_FAILED", `Storage answered with ${response.status}.`);
    }
    const body = Readable.fromWeb(response.body as NodeReadableStream<Uint8Array>);
    body.on("data", (bytes: Buffer) => {
      received += bytes.length;
      if (received > sizeBytes) body.destroy(otherSize());
    });
    await pipeline(body, createWriteStream(path), { signal });
  } catch (thrown) {
    signal.throwIfAborted();
    if (thrown instanceof TributaryError) throw thrown;
    throw new TributaryError("NETWORK", "Storage could not be reached.", { cause: thrown });
  }
  if (received !== sizeBytes) {
    throw otherSize();
  }
}

function otherSize(): TributaryError {
  return new TributaryError("DOWNLOAD_FAILED", "Storage sent another number of bytes.");
}

async function post(url: string, token: string, said: PreparedRequest): Promise<void> {
  const response = await fetch(url, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(said),
    signal: AbortSignal.timeout(SAY_TIMEOUT_MS),
  });
  await response.arrayBuffer();
  if (response.ok) return;
  // 403: the job was cancelled, or another server has it.
  const code = response.status === 403 ? "FORBIDDEN" : "NETWORK";
  throw new TributaryError(code, `The edge answered with status ${response.status}.`);
}
