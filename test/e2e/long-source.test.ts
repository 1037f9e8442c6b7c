import { expect, inject, test } from "vitest";
import { launchBrowser } from "../../web/headless/browser.ts";
import { generatedClip, realClip } from "../setup/media.ts";
import { expectExactPictures } from "./exact-video.ts";
import { type MadeVideo, makeVideo, SMALL_LADDER } from "./made-video.ts";

/** Only with TRIBUTARY_CLIPS=all: minutes of video take minutes. */
const isFull = process.env["TRIBUTARY_CLIPS"] === "all";
const TIMEOUT_MS = 1_800_000;

/** A 480p source of the given length, with usual GOPs. */
function source(seconds: number): Promise<string> {
  return generatedClip(`long-source-${seconds}s.mp4`, [
    ...["-f", "lavfi", "-i", `testsrc2=size=854x480:rate=25:duration=${seconds}`],
    ...["-f", "lavfi", "-i", `sine=frequency=440:sample_rate=48000:duration=${seconds}`],
    ...["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "250"],
    ...["-c:a", "aac", "-b:a", "96k", "-ac", "2", "-shortest"],
  ]);
}

/** Makes each video in a new browser: the memory of a tab's process never shrinks. */
async function make(file: string): Promise<MadeVideo> {
  const browser = await launchBrowser();
  try {
    return await makeVideo(browser, {
      serverUrl: inject("serverUrl"),
      file,
      ladder: SMALL_LADDER,
      slots: 2,
    });
  } finally {
    await browser.close();
  }
}

test.skipIf(!isFull)(
  "five minutes: every frame, and no more memory than for 30 s",
  async () => {
    const long = realClip("footage480p5min.mp4") ?? (await source(300));
    await using video = await make(long);
    await using short = await make(realClip("bbb480p30s.mp4") ?? (await source(30)));

    expect(video.inspected.inspection?.source.video.frames).toBe(7500);
    await expectExactPictures(video, { source: long });
    console.log(
      `busy ${video.ended.busyShare.toFixed(2)}; peak MB: 5 min ${megabytes(video)}, 30 s ${megabytes(short)}`,
    );
    expect(video.ended.busyShare).toBeGreaterThan(0.8);
    const [more, less] = [video.peakMemoryBytes, short.peakMemoryBytes];
    // Index and playlists may grow with the length, but the source must not be held in memory.
    if (more && less) expect(more - less).toBeLessThan(64e6);
  },
  TIMEOUT_MS,
);

function megabytes({ peakMemoryBytes }: MadeVideo): number {
  return Math.round((peakMemoryBytes ?? 0) / 1e6);
}
