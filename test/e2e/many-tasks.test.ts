import type { Browser } from "playwright";
import { expect, inject, test } from "vitest";
import { launchBrowser } from "../../web/headless/browser.ts";
import { peakTabMemory } from "../../web/headless/tab-memory.ts";
import { generatedClip } from "../setup/media.ts";
import { makeVideo, waitFor } from "./made-video.ts";

/** Only with TRIBUTARY_CLIPS=all: twenty minutes of video, though small. */
const isFull = process.env["TRIBUTARY_CLIPS"] === "all";
const SECONDS = 1_230;
/** After this many tasks, every slot has run some of each kind, and the preview has filled its buffer. */
const WARM_TASKS = 70;
const MOST_GROWTH_BYTES = 64e6;

test.skipIf(!isFull).each(["ffmpeg", "webcodecs"] as const)(
  "%s: more than 200 tasks in a row, not one fault, and the tab's memory does not grow",
  async (engine) => {
    const file = await generatedClip(`many-tasks-${SECONDS}s.mp4`, [
      ...["-f", "lavfi", "-i", `testsrc2=size=320x180:rate=25:duration=${SECONDS}`],
      ...["-f", "lavfi", "-i", `sine=frequency=440:sample_rate=48000:duration=${SECONDS}`],
      ...["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "50"],
      ...["-c:a", "aac", "-b:a", "96k", "-ac", "2", "-shortest"],
    ]);
    // A new browser, because the memory of a tab's process never shrinks.
    const browser = await launchBrowser();
    try {
      let warmBytes: number | null = null;
      await using video = await makeVideo(browser, {
        serverUrl: inject("serverUrl"),
        file,
        ladder: "180:200",
        slots: 2,
        engine,
        async meddle(tab) {
          await waitFor(tab, ({ job }) => (job?.progress ?? 0) * SECONDS > WARM_TASKS * 6);
          warmBytes = await peakBytes(browser);
        },
      });
      const { tasks, segments, warnings } = video.status;
      expect(tasks?.length).toBeGreaterThan(200);
      expect(tasks?.filter(({ attempts }) => attempts > 0)).toEqual([]);
      expect(warnings).toEqual([]);
      const used = new Set(
        segments.filter((each) => each.rendition === "v180").map((each) => each.engine),
      );
      expect([...used]).toEqual([engine === "ffmpeg" ? "ffmpeg-wasm" : "webcodecs"]);
      const { peakMemoryBytes } = video;
      const megabytes = (bytes: number | null | undefined) => Math.round((bytes ?? 0) / 1e6);
      console.log(
        `${engine}: ${tasks?.length} tasks; peak MB after ${WARM_TASKS} ${megabytes(warmBytes)}, at the end ${megabytes(peakMemoryBytes)}`,
      );
      if (warmBytes !== null && peakMemoryBytes) {
        expect(peakMemoryBytes - warmBytes).toBeLessThan(MOST_GROWTH_BYTES);
      }
    } finally {
      await browser.close();
    }
  },
  1_800_000,
);

async function peakBytes(browser: Browser): Promise<number | null> {
  return (await peakTabMemory(browser))?.peakBytes ?? null;
}
