import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkInit, checkMedia } from "../../shared/cmaf/check.ts";
import { cutVideo } from "../../shared/cmaf/cut.ts";
import { plannedInit } from "../../shared/cmaf/planned-init.ts";
import { readFragments } from "../../shared/cmaf/read-fragment.ts";
import { readInit } from "../../shared/cmaf/read-init.ts";
import type { TranscodeTask } from "../../shared/encode/transcode-task.ts";
import { readAvcConfig } from "../../shared/h264/avc-config.ts";
import { BROWSER_SET_ID, encoderSets, x264Sets } from "../../shared/h264/encoder-sets.ts";
import { isSlice, nalUnit } from "../../shared/h264/nal-units.ts";
import { parseSps } from "../../shared/h264/sps.ts";
import { type EncoderSets, segmentFrames, type VideoRendition } from "../../shared/job/job.ts";
import { nativeTranscode } from "../encode/native.ts";
import { cutTasks } from "../encode/whole-job.ts";
import { decodedFrameTimes } from "../exactness/decoded-frames.ts";
import { compareColours } from "../exactness/plane-likeness.ts";
import { fixture } from "../setup/media.ts";

const LADDER = [{ shortSide: 240, kilobitsPerSecond: 300 }];
const SIZE = { width: 428, height: 240 };

let dir: string;
let file: string;
let tasks: TranscodeTask[];
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "tributary-sets-"));
  file = await fixture("long-gop-20s.mp4");
  tasks = (await cutTasks(file, LADDER)).tasks.filter(({ grant }) => grant.task.kind === "video");
});
afterAll(() => rm(dir, { recursive: true, force: true }));

type Change = (args: readonly string[]) => readonly string[];

/** Makes x264 act like another encoder: other parameter sets under id 0, without B-frames and with another VUI. */
const asBrowser: Change = (args) =>
  args.map((arg, at) => {
    if (args[at - 1] === "-bf") return "0";
    return arg.startsWith("fps=") ? `${arg}:ref=1:b-pyramid=0:weightp=0` : arg;
  });

function renditionOf(task: TranscodeTask | undefined): VideoRendition {
  const rendition = task?.grant.renditions[0];
  if (rendition?.kind !== "video") throw new Error("A video rendition is needed.");
  return rendition;
}

const planned = (task: TranscodeTask, rendition: VideoRendition): TranscodeTask => ({
  ...task,
  chunk: task.chunk.slice(),
  grant: { ...task.grant, renditions: [rendition] },
});

/** Encodes a task without a planned init segment, so the encoder's own parameter sets are used. */
async function encodedAlone(task: TranscodeTask, change?: Change) {
  const { parameterSets: _, ...rendition } = renditionOf(task);
  return (await nativeTranscode(planned(task, rendition), change)).outputs;
}

async function browserSets(): Promise<EncoderSets> {
  const [task] = tasks;
  const rendition = renditionOf(task);
  if (task === undefined || rendition.parameterSets === undefined) throw new Error("No plan.");
  const [init] = await encodedAlone(task, asBrowser);
  const said = { level: rendition.level, colours: rendition.parameterSets.colour };
  const sets = encoderSets(readInit(init?.bytes ?? new Uint8Array()).config, BROWSER_SET_ID, said);
  if (sets === null) throw new Error("The sets cannot be joined.");
  return sets;
}

async function joinedRendition(): Promise<VideoRendition> {
  const rendition = renditionOf(tasks[0]);
  if (rendition.parameterSets === undefined) throw new Error("No plan.");
  const browser = await browserSets();
  return { ...rendition, parameterSets: { ...rendition.parameterSets, browser } };
}

