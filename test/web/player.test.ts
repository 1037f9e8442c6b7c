import type { Browser } from "playwright";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { launchBrowser } from "../../web/headless/browser.ts";
import { ERROR_TEXTS } from "../../web/ui/error-texts.ts";
import { serveHls } from "./stories/hls-fixture.ts";
import { type OpenStage, openStage } from "./stories/open-stage.ts";

/** For a machine with more to do than this. */
const WITHIN = { timeout: 30_000 };

/** The player and the watch page around it, on a stream that native ffmpeg made. */

let browser: Browser;
let stage: OpenStage<"watch">;
const serverUrl = inject("serverUrl");

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
beforeEach(async () => {
  await stage?.page.close();
  stage = await openStage(browser, serverUrl, "watch");
});

describe("the player", () => {
  const masterUrl = `${serverUrl}/v/story/master.m3u8`;

  test("plays with sound tracks and qualities to choose from, on the watch page", async () => {
    const { page } = stage;
    await serveHls(page, `${serverUrl}/v/story/`);
    await stage.run((it, url) => it.showWatch("ready", url), masterUrl);
    const video = page.locator("video");
    await expect
      .poll(() => video.evaluate((it) => (it as HTMLVideoElement).readyState), WITHIN)
      .toBeGreaterThanOrEqual(2);
    await video.evaluate(async (it) => {
      (it as HTMLVideoElement).muted = true;
      await (it as HTMLVideoElement).play();
    });
    await expect
      .poll(() => video.evaluate((it) => (it as HTMLVideoElement).currentTime), WITHIN)
      .toBeGreaterThan(0.5);

    const quality = page.getByLabel("Quality");
    expect(await quality.locator("option").allInnerTexts()).toEqual([
      expect.stringMatching(/^Auto/),
      "480p",
      "240p",
    ]);
    await quality.selectOption("240p");
    await expect
      .poll(() => video.evaluate((it) => (it as HTMLVideoElement).videoHeight), WITHIN)
      .toBe(240);
    expect(await page.getByLabel("Sound").locator("option").count()).toBe(2);
  });

  test("in a frame it fills it, and shows nothing else", async () => {
    const { page } = stage;
    await serveHls(page, `${serverUrl}/v/story/`);
    await page.setViewportSize({ width: 640, height: 360 });
    await stage.run((it, url) => it.showWatch("ready", url, true), masterUrl);
    const box = await page.locator("video").boundingBox();
    expect(box).toMatchObject({ x: 0, y: 0, width: 640, height: 360 });
    expect(await page.locator("header, footer").count()).toBe(0);
  });

  test.each([
    ["missing", ERROR_TEXTS.JOB_NOT_FOUND.title],
    ["cancelled", "This video was cancelled"],
  ] as const)("a video that is %s is said, not played", async (watched, title) => {
    await stage.run((it, given) => it.showWatch(given.watched, given.masterUrl), {
      watched,
      masterUrl,
    });
    await stage.page.getByRole("heading", { name: title }).waitFor();
    expect(await stage.page.locator("video").count()).toBe(0);
  });

  test("one that is being made says how far it is, and plays", async () => {
    await serveHls(stage.page, `${serverUrl}/v/story/`);
    await stage.run((it, url) => it.showWatch("making", url), masterUrl);
    await stage.page.getByText("Being made: 41 %.").waitFor();
    const video = stage.page.locator("video");
    await expect
      .poll(() => video.evaluate((it) => (it as HTMLVideoElement).readyState), WITHIN)
      .toBeGreaterThanOrEqual(2);
  });
});
