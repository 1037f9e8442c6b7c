import { mkdtempSync, openAsBlob, rmSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll } from "vitest";
import { loadFfmpegCore, nodeRemuxer } from "../../edge/container/node-remuxer.ts";
import { openSource, type Source, type SourceChunk } from "../../shared/ingest/read/source.ts";
import { type JobPlan, segmentFrames, TICKS_PER_SECOND } from "../../shared/job/job.ts";
import { ffmpeg } from "../setup/media.ts";

/** Folder for rewritten sources. They are read while their source is open. */
export const copies = mkdtempSync(join(tmpdir(), "tributary-copies-"));
afterAll(() => rmSync(copies, { recursive: true, force: true }));

/** Opens a file on disk like a page that opens a picked file. */
export async function open(path: string): Promise<Source> {
  return openSource(new File([await openAsBlob(path)], basename(path)), {
    signal: new AbortController().signal,
    loadFfmpeg: loadFfmpegCore,
    remux: nodeRemuxer(path, copies),
  });
}

/** Hashes of the decoded frames in display order, not rotated. */
export async function pictureHashes(path: string, filter: string[] = []): Promise<string[]> {
  const log = await ffmpeg([
    ...["-noautorotate", "-i", path, "-map", "0:V:0", ...filter],
    ...["-fps_mode", "passthrough", "-f", "framemd5", "-"],
  ]);
  const lines = log.toString().split("\n");
  return lines
    .filter((line) => /^\d/.test(line))
    .map((line) => line.split(",").at(-1)?.trim() ?? "");
}

export interface DecodedTask {
  /** Number of planned frames, before `frameStep` drops any. */
  planned: number;
  hashes: string[];
}

/** Hashes of all tasks' frames in order, without frames that only repeat the one before a segment. */
export function shownOnce(plan: JobPlan, decoded: readonly DecodedTask[]): string[] {
  const tasks = plan.tasks.filter((one) => one.kind === "video");
  return decoded.flatMap(({ hashes }, i) => {
    const repeats = plan.segments[tasks[i]?.firstSegment ?? 0]?.repeatsFrame === true;
    if (repeats && hashes[0] !== decoded[i - 1]?.hashes.at(-1))
      throw new Error(`Task ${tasks[i]?.id} does not begin with the picture before it.`);
    return repeats ? hashes.slice(1) : hashes;
  });
}

/** Cuts each video task and decodes it like the engine: trimmed at times halfway between two frames. */
export async function decodeVideoTasks(source: Source, plan: JobPlan): Promise<DecodedTask[]> {
  return inFolder(async (folder) => {
    const decoded: DecodedTask[] = [];
    for (const task of plan.tasks.filter((one) => one.kind === "video")) {
      const segments = segmentsOf(plan, task);
      const chunk = await cut(source, plan, task);
      const path = join(folder, `${task.id}.mp4`);
      await writeFile(path, new Uint8Array(chunk.bytes));
      const { baseTicks, trimStartTicks, trimEndTicks } = chunk.info;
      const from = (trimStartTicks - baseTicks) / TICKS_PER_SECOND;
      const to = (trimEndTicks - baseTicks) / TICKS_PER_SECOND;
      const trim = ["-vf", `trim=start=${from}:end=${to}`];
      const planned = segments.reduce((sum, segment) => sum + segmentFrames(segment), 0);
      decoded.push({ planned, hashes: await pictureHashes(path, ["-copyts", ...trim]) });
    }
    return decoded;
  });
}

export interface DecodedSound {
  /** Position of the first decoded sample, on the file's own timeline. */
  startSample: number;
  /** First channel; silence in the gaps. */
  samples: Float32Array;
}

/** A time that is further than this from the count of samples means a gap. A smaller difference is rounding to 1 ms. */
const GAP_SECONDS = 0.1;

/** The audio of a file as native ffmpeg decodes it, with each sample at its position. */
export async function decodedSound(
  path: string,
  track: number,
  sampleRate: number,
): Promise<DecodedSound> {
  const stream = ["-copyts", "-i", path, "-map", `0:a:${track}`];
  const raw = await ffmpeg([...stream, "-af", "pan=mono|c0=c0", "-f", "f32le", "-"]);
  const decoded = new Float32Array(raw.buffer, raw.byteOffset, raw.length >> 2);
  const log = (await ffmpeg([...stream, "-f", "framecrc", "-"])).toString();
  const [, numerator, denominator] = /^#tb 0: (\d+)\/(\d+)/m.exec(log) ?? [];
  const perTick = (Number(numerator) / Number(denominator)) * sampleRate;
  const frames = log
    .split("\n")
    .filter((line) => /^\d/.test(line))
    .map((line) => line.split(",").map(Number))
    .map(([, , at = 0, length = 0]) => ({
      at: at * perTick,
      length: Math.round(length * perTick),
    }));
  const startSample = Math.round(frames[0]?.at ?? 0);
  const samples = new Float32Array(decoded.length + 10 * sampleRate);
  let next = startSample;
  let taken = 0;
  for (const { at, length } of frames) {
    if (Math.abs(at - next) > GAP_SECONDS * sampleRate) next = Math.round(at);
    samples.set(decoded.subarray(taken, taken + length), next - startSample);
    next += length;
    taken += length;
  }
  return { startSample, samples: samples.subarray(0, next - startSample) };
}

/** Cuts the chunk of a task. */
export async function cut(
  source: Source,
  plan: JobPlan,
  task: JobPlan["tasks"][number],
): Promise<SourceChunk> {
  const renditions = [...plan.video, ...plan.audio].filter(({ id }) =>
    task.renditions.includes(id),
  );
  const grant = { task, segments: segmentsOf(plan, task), renditions };
  return source.cutChunk(grant, new AbortController().signal);
}

export function segmentsOf(plan: JobPlan, task: JobPlan["tasks"][number]) {
  return plan.segments.slice(task.firstSegment, task.firstSegment + task.segmentCount);
}

/** Runs `work` with a temporary folder, which is removed after it. */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "tributary-ingest-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