test("pictures of two encoders are one stream by one init segment: all frames, in true colours", async () => {
  const rendition = await joinedRendition();
  const init = plannedInit(rendition);
  if (init === null) throw new Error("No init segment.");
  const facts = checkInit(init, rendition);
  // With either encoder first, because a decoder keeps the parameters of the first one.
  for (const first of [0, 1]) {
    const parts: Uint8Array[] = [init];
    for (const [index, task] of tasks.entries()) {
      const outputs =
        index % 2 === first
          ? await encodedAlone(task, asBrowser)
          : (await nativeTranscode(planned(task, rendition))).outputs;
      for (const { kind, bytes, segment: at } of outputs) {
        const segment = task.grant.segments.find((each) => each.index === at);
        if (kind !== "media" || segment === undefined) continue;
        checkMedia({ media: bytes, init: facts, rendition, segment });
        parts.push(bytes);
      }
    }
    const path = join(dir, `joined-${first}.mp4`);
    await writeFile(path, Buffer.concat(parts));
    expect(await decodedFrameTimes(path)).toHaveLength(500);
    const { frames, planes } = await compareColours(path, file, SIZE);
    expect(frames).toBe(500);
    for (const { plane, madeMean, sourceMean, psnrDb } of planes) {
      expect(Math.abs(madeMean - sourceMean), plane).toBeLessThan(1);
      expect(psnrDb, plane).toBeGreaterThan(30);
    }
  }
});

test("both sets say the same of size, level, colours, square pixels and picture order", async () => {
  const rendition = await joinedRendition();
  const { config } = readInit(plannedInit(rendition) ?? new Uint8Array());
  const { spsList, ppsIds, codec } = readAvcConfig(config);
  expect(ppsIds).toEqual([0, 1]);
  expect(codec).toBe(`avc1.6400${rendition.level.toString(16).padStart(2, "0")}`);
  const [browser, x264] = spsList.map((sps) => {
    const { width, height, level, constraints, colours, fullRange, order } = sps;
    const { hasPicStruct, delayBits } = sps;
    const size = { width, height, level, constraints };
    return { ...size, colours, fullRange, order, hasPicStruct, delayBits };
  });
  expect(browser).toEqual(x264);
  expect(browser).toMatchObject({ ...SIZE, order: { reordered: 2, held: 4 }, fullRange: false });
});

test("both sets state the longest picture's time where the plan has one, and all frames decode", async () => {
  const { parameterSets: sets, ...rendition } = await joinedRendition();
  if (sets === undefined) throw new Error("No plan.");
  const slow = { ...rendition, parameterSets: { ...sets, longestTicks: 21_397 } };
  const parts = [plannedInit(slow) ?? new Uint8Array()];
  for (const task of tasks) {
    const { outputs } = await nativeTranscode(planned(task, slow));
    parts.push(...outputs.filter(({ kind }) => kind === "media").map(({ bytes }) => bytes));
  }
  const path = join(dir, "slow.mp4");
  await writeFile(path, Buffer.concat(parts));
  const said = tracedHeaders(path);
  for (const line of ["num_units_in_tick = 21397", "time_scale = 180000"]) {
    expect(said.filter((each) => each === line)).toHaveLength(2);
  }
  expect(said.filter((each) => each === "fixed_frame_rate_flag = 0")).toHaveLength(2);
  expect(await decodedFrameTimes(path)).toHaveLength(500);
});

