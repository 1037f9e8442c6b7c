import type { Browser } from "playwright";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { hasEnded } from "../../shared/job/job.ts";
import { launchBrowser } from "../../web/headless/browser.ts";
import { follow, isInspected } from "../../web/headless/follow.ts";
import { OwnerTab } from "../../web/headless/owner-tab.ts";
import { generatedClip } from "../setup/media.ts";

// The player with a video that the site made: previews on the time line.

const serverUrl = inject("serverUrl");
const TIME_LIMIT = AbortSignal.timeout(200_000);
const quiet = (): void => {};
const SECONDS = 24;

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

/** Luma of the clip's grey, which gets brighter each second. It identifies the time. */
const greyAt = (second: number): number => 24 + 8 * second;

test("pointing at the time line shows the picture of there, soon", async () => {
  const grey = `nullsrc=size=320x180:rate=25:duration=${SECONDS},format=yuv420p,geq=lum='24+8*floor(T)':cb=128:cr=128`;
  const source = await generatedClip("greys.mp4", [
    ...["-f", "lavfi", "-i", grey, "-c:v", "libx264", "-preset", "ultrafast", "-g", "50"],
  ]);
  const options = { serverUrl, engine: "ffmpeg", slots: 2, ladder: "144:140" };
  const tab = await OwnerTab.open(browser, options, quiet);
  await tab.pick(source);
  await follow(tab, TIME_LIMIT, quiet, isInspected);
  const job = await tab.start();
  const { phase } = await follow(tab, TIME_LIMIT, quiet, (state) => hasEnded(state.phase));
  expect(phase).toBe("ready");
  await tab.close();

  const page = await browser.newPage();
  await page.goto(`${serverUrl}/watch/${job.jobId}`);
  const slider = page.getByRole("slider", { name: "Position in the video" });
  await slider.waitFor();
  await expect.poll(() => slider.getAttribute("max")).toBe(String(SECONDS));
  const box = await slider.boundingBox();
  if (box === null) throw new Error("No time line.");
  const pointAt = (seconds: number) =>
    page.mouse.move(box.x + (box.width * seconds) / SECONDS, box.y + box.height / 2);
  await pointAt(1);
  const preview = page.locator("video.timeline-preview:not(.is-empty)");
  await preview.waitFor();

  const tookMs: number[] = [];
  for (const seconds of [21, 5, 13, 9, 17, 3, 11]) {
    // A key frame every two seconds.
    const luma = greyAt(2 * Math.floor(seconds / 2));
    const wanted = ((luma - 16) * 255) / 219;
    const startedAtMs = performance.now();
    await pointAt(seconds);
    await expect
      .poll(() => preview.evaluate(brightness), { interval: 5, timeout: 5_000 })
      .toSatisfy((value: number) => Math.abs(value - wanted) < 7);
    tookMs.push(performance.now() - startedAtMs);
  }
  const median = tookMs.sort((a, b) => a - b)[3] ?? Number.NaN;
  console.log(
    `pictures of the time line: ${tookMs.map(Math.round).join(", ")} ms, median ${Math.round(median)}`,
  );
  expect(median).toBeLessThan(500);
  await page.close();
});

/** Runs in the page. @returns the mean brightness that the element shows, 0..255 */
function brightness(element: Element): number {
  const video = element as HTMLVideoElement;
  const canvas = new OffscreenCanvas(8, 8);
  const context = canvas.getContext("2d");
  if (context === null || video.readyState < 2) return Number.NaN;
  context.drawImage(video, 0, 0, 8, 8);
  const { data } = context.getImageData(0, 0, 8, 8);
  let sum = 0;
  for (let at = 0; at < data.length; at += 4) sum += data[at] ?? 0;
  return sum / 64;
}
