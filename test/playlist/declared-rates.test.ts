import { M3U8Parser } from "hls.js";
import { beforeAll, expect, test } from "vitest";
import type { AcceptedSegment } from "../../shared/job/job.ts";
import { type PlaylistInput, renderMultivariant } from "../../shared/playlist/index.ts";
import { nativeTranscode } from "../encode/native.ts";
import { makeWholeJob } from "../encode/whole-job.ts";
import { generatedClip } from "../setup/media.ts";
import { acceptedAudio, acceptedVideo } from "./sample-job.ts";

// BANDWIDTH declared while a video is made, compared with the rates of its real segments at the end.

const LADDER = [
  { shortSide: 180, kilobitsPerSecond: 300 },
  { shortSide: 90, kilobitsPerSecond: 80 },
];

/** Largest ratio of declared to measured rate that Apple's authoring specification allows for live streams. */
const MOST_APART = 1.25;

let plan: Omit<PlaylistInput, "accepted" | "ended">;
let all: AcceptedSegment[];
beforeAll(async () => {
  // 12 s that are easy to compress, then noise that no encoder can compress well.
  const source = await generatedClip("easy-then-noise.mp4", [
    ...["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=12"],
    ...["-f", "lavfi", "-i", "color=gray:size=320x180:rate=25:duration=12,noise=alls=90:allf=t"],
    ...["-f", "lavfi", "-i", "aevalsrc=0.9*(random(0)-0.5):s=48000:d=24"],
    ...["-filter_complex", "[0:v][1:v]concat=n=2[v]", "-map", "[v]", "-map", "2:a"],
    ...["-c:v", "libx264", "-preset", "ultrafast", "-crf", "20", "-pix_fmt", "yuv420p", "-g", "50"],
    ...["-c:a", "aac", "-b:a", "192k", "-ac", "2"],
  ]);
  const job = await makeWholeJob(source, LADDER, nativeTranscode);
  ({ plan } = job);
  all = job.renditions.flatMap(({ rendition, media }) =>
    media.map(({ segment, bytes, facts }) => {
      const drawn =
        rendition.kind === "video"
          ? acceptedVideo(rendition, segment, "ffmpeg-native", 1)
          : acceptedAudio(rendition, segment);
      return { ...drawn, ...facts, sizeBytes: bytes.length };
    }),
  );
}, 120_000);

/** BANDWIDTH by variant, in a multivariant playlist made after the first segments. */
function declared(segments: number, ended = false): Map<string, number> {
  const accepted = all.filter(({ segment }) => segment < segments);
  const text = renderMultivariant({ ...plan, accepted, ended });
  const { levels } = M3U8Parser.parseMasterPlaylist(text, "https://tributary.test/v/job/");
  return new Map(levels.map(({ url, bitrate }) => [url, bitrate]));
}

test("no playlist of a running job declares less than the end measures", () => {
  const count = plan.segments.length;
  expect(count).toBeGreaterThan(3);
  const measured = declared(count, true);
  for (let segments = 0; segments < count; segments += 1) {
    const before = declared(segments);
    expect([...before.keys()]).toEqual([...measured.keys()]);
    for (const [variant, rate] of measured) {
      expect(rate, `${variant} after ${segments}`).toBeLessThanOrEqual(before.get(variant) ?? 0);
    }
  }
  // The noise uses up the planned rate, so the declared rate must not be too high either.
  for (const [variant, rate] of measured) {
    expect(declared(0).get(variant), variant).toBeLessThanOrEqual(rate * MOST_APART);
  }
});
