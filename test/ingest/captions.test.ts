import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readCaptions } from "../../edge/captions/read-captions.ts";
import { type Cue, writeSegment, writeWebvtt } from "../../shared/captions/webvtt.ts";
import { segmentDurationTicks, TICKS_PER_SECOND } from "../../shared/job/job.ts";
import { nativeCues } from "../captions/native-cues.ts";
import { ffmpeg, realClip } from "../setup/media.ts";
import { inFolder, open } from "./cut-and-decode.ts";

// From a source's subtitles to the segments for players. Checked by native ffmpeg.

const signal = new AbortController().signal;
const endMs = null;

/** Cues that ffmpeg reads from a source's track, with times counted from the first frame. */
async function expectedCues(path: string, nth: number, startMs: number) {
  return (await nativeCues(path, `0:s:${nth}`)).map((cue) => ({
    ...cue,
    startMs: cue.startMs - startMs,
    endMs: cue.endMs - startMs,
  }));
}

/** Cues that ffmpeg reads from a track's segments, without repeats. */
async function segmentedCues(cues: Cue[], bounds: number[], folder: string) {
  const found = new Map<string, Awaited<ReturnType<typeof nativeCues>>[number]>();
  for (const [index, fromMs] of bounds.slice(0, -1).entries()) {
    const path = join(folder, `${index}.vtt`);
    await writeFile(path, writeSegment(cues, fromMs, bounds[index + 1] ?? 0));
    for (const cue of await nativeCues(path)) found.set(JSON.stringify(cue), cue);
  }
  return [...found.values()];
}

/** Compares all subtitle tracks of a source. @returns number of cues of each */
async function compare(path: string, startMs: number): Promise<number[]> {
  const source = await open(path);
  const plan = source.planJob();
  const tracks = await source.captions(signal);
  source.close();
  const ends = plan.segments.map((segment) => segment.startTicks + segmentDurationTicks(segment));
  const bounds = [0, ...ends].map((ticks) => (1000 * ticks) / TICKS_PER_SECOND);
  return inFolder(async (folder) => {
    const counts: number[] = [];
    for (const [nth, { text, format }] of tracks.entries()) {
      const { cues } = readCaptions(text, format, { offsetMs: 0, endMs });
      const expected = await expectedCues(path, nth, startMs);
      await writeFile(join(folder, "all.vtt"), writeWebvtt(cues));
      expect(await nativeCues(join(folder, "all.vtt"))).toEqual(expected);
      expect(await segmentedCues(cues, bounds, folder)).toEqual(expected);
      counts.push(expected.length);
    }
    return counts;
  });
}

describe("every cue of a source, text and time, is in the segments", () => {
  // The first frame of the second file is at 21 ms.
  test.skipIf(realClip("tears-srt.mkv") === null).each([
    ["tears-srt.mkv", 0, [3]],
    ["multiaudio-subs.mkv", 21, [3, 3]],
  ])("%s", async (name, startMs, counts) => {
    expect(await compare(realClip(name) ?? "", startMs)).toEqual(counts);
  });

  const lines = Array.from({ length: 8 }, (_, n) => {
    return `${n + 1}\n00:00:0${n},250 --> 00:00:0${n + 1},750\nNo. ${n}, <i>as</i> it is\n& < > 😀\n`;
  }).join("\n");
  const picture = ["-f", "lavfi", "-i", "testsrc2=size=160x96:rate=25:duration=9"];

  test.each([
    ["late.mkv", ["-c:s", "srt"], 10_000],
    ["late.mp4", ["-c:s", "mov_text"], 10_000],
    ["plain.mp4", ["-c:s", "mov_text"], 0],
    ["plain.mov", ["-c:s", "mov_text"], 0],
    ["plain.webm", ["-c:v", "libvpx", "-deadline", "realtime", "-c:s", "webvtt"], 0],
  ])("%s", async (name, argv, startMs) => {
    await inFolder(async (folder) => {
      const srt = join(folder, "lines.srt");
      // ffmpeg 5.1 does not escape these characters in WebVTT, and then cannot read them back.
      await writeFile(srt, argv.includes("webvtt") ? lines.replaceAll("< > ", "") : lines);
      const path = join(folder, name);
      const video = argv.includes("-c:v") ? [] : ["-c:v", "libx264", "-preset", "ultrafast"];
      const inputs = [...picture, "-i", srt, "-map", "0", "-map", "1"];
      const offset = ["-output_ts_offset", String(startMs / 1000)];
      await ffmpeg([...inputs, ...video, ...argv, ...offset, path]);
      expect(await compare(path, startMs)).toEqual([8]);
    });
  });
});