/** The fields of a video's parameter sets as FFmpeg reads them, each a line like "time_scale = 50". */
function tracedHeaders(path: string): string[] {
  const args = ["-v", "trace", "-i", path, "-frames:v", "1", "-c", "copy"];
  const { stderr } = spawnSync("ffmpeg", [...args, "-bsf:v", "trace_headers", "-f", "null", "-"], {
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  return [...stderr.matchAll(/\] \d+ +(\w+) +[01]+ = (\d+)/g)].map(
    ([, name, value]) => `${name} = ${value}`,
  );
}

test("what stands under one id is one encoder's: another's is refused", async () => {
  const rendition = await joinedRendition();
  const { parameterSets: sets } = rendition;
  if (sets?.browser == null) throw new Error("No sets.");
  const init = plannedInit(rendition) ?? new Uint8Array();
  // The same id with other content, as from another browser's encoder.
  const x264 = x264Sets({ ...rendition, colours: sets.colour });
  const others = { ...rendition, parameterSets: { ...sets, browser: null } };
  expect(() => checkInit(init, others)).toThrow("not the one that is planned");
  expect(() => checkInit(plannedInit(others) ?? init, rendition)).toThrow("not the one");
  // x264's own parameter sets under both ids.
  const twice = { ...rendition, parameterSets: { ...sets, browser: x264 } };
  expect(() => checkInit(plannedInit(twice) ?? init, twice)).toThrow("do not go together");
});

test("a slice without its set in the init, and a set in a picture, do not pass", async () => {
  const [task] = tasks;
  const rendition = renditionOf(task);
  const segment = task?.grant.segments[0];
  if (task === undefined || segment === undefined) throw new Error("A segment is needed.");
  // Refers to id 0, but the init segment has only x264's id 1.
  const init = checkInit(plannedInit(rendition) ?? new Uint8Array(), rendition);
  const media = (await encodedAlone(task, asBrowser)).find(({ kind }) => kind === "media")?.bytes;
  if (media === undefined) throw new Error("No media.");
  expect(() => checkMedia({ media, init, rendition, segment })).toThrow("parameter set 0");
  const own = (await nativeTranscode(planned(task, rendition))).outputs;
  const passed = own.find(({ kind }) => kind === "media")?.bytes ?? media;
  expect(() => checkMedia({ media: passed, init, rendition, segment })).not.toThrow();
  expect(() =>
    checkMedia({ media: withSetsInside(passed, segmentFrames(segment)), init, rendition, segment }),
  ).toThrow("holds parameter sets");

  /** Puts a one-byte unit with the type of a parameter set in front of the second frame's slice. */
  function withSetsInside(bytes: Uint8Array, frames: number): Uint8Array {
    const copy = bytes.slice();
    const [fragment] = readFragments(copy, frames);
    const sample = fragment?.samples[1];
    const first = fragment?.samples[0];
    if (fragment === undefined || sample === undefined || first === undefined) return copy;
    const at = fragment.dataOffset + first.sizeBytes;
    // The slice loses as many bytes as are added, so that the units still fill the sample.
    const view = new DataView(copy.buffer);
    const size = view.getUint32(at);
    expect(isSlice(nalUnit(copy.subarray(at + 4)))).toBe(true);
    copy.copyWithin(at + 5, at, at + size - 1);
    view.setUint32(at, 1);
    copy[at + 4] = 0x67;
    view.setUint32(at + 5, size - 5);
    return copy;
  }
});

test("parameter sets inside pictures are left out when segments are cut", async () => {
  const [task] = tasks;
  const segment = task?.grant.segments[0];
  if (task === undefined || segment === undefined) throw new Error("A segment is needed.");
  const outputs = await encodedAlone(task);
  const media = outputs.find(({ kind }) => kind === "media")?.bytes ?? new Uint8Array();
  const frames = segmentFrames(segment);
  let shown = 0;
  const pictures = readFragments(media, frames).flatMap(({ samples, dataOffset }) => {
    let at = dataOffset;
    return samples.map(({ sizeBytes, isSync, durationTicks, compositionOffsetTicks }) => {
      const data = media.subarray(at, at + sizeBytes);
      at += sizeBytes;
      const presentedAt = shown + compositionOffsetTicks;
      shown += durationTicks;
      const set = Uint8Array.of(0, 0, 0, 2, 0x67, 0x64);
      return { data: isSync ? Buffer.concat([set, data]) : data, isSync, presentedAt };
    });
  });
  const [cut] = cutVideo(pictures, [segment], 4, 0);
  expect(cut?.bytes.length).toBe(media.length);
});

test("an SPS keeps what decodes: size, references and numbering", async () => {
  const { sps } = await browserSets();
  const plain = parseSps(nalUnit(Uint8Array.from(atob(sps), (letter) => letter.charCodeAt(0))));
  expect(plain).toMatchObject({ id: 0, ...SIZE, profile: 100, bitDepth: 8 });
});
