import type { Browser } from "playwright";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { launchBrowser } from "../../web/headless/browser.ts";
import { ContributorTab } from "../../web/headless/contributor-tab.ts";
import { generatedClip } from "../setup/media.ts";
import { expectExactPictures, soundOf } from "./exact-video.ts";
import { makeVideo, SMALL_LADDER, waitFor } from "./made-video.ts";
import { openPlainProxy } from "./plain-proxy.ts";

// Whole jobs behind a proxy that lets no WebSocket through.

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

const serverUrl = inject("serverUrl");
const NOTE = "blocks the usual connection";

test.each([
  { upgrades: "stripped", seconds: 30 },
  // Each tab first waits 10 s for its WebSocket.
  { upgrades: "swallowed", seconds: 90 },
] as const)(
  "requests for WebSockets are $upgrades: owner and helper make a whole, exact video, and say how",
  async ({ upgrades, seconds }) => {
    const file = await generatedClip(`no-websocket-${seconds}s.mp4`, [
      ...["-f", "lavfi", "-i", `testsrc2=size=320x240:rate=25:duration=${seconds}`],
      ...["-f", "lavfi", "-i", `sine=frequency=440:sample_rate=48000:duration=${seconds}`],
      ...["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-g", "50"],
      ...["-c:a", "aac", "-b:a", "96k", "-ac", "2", "-shortest"],
    ]);
    await using proxy = await openPlainProxy(serverUrl, upgrades);
    const helpers: ContributorTab[] = [];
    const startedAtMs = Date.now();
    let connectedAfterMs = 0;
    await using video = await makeVideo(browser, {
      serverUrl: proxy.url,
      file,
      ladder: SMALL_LADDER,
      slots: 1,
      meddle: async (tab, job) => {
        const { joinUrl } = await tab.share(job);
        await waitFor(tab, ({ connected }) => connected);
        connectedAfterMs = Date.now() - startedAtMs;
        await tab.page.getByText(NOTE).waitFor();
        const helper = await ContributorTab.open(browser, joinUrl, { name: "Ada", slots: 1 }, say);
        await helper.start();
        helpers.push(helper);
        await helper.page.getByText(NOTE).waitFor();
      },
    });
    expect(proxy.upgrades()).toBeGreaterThan(0);
    expect(connectedAfterMs).toBeLessThan(30_000);
    const { status } = video;
    expect(status.warnings).toEqual([]);
    expect(status.tasks.filter(({ attempts }) => attempts > 0)).toEqual([]);
    expect(status.segments.some(({ role }) => role === "contributor")).toBe(true);
    await expectExactPictures(video, { source: file });
    const sound = await soundOf(video, file, 0);
    expect(sound.worstLsb).toBeLessThanOrEqual(6);
    for (const helper of helpers) {
      await helper.page.getByRole("heading", { name: /finished/i }).waitFor();
      await helper.close();
    }
  },
);

function say(): void {}
