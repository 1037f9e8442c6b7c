import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { TICKS_PER_SECOND } from "../../shared/job/job.ts";
import {
  decodedFrameTimes,
  sourceFrameTimes,
  worstTimeError,
} from "../exactness/decoded-frames.ts";
import { soundOffset } from "../exactness/sound.ts";
import { realClip } from "../setup/media.ts";
import { inFolder, open } from "./cut-and-decode.ts";
import { makeFolder } from "./made-folder.ts";

/** Files rebuilt from public bug reports. Each result is right, or a notice with a time names what is lost. */

interface ReportClip {
  file: string;
  frames: number;
  /** Duration of the file as native ffmpeg plays it, video and audio together. */
  seconds: number;
  size: string;
  /** Start and end of each audio track's audible part, in seconds. */
  audio: [number, number][];
  /** Code and time in seconds of each notice. */
  notices?: [string, number][];
  /**
   * Set where two recordings overlap. The second one is then shifted, so its times cannot be compared with the
   * source's.
   */
  isShifted?: boolean;
}

const CLIPS: ReportClip[] = [
  clip("alpha.webm", 100, 4, []),
  clip("audio-edit-window.mp4", 250, 10, [[2, 5]]),
  clip("av1-one-seqhdr.mp4", 250, 10, [[0, 10.03]]),
  clip("avc3-inband.mp4", 200, 8, [[0, 7.98]]),
  clip("avchd.mts", 150, 6, [[0, 6.01]], { size: "1024x576" }),
  clip("cam.mxf", 75, 3, [
    [0, 3],
    [0, 3],
  ]),
  clip("ctts0-negative.mov", 250, 10, [[0, 10]]),
  clip("dar-unit3.mkv", 150, 6, [[0, 6.02]], { size: "1104x496" }),
  clip("dashcam-padded.mp4", 250, 10, [[-0.08, 9.95]]),
  clip("drone-sei-aud-samples.mp4", 200, 8, [[0, 8.02]]),
  clip("dup-times.mkv", 192, 8.01, [[0, 8.02]], { notices: [["FRAMES_MOVED", 0.83]] }),
  clip("epoch-tfdt.mp4", 250, 10, [[-0.08, 9.95]]),
  clip("ipcam-alaw8k.mp4", 200, 8, [[0, 8]]),
  clip("ipcam-g726.mkv", 200, 8, [[0, 8]]),
  clip("ipcam-mulaw8k.flv", 200, 8, [[0, 8]]),
  clip("multi-edit.mov", 150, 6.04, [[0, 6]]),
  clip("obs-rgb.mkv", 150, 6, [[0, 6.02]]),
  clip("picture-from-5s.mp4", 250, 10, [[-5, 10.02]], { notices: [["SOUND_LEFT_OUT", -5]] }),
  clip("podcast-one-picture.mp4", 1, 75, [[0, 75.01]], { size: "640x360" }),
  clip("smooth.ismv", 250, 10, [[0, 10]]),
  clip("static-end-3s.mp4", 125, 7.96, [[0, 8]]),
  clip("static-end.mp4", 125, 25, [[0, 25]]),
  clip("trun0-negative.mp4", 250, 10, [[0, 10.03]]),
  clip("ts-ac3-51-to-20.ts", 249, 9.92, [[0, 9.94]], {
    notices: [
      ["RECORDINGS_OVERLAP", 4.96],
      ["FRAMES_MOVED", 4.96],
      ["SOUND_LEFT_OUT", 4.91],
    ],
  }),
  clip("ts-one-frame-overlap.ts", 200, 7.94, [[0, 7.95]], {
    notices: [
      ["RECORDINGS_OVERLAP", 3.94],
      ["SOUND_LEFT_OUT", 3.92],
    ],
    isShifted: true,
  }),
  clip("two-stsd-audio.mp4", 200, 8, [[0, 7.98]]),
  clip("two-stsd-sizes.mp4", 200, 8, [[0, 7.98]], { size: "640x360" }),
  clip("two-trun.mp4", 250, 10, [[-0.08, 9.95]]),
  clip("zlib-tracks.mkv", 250, 10, [[0, 10.01]]),
];

function clip(
  name: string,
  frames: number,
  seconds: number,
  audio: ReportClip["audio"],
  more: Partial<ReportClip> = {},
): ReportClip {
  return { file: `reports/${name}`, frames, seconds, audio, size: "320x180", ...more };
}

const there = CLIPS.filter(({ file }) => realClip(file) !== null);

/** Tolerance for times that containers round. */
const NEAR_SECONDS = 0.03;

test.skipIf(there.length === 0)("no file is without its row", async () => {
  const folder = dirname(realClip(CLIPS[0]?.file ?? "") ?? "");
  const files = (await readdir(folder)).filter((name) => name !== "log.md");
  expect(CLIPS.map(({ file }) => file.slice("reports/".length))).toEqual(files.sort());
});

describe.each(there)(
  "$file",
  ({ file, frames, seconds, size, audio, notices = [], isShifted = false }) => {
    const path = realClip(file) ?? "";

    test("is found as it is", async () => {
      const { facts, close } = await openFacts(path);
      close();
      const { video } = facts;
      expect(video.frames).toBe(frames);
      expect(`${video.displayWidth}x${video.displayHeight}`).toBe(size);
      expect(Math.abs(facts.durationTicks / TICKS_PER_SECOND - seconds)).toBeLessThan(NEAR_SECONDS);
      const heard = facts.audio.map(({ startTicks, durationTicks }) => {
        return [startTicks, startTicks + durationTicks].map((at) => at / TICKS_PER_SECOND);
      });
      expect(heard).toHaveLength(audio.length);
      for (const [track, span] of audio.entries()) {
        for (const end of [0, 1] as const) {
          const off = (heard[track]?.[end] ?? Number.NaN) - span[end];
          expect(Math.abs(off)).toBeLessThan(NEAR_SECONDS);
        }
      }
      const told = facts.notices.map(({ code, atSeconds }) => [code, atSeconds?.toFixed(1)]);
      expect(told).toEqual(notices.map(([code, at]) => [code, at.toFixed(1)]));
    });

    test.runIf(process.env["TRIBUTARY_CLIPS"] === "all")("is made whole", async () => {
      await inFolder(async (folder) => {
        const { plan } = await makeFolder(path, folder);
        const [rendition] = plan.video;
        const made = await decodedFrameTimes(join(folder, `${rendition?.id}/playlist.m3u8`));
        const repeats = plan.segments.filter(({ repeatsFrame }) => repeatsFrame === true).length;
        expect(made).toHaveLength(frames + repeats);
        const times = await sourceFrameTimes(path);
        if (!isShifted && repeats === 0) expect(worstTimeError(made, times)).toBeLessThan(0.002);
        const [sound] = plan.audio;
        if (sound === undefined) return;
        const offset = await soundOffset({
          ...{ playlistPath: join(folder, `${sound.id}/playlist.m3u8`), sourcePath: path },
          ...{ track: sound.track, sampleRate: sound.sampleRate, channels: sound.channels },
          ...{ bitsPerSecond: sound.bitsPerSecond, firstFrameSeconds: times[0] ?? 0 },
          durationSeconds: plan.source.durationTicks / TICKS_PER_SECOND,
        });
        expect(offset.places).toBeGreaterThan(0);
        expect(offset.worstSeconds).toBeLessThan(0.02);
      });
    });
  },
);

async function openFacts(path: string) {
  const source = await open(path);
  return { facts: source.facts, close: () => source.close() };
}
