import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { EdgeClient } from "../../web/edge-client.ts";
import { launchBrowser } from "../../web/headless/browser.ts";
import { copyPlaylists } from "../../web/headless/copy-playlists.ts";
import type { ShownState } from "../../web/pages/upload/shown-state.ts";
import { fixture } from "../setup/media.ts";
import { expectExactPictures } from "./exact-video.ts";

// Five files dropped at once on one tab, which is closed and opened again in the middle.

const serverUrl = inject("serverUrl");
const client = new EdgeClient(serverUrl);
const PAGE = `${serverUrl}/?ladder=144:140&engine=ffmpeg&slots=1`;
const NAMES = [
  "plain-8s.mp4",
  "open-gop-14s.mp4",
  "vfr-8s.mp4",
  "silent-8s.mp4",
  "vp9-8s.webm",
] as const;

let browser: Browser;
let dir: string;
beforeAll(async () => {
  browser = await launchBrowser();
  dir = await mkdtemp(join(tmpdir(), "tributary-five-"));
});
afterAll(async () => {
  await browser.close();
  await rm(dir, { recursive: true, force: true });
});

const state = (page: Page): Promise<ShownState> =>
  page.evaluate(
    () => (globalThis as unknown as { tributary: { state: ShownState } }).tributary.state,
  );

async function open(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  await page.goto(PAGE);
  await page.waitForFunction(() => "tributary" in globalThis);
  return page;
}

/** Drops all files at once, as a person does: one event. */
async function drop(page: Page, files: readonly string[]): Promise<void> {
  const given = await Promise.all(
    files.map(async (file) => [basename(file), (await readFile(file)).toString("base64")] as const),
  );
  await page.evaluate(async (all) => {
    const transfer = new DataTransfer();
    for (const [name, base64] of all) {
      const type = name.endsWith("webm") ? "video/webm" : "video/mp4";
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      transfer.items.add(new File([bytes], name, { type }));
    }
    const target = document.querySelector("main") ?? document.body;
    for (const name of ["dragenter", "dragover", "drop"])
      target.dispatchEvent(
        new DragEvent(name, { dataTransfer: transfer, bubbles: true, cancelable: true }),
      );
  }, given);
}

const namesIn = (page: Page) => page.locator(".tray-name").allInnerTexts();
const focusIn = (page: Page) =>
  page.evaluate(() => document.activeElement?.textContent?.replace(/\s+/g, " ").trim());

test("all are made in their order, each exact", async () => {
  const files = await Promise.all(NAMES.map((name) => fixture(name)));
  const context = await browser.newContext();
  let page = await open(context);
  await drop(page, files);
  await expect.poll(() => namesIn(page)).toEqual([...NAMES]);
  // By keyboard: moves the last file before the fourth. The focus goes with it.
  const up = page.getByRole("button", { name: "Up vp9-8s.webm" });
  await up.focus();
  await page.keyboard.press("Enter");
  const order = [...NAMES.slice(0, 3), "vp9-8s.webm", "silent-8s.mp4"];
  await expect.poll(() => namesIn(page)).toEqual(order);
  expect(await focusIn(page)).toBe("Up vp9-8s.webm");

  const start = page.getByRole("button", { name: "Start all 5" });
  await start.waitFor({ timeout: 60_000 });
  await start.focus();
  await page.keyboard.press("Enter");
  const jobs = new Map<string, string>();
  const note = async () => {
    const { fileName, jobId, job } = await state(page);
    if (fileName !== null && jobId !== null && job !== null) jobs.set(fileName, jobId);
    return jobs.size;
  };
  await expect.poll(note, { timeout: 120_000 }).toBe(2);
  const atWork = (await state(page)).jobId;
  await page.close();

  page = await open(context);
  await page.getByRole("heading", { name: "Go on where you left off" }).waitFor();
  expect((await state(page)).jobId).toBe(atWork);
  await drop(page, files.slice(1));
  await expect.poll(note, { timeout: 240_000 }).toBe(5);
  await expect.poll(async () => (await state(page)).phase, { timeout: 120_000 }).toBe("ready");
  await context.close();

  expect([...jobs.keys()]).toEqual(order);
  const ended: number[] = [];
  for (const [name, jobId] of jobs) {
    const status = await client.jobStatus(jobId);
    expect(status, name).toMatchObject({ state: "ready", error: null });
    ended.push(status.endedAtMs ?? 0);
    const to = join(dir, name);
    await copyPlaylists(`${serverUrl}/v/${jobId}/master.m3u8`, to, new AbortController().signal);
    await expectExactPictures({ dir: to, status }, { source: await fixture(name as never) });
  }
  expect(ended).toEqual([...ended].sort((a, b) => a - b));
});
