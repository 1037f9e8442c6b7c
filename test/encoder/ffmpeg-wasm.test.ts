import { beforeAll, describe, expect, test } from "vitest";
import { loadFfmpegCore } from "../../edge/container/node-remuxer.ts";
import { checkOutputs } from "../../shared/cmaf/check.ts";
import type { TranscodedTask, TranscodeTask } from "../../shared/encode/ffmpeg/task.ts";
import { readBoxes } from "../../shared/isobmff/box.ts";
import { FfmpegWasmEngine } from "../../web/encoder/engines/ffmpeg-wasm.ts";
import { nativeTranscode, withoutAssembler } from "../encode/native.ts";
import { cutTasks } from "../encode/whole-job.ts";
import { fixture, generatedClip } from "../setup/media.ts";

const LADDER = [
  { shortSide: 144, kilobitsPerSecond: 120 },
  { shortSide: 90, kilobitsPerSecond: 60 },
];

/** One second of tiny frames, for tests of the instance and not of the output. */
const TINY = [
  ...["-f", "lavfi", "-i", "testsrc2=size=128x96:rate=24:duration=1"],
  ...["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"],
];

let engine: FfmpegWasmEngine;
let tasks: TranscodeTask[];
let tiny: TranscodeTask;

beforeAll(async () => {
  engine = new FfmpegWasmEngine(loadFfmpegCore);
  ({ tasks } = await cutTasks(await fixture("long-gop-20s.mp4"), LADDER));
  const [first] = (await cutTasks(await generatedClip("tiny-1s.mp4", TINY), LADDER.slice(1))).tasks;
  if (first === undefined) throw new Error("no task");
  tiny = first;
}, 120_000);

describe("a video task", () => {
  test("gives the bytes that native ffmpeg gives without assembler", async () => {
    // The second task: its chunk has a lead-in, which must not be shown.
    const task = videoTasks()[1];
    if (task === undefined) throw new Error("no second task");
    const progress: number[] = [];
    const made = await transcode(task, (share) => progress.push(share));
    const native = await nativeTranscode(copyOf(task), withoutAssembler);
    checkOutputs(made.outputs, task.grant);
    expect(made.notices).toEqual([]);
    expect(made.outputs.map(nameAndBytes)).toEqual(native.outputs.map(nameAndBytes));
    expect(progress.length).toBeGreaterThan(0);
    expect(Math.min(...progress)).toBeGreaterThanOrEqual(0);
    // Progress starts again in an instance that has already run a task.
    const again: number[] = [];
    await transcode(task, (share) => again.push(share));
    expect(again[0]).toBeLessThan(0.5);
    expect(Math.max(...progress)).toBeLessThanOrEqual(1);
  }, 120_000);

  test("gives the same bytes from one instance after another", async () => {
    // 14 tasks are 28 runs of ffmpeg and ffprobe, so the instance is replaced on the way.
    const [first, ...others] = await series(14, () => transcode(tiny));
    for (const other of others) {
      expect(other.outputs.map(nameAndBytes)).toEqual(first?.outputs.map(nameAndBytes));
    }
  }, 120_000);

  test("that lacks pictures says how many and where, and does not ask to be tried again", async () => {
    const halved = { ...copyOf(tiny), info: { ...tiny.info, trimEndTicks: 45_000 } };
    await expect(engine.transcode(halved, () => {})).rejects.toMatchObject({
      code: "DECODE_FAILED",
      retryable: false,
      message: expect.stringContaining("12 of 24 pictures between 0:00.0 and 0:01.0"),
    });
    // The engine still works.
    checkOutputs((await transcode(tiny)).outputs, tiny.grant);
  }, 60_000);

  test("warns where a damaged picture was repaired by guess", async () => {
    const task = copyOf(tiny);
    // Damages the first frame, whose bytes come first in the mdat.
    const mdat = readBoxes(task.chunk).find(({ type }) => type === "mdat");
    if (mdat === undefined) throw new Error("no mdat");
    task.chunk.fill(0x55, mdat.bodyStart + 2_000, mdat.bodyStart + 2_012);
    const { outputs, notices } = await transcode(task);
    checkOutputs(outputs, task.grant);
    expect(notices).toEqual([
      {
        code: "PICTURES_REPAIRED",
        message: expect.stringMatching(/^The source is damaged between 0:00\.0 and /),
        atSeconds: 0,
      },
    ]);
  }, 60_000);

  test.each([
    ["no bytes", new Uint8Array(0)],
    ["no MP4", new TextEncoder().encode("<!doctype html><title>502</title>".repeat(40))],
  ])("with a chunk that is %s ends in a code", async (_, chunk) => {
    await expect(engine.transcode({ ...copyOf(tiny), chunk }, () => {})).rejects.toMatchObject({
      code: "CHUNK_UNREADABLE",
    });
  });
});

describe("a sound task", () => {
  test("gives every AAC frame of its segments, as native ffmpeg does", async () => {
    const task = tasks.find((one) => one.grant.task.kind === "audio");
    if (task === undefined) throw new Error("no sound task");
    const made = await transcode(task);
    const native = await nativeTranscode(copyOf(task));
    checkOutputs(made.outputs, task.grant);
    expect(made.outputs.map(name)).toEqual(native.outputs.map(name));
    expect(made.notices).toEqual([]);
  }, 60_000);
});

function videoTasks(): TranscodeTask[] {
  return tasks.filter(isVideo);
}

function isVideo(task: TranscodeTask): boolean {
  return task.grant.task.kind === "video";
}

/** A copy, because the engine transfers the chunk away. */
function copyOf(task: TranscodeTask): TranscodeTask {
  return { ...task, chunk: task.chunk.slice() };
}

function transcode(task: TranscodeTask, onProgress = (_: number) => {}): Promise<TranscodedTask> {
  return engine.transcode(copyOf(task), onProgress);
}

async function series<T>(count: number, run: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let nth = 0; nth < count; nth++) results.push(await run());
  return results;
}

function name({ rendition, kind, segment, frames }: TranscodedTask["outputs"][number]): string {
  return `${rendition} ${kind} ${segment}: ${frames}`;
}

function nameAndBytes(output: TranscodedTask["outputs"][number]): string {
  return `${name(output)} ${Buffer.from(output.bytes).toString("base64")}`;
}
