import { describe, expect, test } from "vitest";
import { coloursReduced } from "../../shared/ingest/read/colour-notices.ts";
import { jobPlanSchema, TICKS_PER_SECOND } from "../../shared/job/job.ts";
import { validatePlan } from "../../shared/plan/plan.ts";
import { worstTimeError } from "../exactness/decoded-frames.ts";
import { clipFacts, frameTimesSeconds, realClip } from "../setup/media.ts";
import { decodeVideoTasks, open, pictureHashes } from "./cut-and-decode.ts";

/** Facts about a clip, found by decoding it with native ffmpeg. */
interface ClipTruth {
  file: string;
  expect: "ok" | "error";
  video: {
    frames: number;
    duration: number;
    displayWidth: number;
    displayHeight: number;
    rotation: number;
    interlaced: boolean;
    pixFmt: string;
    avgFrameRate: number;
    colorTransfer: string | null;
    firstPts: number;
  };
  subtitles: unknown[];
  audio: { channels: number; sampleRate: number; firstPts: number; language: string | null }[];
}

const clips = (clipFacts() as unknown as ClipTruth[]).filter(
  (clip) => realClip(clip.file) !== null,
);
const TIME_ERROR_SECONDS = 0.000_02;

/** Decoding these takes minutes. Only their times are checked; similar clips are decoded. */
const NOT_DECODED = new Set(["footage480p5min.mp4"]);

describe.skipIf(clips.length === 0)("real clips", () => {
  test.each(clips.filter((clip) => clip.expect === "ok"))(
    "$file is found as it is",
    async (clip) => {
      const opened = await open(realClip(clip.file) ?? "");
      const { facts, index } = opened;
      opened.close();
      expect(facts.video).toMatchObject({
        frames: clip.video.frames,
        displayWidth: clip.video.displayWidth,
        displayHeight: clip.video.displayHeight,
        rotation: clip.video.rotation,
        interlaced: clip.video.interlaced,
        bitDepth: clip.video.pixFmt.endsWith("10le") ? 10 : 8,
        transfer: clip.video.colorTransfer === "smpte2084" ? "pq" : "sdr",
      });
      expect(facts.video.frameRate).toBeCloseTo(clip.video.avgFrameRate, 2);
      // Containers differ on the duration of the last frame, by less than a frame.
      const slack = 1 / clip.video.avgFrameRate;
      expect(Math.abs(facts.durationTicks / TICKS_PER_SECOND - clip.video.duration)).toBeLessThan(
        slack,
      );
      const times = frameTimesSeconds(clip.file);
      if (times !== null) {
        const found = Array.from(
          index.video.frameTicks.slice(0, -1),
          (at) => at / TICKS_PER_SECOND,
        );
        expect(worstTimeError(found, times)).toBeLessThan(TIME_ERROR_SECONDS);
      }
      // Headers may say 2 channels for 6 coded ones, so only mono and more than one are told apart.
      const shape = (track: { channels: number; sampleRate: number }) =>
        `${Math.min(2, track.channels)} at ${track.sampleRate}`;
      expect(facts.audio.map(shape)).toEqual(clip.audio.map(shape));
      // All subtitles are text.
      expect(facts.subtitles?.map(({ isText }) => isText)).toEqual(clip.subtitles.map(() => true));
      expect(facts.notices).toEqual(coloursReduced(facts.video));
      expect(facts.warnings).toHaveLength(facts.notices.length);
    },
  );

  const decoded = clips.filter((clip) => clip.expect === "ok" && !NOT_DECODED.has(clip.file));
  test.each(decoded)("$file: every frame is in one chunk, as it was", async (clip) => {
    const path = realClip(clip.file) ?? "";
    const opened = await open(path);
    const plan = opened.planJob();
    validatePlan(jobPlanSchema.parse(plan));
    const tasks = await decodeVideoTasks(opened, plan);
    opened.close();
    expect(tasks.map(({ hashes }) => hashes.length)).toEqual(tasks.map(({ planned }) => planned));
    expect(tasks.flatMap(({ hashes }) => hashes)).toEqual(await pictureHashes(path));
  });
});
