import { describe, expect, test } from "vitest";
import { leaseGrant } from "../../edge/coordinator/schedule/results/offers.ts";
import type { TranscodedTask, TranscodeTask } from "../../shared/encode/transcode-task.ts";
import { type ErrorCode, TributaryError } from "../../shared/job/errors.ts";
import type { EnginePreference } from "../../web/encoder/api.ts";
import { EngineChoice } from "../../web/encoder/engine-choice.ts";
import { nativeTranscode } from "../encode/native.ts";
import { cutTasks } from "../encode/whole-job.ts";
import { planOf } from "../schedule/plan-of.ts";
import { fixture } from "../setup/media.ts";

const LADDER = [{ shortSide: 90, kilobitsPerSecond: 60 }];

const PLAN = planOf(1);

function taskOf(kind: "video" | "audio", codec: string): TranscodeTask {
  const task = PLAN.tasks.find((each) => each.kind === kind);
  if (task === undefined) throw new Error(`no ${kind}`);
  const source = { ...PLAN.source, video: { ...PLAN.source.video, codec } };
  const grant = leaseGrant({ ...PLAN, source }, task, { id: "l", attempt: 1 }, { from: "local" });
  const info = { taskId: task.id, sizeBytes: 1, baseTicks: 0, trimStartTicks: 0, trimEndTicks: 1 };
  return { grant, info, chunk: new Uint8Array(1) };
}

/** Runs a task with engines that all fail. @returns names of the engines that were called */
async function asked(task: TranscodeTask, preference: EnginePreference, webCodecsFails: ErrorCode) {
  const calls: string[] = [];
  const engine = <Name extends "webcodecs" | "ffmpeg-wasm">(name: Name, code: ErrorCode) => ({
    name,
    transcode: async () => {
      calls.push(name);
      throw new TributaryError(code, "Said by the engine.");
    },
    close: () => {},
  });
  const engineChoice = new EngineChoice(preference, {
    webCodecs: engine("webcodecs", webCodecsFails),
    ffmpeg: engine("ffmpeg-wasm", "ENCODE_FAILED"),
  });
  const codes: ErrorCode[] = [];
  let message = "";
  for (let n = 0; n < 4; n += 1) {
    await engineChoice
      .transcode(task, () => {})
      .catch((thrown: TributaryError) => {
        codes.push(thrown.code);
        ({ message } = thrown);
      });
  }
  return { calls: new Set(calls), codes: new Set(codes), message };
}

describe("AV1, which the ffmpeg core cannot decode", () => {
  test.each<[EnginePreference, ErrorCode, string[]]>([
    ["auto", "ENGINE_UNAVAILABLE", ["webcodecs"]],
    ["webcodecs", "ENGINE_UNAVAILABLE", ["webcodecs"]],
    ["ffmpeg", "ENGINE_UNAVAILABLE", []],
  ])(
    "where %s is preferred, refused by WebCodecs: a browser or a server is named",
    async (preference, code, engines) => {
      const { calls, codes, message } = await asked(
        taskOf("video", "av01.0.04M.08"),
        preference,
        code,
      );
      expect([...calls]).toEqual(engines);
      expect([...codes]).toEqual(["DECODER_MISSING"]);
      expect(message).toMatch(/browser's own codecs or by a server/);
    },
  );

  test("is asked of WebCodecs again after failures, whose own words are told", async () => {
    const { calls, codes } = await asked(taskOf("video", "av01.0.04M.08"), "auto", "DECODE_FAILED");
    expect([...calls]).toEqual(["webcodecs"]);
    expect([...codes]).toEqual(["DECODE_FAILED"]);
  });

  test("its sound, and all that the core decodes, goes to ffmpeg", async () => {
    for (const task of [taskOf("audio", "av01.0.04M.08"), taskOf("video", "hvc1.1.6.L93.90")]) {
      const { calls } = await asked(task, "auto", "ENGINE_UNAVAILABLE");
      expect(calls).toContain("ffmpeg-wasm");
    }
  });
});

test("an encoder whose parameter sets have no place in the video is tried once; ffmpeg goes on, and says so", async () => {
  const job = await cutTasks(await fixture("plain-8s.mp4"), LADDER);
  let tries = 0;
  const engineChoice = new EngineChoice("auto", {
    webCodecs: {
      name: "webcodecs",
      transcode: async () => {
        tries += 1;
        throw new TributaryError("INIT_MISMATCH", "Other parameter sets.");
      },
    },
    ffmpeg: { name: "ffmpeg-wasm", transcode: (task) => nativeTranscode(task) },
  });
  const video = job.tasks.filter(({ grant }) => grant.task.kind === "video");
  const told: string[] = [];
  for (const task of video) {
    const { engine, notices } = await engineChoice.transcode(task, () => {});
    expect(engine).toBe("ffmpeg-wasm");
    told.push(...notices.map(({ code }) => code));
  }
  expect(video.length).toBeGreaterThan(1);
  expect(tries).toBe(1);
  expect(told).toEqual(["ENCODER_LEFT_OUT"]);
});

test("a result that the gate refuses goes to ffmpeg; ffmpeg's own is not asked for again", async () => {
  const job = await cutTasks(await fixture("plain-8s.mp4"), LADDER);
  const [first, second] = job.tasks.filter(({ grant }) => grant.task.kind === "video");
  if (first === undefined || second === undefined) throw new Error("too few tasks");
  const wrong = await nativeTranscode(second);
  const engineChoice = (ofFfmpeg: () => Promise<TranscodedTask>) =>
    new EngineChoice("auto", {
      webCodecs: { name: "webcodecs", transcode: async () => wrong },
      ffmpeg: { name: "ffmpeg-wasm", transcode: ofFfmpeg },
    });
  const made = await engineChoice(() => nativeTranscode(first)).transcode(first, () => {});
  expect(made.engine).toBe("ffmpeg-wasm");
  await expect(engineChoice(async () => wrong).transcode(first, () => {})).rejects.toMatchObject({
    retryable: false,
  });
});
