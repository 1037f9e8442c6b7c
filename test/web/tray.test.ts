import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright";
import { afterAll, afterEach, beforeAll, expect, inject, test } from "vitest";
import { root } from "../../edge/local/server.ts";
import { launchBrowser } from "../../web/headless/browser.ts";
import type { ShownState } from "../../web/pages/upload/shown-state.ts";
import { fixture } from "../setup/media.ts";
import { openStage } from "./stories/open-stage.ts";
import { TRAY } from "./stories/tray.ts";

/** Several videos in one tab: the list as a single view, and the real page with the real edge. */

const serverUrl = inject("serverUrl");
const WITHIN = { timeout: 20_000 };
const sample = join(root, "web/public/sample.mp4");

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

const state = (page: Page): Promise<ShownState> =>
  page.evaluate(
    () => (globalThis as unknown as { tributary: { state: ShownState } }).tributary.state,
  );

async function openPage(page: Page, search: string): Promise<void> {
  await page.goto(`${serverUrl}/${search}`);
  await page.waitForFunction(() => "tributary" in globalThis);
}

const sentences = async (page: Page): Promise<string[]> =>
  page.locator(".tray-entry .hint").allInnerTexts();

test("each video has its sentence and what can be done with it", async () => {
  const stage = await openStage(browser, serverUrl, "upload");
  const { page } = stage;
  await page.evaluate(await readFile(join(root, "node_modules/axe-core/axe.min.js"), "utf8"));
  await stage.run((it, tray) => it.showUpload("playing", {}, { tray }), TRAY);
  expect(await sentences(page)).toEqual([
    "Ready",
    expect.stringMatching(/^Ready to watch, \d\d %, about \d min left$/),
    expect.stringContaining("The end of this video is missing."),
    "Next",
    "Waits for you to start it",
    "Choose the file again to go on",
  ]);
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { axe: typeof import("axe-core") }).axe.run(),
  );
  expect(violations.map(({ id }) => id)).toEqual([]);
  const row = (name: string) => page.getByRole("listitem").filter({ hasText: name });
  await row("harbour-walk").getByRole("button", { name: "Pause harbour-walk" }).click();
  await row("closing").getByRole("button", { name: "Up closing.mov" }).press("Enter");
  await row("interview").getByRole("button", { name: "Remove" }).click();
  await page.getByRole("button", { name: "Start the other one" }).click();
  expect((await stage.calls()).map(({ name, argument }) => [name, argument])).toEqual([
    ["pause", true],
    ["move", { id: "closing.mov", by: -1 }],
    ["remove", "interview with the harbour master, first part.mov"],
    ["shareWaiting", "unlisted"],
  ]);
});

test("three files at once are made in their order, also when the page is loaded anew in between", {
  timeout: 300_000,
}, async () => {
  const files = [await fixture("plain-8s.mp4"), await fixture("long-gop-20s.mp4"), sample];
  const page = await (await browser.newContext()).newPage();
  page.on("dialog", (dialog) => dialog.accept());
  const search = "?ladder=144:120&engine=ffmpeg&slots=1";
  await openPage(page, search);
  const pick = () => page.locator('input[type="file"]').first().setInputFiles(files);
  await pick();
  // Nothing is shared before the press on "Start all".
  await page.getByRole("button", { name: "Start all 3" }).click({ timeout: 60_000 });
  await expect
    .poll(async () => (await sentences(page)).slice(1), { timeout: 60_000 })
    .toEqual(["Next", "Waits for its turn"]);
  await page.getByRole("button", { name: "Up sample.mp4" }).click();

  // The page is reloaded while the second video is at work.
  await expect
    .poll(
      async () => {
        const { fileName, job } = await state(page);
        return fileName === "sample.mp4" && job !== null;
      },
      { timeout: 120_000 },
    )
    .toBe(true);
  const { jobId, inspection } = await state(page);
  // The second file was read while the first video was being made.
  expect(inspection?.readAhead).toBe(true);
  await page.reload();
  await page.getByRole("heading", { name: "Go on where you left off" }).waitFor(WITHIN);
  expect(await sentences(page)).toEqual(Array(2).fill("Choose the file again to go on"));
  await pick();
  await expect
    .poll(async () => [(await state(page)).jobId, (await state(page)).phase], WITHIN)
    .toEqual([jobId, "running"]);
  await expect
    .poll(() => page.locator(".tray-entry.is-ready").count(), { timeout: 120_000 })
    .toBeGreaterThanOrEqual(2);
  // The first video was ready before the reload. The saved list has only the unfinished ones.
  expect(await page.locator(".tray-name").allInnerTexts()).toEqual([
    "sample.mp4",
    "long-gop-20s.mp4",
    "plain-8s.mp4",
  ]);
});

test("work is paused, and goes on", { timeout: 120_000 }, async () => {
  const page = await (await browser.newContext()).newPage();
  await openPage(page, "?ladder=240:300,144:120&engine=ffmpeg&slots=1");
  await page.locator('input[type="file"]').setInputFiles(await fixture("long-gop-20s.mp4"));
  await page.getByRole("button", { name: "Start", exact: true }).click({ timeout: 60_000 });
  await page.getByRole("button", { name: "Pause" }).click({ timeout: 60_000 });
  await page.getByText("Paused", { exact: true }).waitFor(WITHIN);
  const working = async () =>
    (await state(page)).job?.tasks.filter((task) => task.state === "leased").length;
  await expect.poll(working, { timeout: 60_000 }).toBe(0);
  const done = async () =>
    (await state(page)).job?.tasks.filter((task) => task.state === "done").length;
  const before = await done();
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  expect(await done()).toBe(before);
  await page.getByRole("button", { name: "Go on", exact: true }).click();
  await page.getByRole("heading", { name: "Your video is ready" }).waitFor({ timeout: 60_000 });
});
