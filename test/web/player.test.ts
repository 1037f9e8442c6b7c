import type { Browser } from "playwright";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { launchBrowser } from "../../web/headless/browser.ts";
import { errorText } from "../../web/ui/error-texts.ts";
import { serveHls } from "./stories/hls-fixture.ts";
import { type OpenStage, openStage } from "./stories/open-stage.ts";

/** A long timeout, for a busy machine. */
const WITHIN = { timeout: 30_000 };

/** The player and the watch page around it, with a stream made by native ffmpeg. */

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

    await page.getByRole("button", { name: "Settings" }).click();
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
    const sound = page.locator(".player-settings").getByLabel("Sound");
    expect(await sound.locator("option").count()).toBe(2);
  });

  test("by keyboard alone: play, seek, speed, captions, and what was chosen is kept", async () => {
    const { page } = stage;
    await serveHls(page, `${serverUrl}/v/story/`);
    await page.route("**/v/story/s*/captions.vtt", (route) =>
      route.fulfill({
        contentType: "text/vtt",
        body: "WEBVTT\n\n00:00:00.000 --> 00:00:09.000\nHello\n",
      }),
    );
    await stage.run((it, url) => it.showWatch("ready", url, false, it.TWO_CAPTIONS), masterUrl);
    const video = page.locator("video");
    const read = <Key extends "currentTime" | "paused" | "playbackRate" | "muted">(key: Key) =>
      video.evaluate((it, name) => (it as HTMLVideoElement)[name], key);
    const showing = () =>
      video.evaluate((it) =>
        [...(it as HTMLVideoElement).textTracks]
          .filter(({ mode }) => mode === "showing")
          .map(({ label }) => label),
      );
    await expect
      .poll(() => video.evaluate((it) => (it as HTMLVideoElement).readyState), WITHIN)
      .toBeGreaterThanOrEqual(2);
    await expect.poll(showing, WITHIN).toEqual(["English"]);

    await page.keyboard.press("m");
    await expect.poll(() => read("muted")).toBe(true);
    await page.keyboard.press("k");
    await expect.poll(() => read("paused"), WITHIN).toBe(false);
    await page.keyboard.press("k");
    await expect.poll(() => read("paused"), WITHIN).toBe(true);
    await page.keyboard.press("5");
    const half = await read("currentTime");
    await page.keyboard.press("ArrowLeft");
    await expect.poll(async () => half - (await read("currentTime"))).toBeCloseTo(5, 1);
    await page.keyboard.press("Shift+>");
    expect(await read("playbackRate")).toBe(1.25);
    await page.getByText("Speed 1.25×").waitFor();
    await page.keyboard.press("c");
    await expect.poll(showing).toEqual([]);
    await page.keyboard.press("0");
    const first = await read("currentTime");
    await page.keyboard.press(".");
    await expect
      .poll(async () => (await read("currentTime")) - first, WITHIN)
      .toBeGreaterThan(0.01);
    await page.keyboard.press(",");
    await expect.poll(() => read("currentTime"), WITHIN).toBeCloseTo(first, 2);
    await page.keyboard.press("l");
    await expect.poll(() => read("currentTime"), WITHIN).toBeGreaterThan(5);
    await page.keyboard.press("j");
    await expect.poll(() => read("currentTime"), WITHIN).toBe(0);
    await page.keyboard.press("Shift+<");
    expect(await read("playbackRate")).toBe(1);
    await page.keyboard.press("Shift+>");
    const isFull = () => page.evaluate(() => document.fullscreenElement !== null);
    for (const full of [true, false]) {
      await page.keyboard.press("f");
      await expect.poll(isFull, WITHIN).toBe(full);
    }

    // Each control is reached, has a name, and works.
    const slider = page.getByRole("slider", { name: "Position in the video" });
    await slider.focus();
    expect(await slider.getAttribute("aria-valuetext")).toMatch(/^0:00 of \d+:\d\d/);
    await page.keyboard.press("ArrowRight");
    await expect.poll(() => read("currentTime"), WITHIN).toBeGreaterThan(4.9);
    const names: (string | null)[] = [];
    for (let step = 0; step < 8; step += 1) {
      names.push(
        await page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? null),
      );
      await page.keyboard.press("Tab");
    }
    expect(names.slice(0, 6)).toEqual([
      "Position in the video",
      "Play",
      "Sound on",
      "Volume",
      "Subtitles",
      "Settings",
    ]);
    await page.getByRole("button", { name: "Settings" }).focus();
    await page.keyboard.press("Enter");
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe("SELECT");
    await page.keyboard.press("Escape");
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute("aria-label"));
    await expect.poll(focused).toBe("Settings");

    // Letters can be switched off, for those who speak to their computer (WCAG 2.1.4).
    const play = page.getByRole("button", { name: "Play", exact: true });
    expect(await play.getAttribute("aria-keyshortcuts")).toBe("k");
    await page.getByRole("button", { name: "Settings" }).press("Enter");
    await page.getByLabel("Keys such as K, M and F").selectOption("Off");
    await page.keyboard.press("Escape");
    expect(await play.getAttribute("aria-keyshortcuts")).toBeNull();
    await page.keyboard.press("m");
    await page.keyboard.press("0");
    await page.keyboard.press("ArrowRight");
    await expect.poll(() => read("currentTime"), WITHIN).toBeGreaterThan(5);
    expect(await read("muted")).toBe(true);
    await page.getByRole("button", { name: "Settings" }).press("Enter");
    await page.getByLabel("Keys such as K, M and F").selectOption("On");
    await page.keyboard.press("Escape");

    // The choices hold for another video in this browser.
    await stage.run((it, url) => it.showWatch("missing", url), masterUrl);
    await stage.run((it, url) => it.showWatch("ready", url, false, it.TWO_CAPTIONS), masterUrl);
    await expect.poll(() => read("playbackRate"), WITHIN).toBe(1.25);
    expect(await read("muted")).toBe(true);
    await page.getByRole("button", { name: "Subtitles" }).waitFor();
    await expect.poll(showing, WITHIN).toEqual([]);
    await page.evaluate(() => localStorage.removeItem("tributary.player"));
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
    ["missing", errorText("JOB_NOT_FOUND").title],
    ["cancelled", "This video was cancelled"],
  ] as const)("a video that is %s is said, not played", async (watched, title) => {
    await stage.run((it, given) => it.showWatch(given.watched, given.masterUrl), {
      watched,
      masterUrl,
    });
    await stage.page.getByRole("heading", { name: title }).waitFor();
    expect(await stage.page.locator("video").count()).toBe(0);
  });

  test("one that is deleted while somebody watches says so", async () => {
    const { page } = stage;
    await serveHls(page, `${serverUrl}/v/story/`);
    const gone = { status: 404, body: "" };
    await page.route("**/v/story/*.m4s", (route) => route.fulfill(gone));
    let asked = 0;
    await page.route("**/v/story/master.m3u8", (route) => {
      asked += 1;
      return asked === 1 ? route.fallback() : route.fulfill(gone);
    });
    await stage.run((it, url) => it.showWatch("ready", url), masterUrl);
    await page.getByText(errorText("JOB_NOT_FOUND").title).waitFor(WITHIN);
  });

  test("one whose maker is away says so, on its page and in a frame", async () => {
    for (const embedded of [false, true]) {
      await stage.run((it, given) => it.showWatch("away", given.url, given.embedded), {
        url: masterUrl,
        embedded,
      });
      await stage.page.getByText("Its maker is away at the moment.").first().waitFor();
    }
  });

  test("one that is being made says how far it is, and plays", async () => {
    await serveHls(stage.page, `${serverUrl}/v/story/`);
    await stage.run((it, url) => it.showWatch("making", url), masterUrl);
    await stage.page.getByText("Being made: 41 %.").waitFor();
    const video = stage.page.locator("video");
    await expect
      .poll(() => video.evaluate((it) => (it as HTMLVideoElement).readyState), WITHIN)
      .toBeGreaterThanOrEqual(2);
    // The time line also shows the rest, marked as not made yet.
    await stage.page.locator(".timeline-unmade").waitFor();
    const slider = stage.page.getByRole("slider", { name: "Position in the video" });
    expect(await slider.getAttribute("aria-valuetext")).toMatch(/made up to/);
    await stage.page.keyboard.press("9");
    const at = await video.evaluate((it) => (it as HTMLVideoElement).currentTime);
    expect(at).toBeLessThanOrEqual(
      await video.evaluate((it) => (it as HTMLVideoElement).seekable.end(0)),
    );
  });
});
