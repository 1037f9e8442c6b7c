import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { launchBrowser } from "../../web/headless/browser.ts";
import { serveHls } from "./stories/hls-fixture.ts";
import { openStage } from "./stories/open-stage.ts";

// The player's controls for assistive technology, and playing on another screen.

const WITHIN = { timeout: 30_000 };
const serverUrl = inject("serverUrl");
const masterUrl = `${serverUrl}/v/story/master.m3u8`;

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

async function opened(before: (page: Page) => Promise<void> = async () => {}) {
  const stage = await openStage(browser, serverUrl, "watch");
  const { page } = stage;
  await serveHls(page, `${serverUrl}/v/story/`);
  await page.route("**/v/story/s*/captions.vtt", (route) =>
    route.fulfill({ contentType: "text/vtt", body: "WEBVTT\n\n00:00.000 --> 00:09.000\nHello\n" }),
  );
  await before(page);
  await stage.run((it, url) => it.showWatch("ready", url, false, it.TWO_CAPTIONS), masterUrl);
  await page.getByRole("slider", { name: "Position in the video" }).waitFor();
  await expect
    .poll(() => page.locator("video").evaluate((it) => (it as HTMLVideoElement).readyState), WITHIN)
    .toBeGreaterThanOrEqual(2);
  return page;
}

test("axe finds no fault in the player, with its settings open and closed, light and dark", async () => {
  const page = await opened();
  await page.emulateMedia({ reducedMotion: "reduce" });
  const axe = fileURLToPath(import.meta.resolve("axe-core/axe.min.js"));
  await page.evaluate(await readFile(axe, "utf8"));
  const faults = () =>
    page.evaluate(async () => {
      const { axe: judge } = globalThis as unknown as { axe: typeof import("axe-core") };
      const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
      const { violations, passes } = await judge.run(".player", { runOnly: tags });
      if (passes.length < 10) return ["axe looked at next to nothing"];
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html)}`);
    });
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    expect(await faults(), colorScheme).toEqual([]);
    await page.getByRole("button", { name: "Settings" }).click();
    await page.getByRole("dialog", { name: "Settings of the player" }).waitFor();
    expect(await faults(), `${colorScheme}, settings`).toEqual([]);
    await page.keyboard.press("Escape");
  }
  // Each control is large enough for a finger (WCAG 2.2, 2.5.8).
  const boxes = await page.locator(".controls-row button, .controls-row input").all();
  expect(boxes.length).toBeGreaterThan(4);
  for (const box of boxes) {
    const { width = 0, height = 0 } = (await box.boundingBox()) ?? {};
    expect(Math.min(width, height)).toBeGreaterThanOrEqual(24);
  }
  await page.close();
});

test("another screen is offered where the browser has one, and gets the address that it can fetch", async () => {
  const page = await opened(async (it) => {
    // There is no other screen here, so the browser's answer is simulated.
    await it.evaluate(() => {
      RemotePlayback.prototype.watchAvailability = async (tell: (is: boolean) => void) => {
        setTimeout(() => tell(true), 50);
        return 1;
      };
      RemotePlayback.prototype.prompt = async function prompt(this: RemotePlayback) {
        Object.assign(globalThis, { prompted: this });
      };
    });
  });
  const video = page.locator("video").first();
  const canPlay = await video.evaluate((it) =>
    (it as HTMLVideoElement).canPlayType("application/vnd.apple.mpegurl"),
  );
  const button = page.getByRole("button", { name: "Play on another screen" });
  if (canPlay === "") {
    expect(await button.count()).toBe(0);
  } else {
    await page.keyboard.press("5");
    const before = await video.evaluate((it) => (it as HTMLVideoElement).currentTime);
    await button.click();
    const prompted = () =>
      video.evaluate((it) => {
        const { prompted: asked } = globalThis as { prompted?: unknown };
        return asked === (it as HTMLVideoElement).remote;
      });
    await expect.poll(prompted, WITHIN).toBe(true);
    const now = await video.evaluate((it) => {
      const { src, currentTime } = it as HTMLVideoElement;
      return { src, currentTime };
    });
    expect(now.src).toBe(masterUrl.replace("master", "podcast"));
    expect(Math.abs(now.currentTime - before)).toBeLessThan(1);
  }
  await page.close();
});
