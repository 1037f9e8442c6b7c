import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright";
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from "vitest";
import { root } from "../../edge/local/server.ts";
import { launchBrowser } from "../../web/headless/browser.ts";
import type { ShownState } from "../../web/pages/upload/shown-state.ts";
import { fixture } from "../setup/media.ts";

/** The real page with the real holder, edge and encoder. */

const serverUrl = inject("serverUrl");
const sample = join(root, "web/public/sample.mp4");
/** A ladder small enough for a busy machine, because these tests are about the page. */
const QUICK = "?ladder=144:120";

/** A long timeout, for a busy machine. */
const WITHIN = { timeout: 20_000 };

let browser: Browser;
let folder: string;
const faults: string[] = [];

beforeAll(async () => {
  browser = await launchBrowser();
  folder = await mkdtemp(join(tmpdir(), "tributary-pages-"));
});
afterAll(async () => {
  await browser.close();
  await rm(folder, { recursive: true });
});
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  expect(faults.splice(0)).toEqual([]);
});

/** Opens the page in a new context with its own storage. Its uncaught errors make the tests fail. */
async function openPage(search = "", page?: Page): Promise<Page> {
  const opened = page ?? (await (await browser.newContext()).newPage());
  opened.on("pageerror", (error) => faults.push(String(error.stack)));
  await opened.goto(`${serverUrl}/${search}`);
  await opened.waitForFunction(() => "tributary" in globalThis);
  return opened;
}

const state = (page: Page): Promise<ShownState> =>
  page.evaluate(
    () => (globalThis as unknown as { tributary: { state: ShownState } }).tributary.state,
  );

/** Resolves when the page has resumed a job of an earlier visit, or found none. */
const opened = (page: Page): Promise<void> =>
  page.evaluate(
    () => (globalThis as unknown as { tributary: { opened: Promise<void> } }).tributary.opened,
  );

const pick = (page: Page, file: string) => page.locator('input[type="file"]').setInputFiles(file);

const heading = (page: Page, name: string) => page.getByRole("heading", { name, exact: true });

async function startButton(page: Page) {
  const button = page.getByRole("button", { name: "Start", exact: true });
  await button.waitFor({ timeout: 60_000 });
  return button;
}

const videoOf = (page: Page) =>
  page.locator("video").evaluate((element) => {
    const { currentTime, duration, error, videoWidth } = element as HTMLVideoElement;
    return { currentTime, duration, error: error?.message ?? null, videoWidth };
  });

test("a part that was chosen by keyboard is what is made, and captions of the file follow it", async () => {
  const page = await openPage(QUICK);
  await pick(page, await fixture("plain-8s.mp4"));
  const start = page.getByRole("slider", { name: "Beginning of the part" });
  const end = page.getByRole("slider", { name: "End of the part" });
  await expect.poll(() => start.isEnabled(), WITHIN).toBe(true);
  await start.press("Shift+ArrowRight");
  for (const key of ["ArrowRight", "ArrowRight", "ArrowLeft"]) await start.press(key);
  expect(await start.getAttribute("aria-valuetext")).toBe("0:01.033");
  await end.press("PageDown");
  await end.press("ArrowLeft");
  await page.getByText("from 0:01.0 to 0:07.0 (5.9 s)").waitFor();
  await page.locator("summary", { hasText: "Add subtitles" }).click();
  const text = "1\n00:00:00,500 --> 00:00:02,033\nHello\n";
  const captions = { name: "hello.srt", mimeType: "text/plain", buffer: Buffer.from(text) };
  await page.locator('input[type="file"][accept*=".srt"]').setInputFiles(captions);
  await page.locator(".captions-add select").selectOption("en");
  await page.getByRole("button", { name: "Add subtitles", exact: true }).click();
  await page.locator(".captions-row").waitFor();
  // Pressed at once, when the page may not have planned the change yet.
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await expect.poll(async () => (await state(page)).phase, { timeout: 90_000 }).toBe("ready");
  const { inspection, jobId } = await state(page);
  expect(inspection?.source).toMatchObject({
    durationTicks: 178 * 3_000,
    trim: { startTicks: 31 * 3_000, endTicks: 209 * 3_000, sourceDurationTicks: 720_000 },
    video: { frames: 178 },
  });
  const list = await (await fetch(`${serverUrl}/api/videos/${jobId}/captions`)).json();
  const vtt = await (await fetch(list.captions[0].url)).text();
  expect(vtt).toContain("00:00:00.000 --> 00:00:01.000");
});

describe("before the work", () => {
  test("says what was found, and refuses a ladder that cannot be", async () => {
    const page = await openPage();
    await page.getByRole("button", { name: "Try a sample clip" }).click();
    await startButton(page);
    await page.locator("summary", { hasText: "About this file" }).click();
    const found = (
      await page.getByRole("region", { name: "What was found" }).innerText()
    ).replaceAll(/\s+/g, " ");
    for (const fact of [
      "sample.mp4",
      "12.0 s",
      "383 kB",
      "1280 × 720",
      "30 fps",
      "H.264",
      "AAC, stereo, 48 kHz",
    ]) {
      expect(found).toContain(fact);
    }
    await page.getByText("Expert", { exact: true }).click();
    expect(await page.getByText(/3 segments in \d+ tasks/).count()).toBe(1);
    expect(await page.getByText("1280 × 720", { exact: true }).count()).toBe(2);

    const error = page.locator("#ladder-error");
    await page.getByLabel("Level 1, bit rate").fill("5");
    await expect.poll(() => error.innerText(), WITHIN).toContain("out of range");
    const start = page.getByRole("button", { name: "Start", exact: true });
    expect(await start.isDisabled()).toBe(true);
    expect((await state(page)).error?.code).toBe("LADDER_INVALID");
    await page.getByLabel("Level 1, bit rate").fill("2800");
    await expect.poll(() => start.isEnabled(), WITHIN).toBe(true);
    expect(await error.innerText()).toBe("");
    // Videos are never scaled up.
    await page.getByLabel("Level 1, height").fill("1440");
    await page.getByText("as large as the source").waitFor();

    await page.getByRole("button", { name: "Another file" }).click();
    await page.getByText("Drop videos here").waitFor();
  });

  test("what was chosen before Start survives a reload", async () => {
    const page = await openPage();
    await pick(page, sample);
    await startButton(page);
    const chosen = () => ({
      best: page.getByRole("radio", { name: /Best quality/ }),
      rate: page.getByLabel("Level 1, bit rate"),
      checks: page.getByLabel("Check helpers' work"),
      servers: page.getByRole("checkbox", { name: "Use this site's servers" }),
    });
    const expert = () => page.locator("summary", { hasText: "Expert" }).click();
    await chosen().best.check();
    await expert();
    await chosen().rate.fill("1234");
    await chosen().checks.selectOption("all");
    await chosen().servers.check();
    const planned = async () => (await state(page)).inspection?.ladder[0]?.kilobitsPerSecond;
    await expect.poll(planned, WITHIN).toBe(1234);

    await page.reload();
    await page.waitForFunction(() => "tributary" in globalThis);
    await opened(page);
    await page.locator('input[type="file"]').first().setInputFiles(sample);
    await startButton(page);
    await expect.poll(planned, WITHIN).toBe(1234);
    await expert();
    const { best, rate, checks, servers } = chosen();
    await expect.poll(() => rate.inputValue(), WITHIN).toBe("1234");
    expect(await best.isChecked()).toBe(true);
    expect(await checks.inputValue()).toBe("all");
    await expect.poll(() => servers.isChecked(), WITHIN).toBe(true);
  });

  test("a ladder in the address stands in the editor", async () => {
    const page = await openPage("?ladder=360:500,240:300");
    await pick(page, sample);
    await startButton(page);
    await expect.poll(() => page.getByLabel("Level 1, height").inputValue(), WITHIN).toBe("360");
    expect(await page.getByLabel("Level 2, bit rate").inputValue()).toBe("300");
    expect(await page.getByText("640 × 360", { exact: true }).count()).toBe(1);
  });

  test.each([
    ["empty.mp4", "", "This file is empty"],
    ["notes.mp4", "These are notes, not a video.\n".repeat(100), "This file cannot be read"],
  ])(
    "%s is refused in plain words, and another file can be chosen",
    async (name, content, title) => {
      const file = join(folder, name);
      await writeFile(file, content);
      const page = await openPage();
      await pick(page, file);
      await heading(page, title).waitFor({ timeout: 60_000 });
      await page.getByRole("button", { name: "Choose another file" }).click();
      await pick(page, sample);
      await startButton(page);
    },
  );
});

describe("when something is not there", () => {
  test("a holder that cannot be loaded is told in plain words", async () => {
    const page = await (await browser.newContext()).newPage();
    await page.route(/owner\.worker/, (route) => route.abort());
    await openPage("", page);
    await pick(page, sample);
    await heading(page, "A part of this page could not be loaded").waitFor();
    await page.unroute(/owner\.worker/);
    await page.getByRole("button", { name: "Try again" }).click();
    await startButton(page);
  });

  test("a helper's worker that cannot be loaded is told, too", async () => {
    const page = await (await browser.newContext()).newPage();
    await page.route(/contributor\.worker/, (route) => route.abort());
    await page.goto(`${serverUrl}/join/none#token`);
    await heading(page, "A part of this page could not be loaded").waitFor();
  });

  test("an edge that answers with an error leaves everything as it was", async () => {
    const page = await openPage(QUICK);
    await pick(page, sample);
    const button = await startButton(page);
    await page.context().route("**/api/jobs", (route) => route.fulfill({ status: 429, body: "" }));
    await expect.poll(() => button.isEnabled(), WITHIN).toBe(true);
    await button.click();
    await page.getByText("Too many videos at once").waitFor(WITHIN);
    await page.context().unroute("**/api/jobs");
    await button.click();
    await heading(page, "Making your video").waitFor(WITHIN);
    await page.getByRole("button", { name: "Cancel" }).click();
    await heading(page, "Cancelled").waitFor();
  });
});

describe("a job", () => {
  test("plays here while it is made, and for anybody at its address", {
    timeout: 300_000,
  }, async () => {
    const page = await openPage(QUICK);
    await pick(page, sample);
    await (await startButton(page)).click();
    // The preview shows a still as soon as there is one, and plays only after a press on play.
    await expect.poll(async () => (await videoOf(page)).videoWidth, { timeout: 240_000 }).toBe(256);
    await heading(page, "Your video is ready").waitFor({ timeout: 240_000 });
    expect((await videoOf(page)).error).toBeNull();
    expect((await videoOf(page)).currentTime).toBeCloseTo(1, 3);
    const beginsAt = await page.locator("video").evaluate(async (element) => {
      await (element as HTMLVideoElement).play();
      return (element as HTMLVideoElement).currentTime;
    });
    expect(beginsAt).toBeLessThan(0.5);
    await expect
      .poll(async () => (await videoOf(page)).currentTime, { timeout: 60_000 })
      .toBeGreaterThan(0.5);
    expect(await page.title()).toMatch(/^Ready · sample.mp4/);

    const watchUrl = await page.getByLabel("Watch page").inputValue();
    const guest = await (await browser.newContext()).newPage();
    await guest.goto(watchUrl);
    await heading(guest, "sample").waitFor();
    await guest.locator("video").evaluate(async (element) => {
      (element as HTMLVideoElement).muted = true;
      await (element as HTMLVideoElement).play();
    });
    await expect
      .poll(async () => (await videoOf(guest)).currentTime, { timeout: 60_000 })
      .toBeGreaterThan(0.5);
    expect((await videoOf(guest)).duration).toBeCloseTo(12, 1);
    await guest.goto(`${watchUrl}?embed`);
    await guest.locator("video").waitFor();
    expect(await guest.locator("header").count()).toBe(0);

    // The page now has the video's address. At the start page's address there is nothing left to resume.
    await page.reload();
    await heading(page, "sample").waitFor();
    await page.goto(serverUrl);
    await page.getByText("Drop videos here").waitFor();
    await opened(page);
    expect((await state(page)).phase).toBe("idle");
  });

  test("keeps the device awake while this tab is needed, and no longer", async () => {
    const context = await browser.newContext();
    await context.addInitScript(() => {
      const locks = { held: 0, asked: 0 };
      const request = async () => {
        locks.held += 1;
        locks.asked += 1;
        return {
          release: async () => {
            locks.held -= 1;
          },
        };
      };
      Object.defineProperty(navigator, "wakeLock", { value: { request } });
      Object.assign(globalThis, { screenLocks: locks });
    });
    const page = await openPage(QUICK, await context.newPage());
    const locks = () =>
      page.evaluate(
        () =>
          (globalThis as unknown as { screenLocks: { held: number; asked: number } }).screenLocks,
      );
    await pick(page, sample);
    await heading(page, "Ready to share").waitFor(WITHIN);
    expect(await locks()).toEqual({ held: 0, asked: 0 });
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await expect.poll(async () => (await locks()).held, WITHIN).toBe(1);
    await expect.poll(async () => (await state(page)).phase, { timeout: 60_000 }).toBe("ready");
    await expect.poll(async () => (await locks()).held, WITHIN).toBe(0);
  });

  test("is cancelled at once, here and at the edge, and can be started again", {
    timeout: 300_000,
  }, async () => {
    const page = await openPage();
    await pick(page, await fixture("long-gop-20s.mp4"));
    await (await startButton(page)).click();
    await expect
      .poll(async () => (await state(page)).job?.state, { timeout: 60_000 })
      .toBe("running");
    const { jobId } = await state(page);
    // The edge's answer is held back until the page shows the end, to see that the page does not wait for it.
    const shown = Promise.withResolvers<void>();
    await page.context().route(`**/api/jobs/${jobId}`, async (route) => {
      await shown.promise;
      await route.continue();
    });
    await page.getByRole("button", { name: "Cancel" }).click();
    // If much was already made before "Start", the page asks for confirmation.
    const stop = page.getByRole("button", { name: "Stop", exact: true });
    await heading(page, "Cancelled").or(stop).first().waitFor();
    if (await stop.isVisible()) await stop.click();
    await heading(page, "Cancelled").waitFor();
    shown.resolve();
    await expect
      .poll(async () => {
        const response = await fetch(`${serverUrl}/api/jobs/${jobId}`);
        return ((await response.json()) as { state: string }).state;
      }, WITHIN)
      .toBe("cancelled");
    await page.getByRole("button", { name: "Try again" }).click();
    await startButton(page);
  });

  test("goes on after a reload with the same file, and with no other", {
    timeout: 300_000,
  }, async () => {
    const file = await fixture("long-gop-20s.mp4");
    const page = await openPage("?ladder=240:300,144:120&slots=1&engine=ffmpeg");
    await pick(page, file);
    await (await startButton(page)).click();
    const doneParts = async () =>
      (await state(page)).job?.tasks.filter(
        ({ kind, state }) => kind === "video" && state === "done",
      ).length ?? 0;
    await expect.poll(doneParts, { timeout: 120_000 }).toBeGreaterThan(0);
    const { jobId } = await state(page);
    expect(new URL(page.url()).searchParams.get("video")).toBe(jobId);

    // A second tab does not take up the first one's job.
    const second = await openPage(QUICK, await page.context().newPage());
    await opened(second);
    expect((await state(second)).phase).toBe("idle");
    await second.close();

    // The browser asks before it leaves the page.
    let asked = 0;
    page.on("dialog", async (dialog) => {
      asked += dialog.type() === "beforeunload" ? 1 : 0;
      await dialog.accept();
    });
    // The page does not give up the job while the edge cannot be reached.
    const status = `**/api/jobs/${jobId}`;
    await page.context().route(status, (route) => route.abort());
    await page.reload();
    expect(asked).toBe(1);
    await heading(page, "The server cannot be reached").waitFor(WITHIN);
    await page.context().unroute(status);
    await page.getByRole("button", { name: "Try again" }).click();
    await heading(page, "Go on where you left off").waitFor();
    expect(await page.getByText("long-gop-20s.mp4").count()).toBeGreaterThan(0);

    await pick(page, sample);
    await page.getByText("That is not the same file").waitFor({ timeout: 60_000 });
    await pick(page, file);
    await heading(page, "Making your video").waitFor({ timeout: 60_000 });
    expect((await state(page)).jobId).toBe(jobId);
    await heading(page, "Your video is ready").waitFor({ timeout: 240_000 });
    expect(await doneParts()).toBe(5);
  });

  test("is not lost where the page is older than the server: a reload goes on with it", {
    timeout: 300_000,
  }, async () => {
    const file = await fixture("long-gop-20s.mp4");
    const page = await openPage("?ladder=240:300,144:120&slots=1&engine=ffmpeg");
    page.on("dialog", (dialog) => dialog.accept());
    await pick(page, file);
    await (await startButton(page)).click();
    const isDone = async () =>
      (await state(page)).job?.tasks.filter((task) => task.state === "done").map(({ id }) => id) ??
      [];
    await expect.poll(async () => (await isDone()).length, { timeout: 120_000 }).toBeGreaterThan(0);
    const { jobId } = await state(page);
    const done = await isDone();

    // An older build, whose worker uses another protocol version.
    const protocol = /shared\/wire\/protocol\.ts/;
    await page.context().route(protocol, async (route) => {
      const text = await (await route.fetch()).text();
      const body = text.replace(/(?<=const PROTOCOL_VERSION = )\d+/, "0");
      expect(body).not.toBe(text);
      const headers = { "cache-control": "no-store" };
      await route.fulfill({ body, headers, contentType: "text/javascript" });
    });
    await page.reload();
    await heading(page, "There is a newer version of this page").waitFor(WITHIN);
    expect((await state(page)).error?.code).toBe("PROTOCOL_OUTDATED");
    await page.context().unroute(protocol);

    await page.getByRole("button", { name: "Reload the page" }).click();
    await heading(page, "Go on where you left off").waitFor(WITHIN);
    await pick(page, file);
    await heading(page, "Making your video").waitFor({ timeout: 60_000 });
    expect((await state(page)).jobId).toBe(jobId);
    expect(await isDone()).toEqual(expect.arrayContaining(done));
    await heading(page, "Your video is ready").waitFor({ timeout: 240_000 });
  });

  test("goes on by itself where the browser may still open the file", {
    timeout: 300_000,
  }, async () => {
    const page = await openPage("?ladder=240:300,144:120&slots=1&engine=ffmpeg");
    await pick(page, sample);
    await (await startButton(page)).click();
    await expect.poll(async () => (await state(page)).phase, WITHIN).toBe("running");
    const { jobId } = await state(page);
    // A script cannot get a handle from the file picker, so it uses one from the browser's private file system.
    await expect
      .poll(
        () => page.evaluate(storeHandle, { jobId: jobId ?? "", url: `${serverUrl}/sample.mp4` }),
        WITHIN,
      )
      .toBe(true);
    page.on("dialog", (dialog) => dialog.accept());
    await page.reload();
    await heading(page, "Making your video").waitFor(WITHIN);
    expect((await state(page)).jobId).toBe(jobId);
    await heading(page, "Your video is ready").waitFor({ timeout: 240_000 });
  });
});

/** Runs in the page: writes a copy of the source to its private file system, and adds the handle to the stored job. */
async function storeHandle({ jobId, url }: { jobId: string; url: string }): Promise<boolean> {
  const folder = await navigator.storage.getDirectory();
  const handle = await folder.getFileHandle("copy.mp4", { create: true });
  const writable = await handle.createWritable();
  await writable.write(await (await fetch(url)).blob());
  await writable.close();
  const settled = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const database = await settled(indexedDB.open("tributary", 1));
  const jobs = database.transaction("jobs", "readwrite").objectStore("jobs");
  const stored: { job: object } | undefined = await settled(jobs.get(jobId));
  // The record has the format from before records had a version.
  if (stored !== undefined) await settled(jobs.put({ job: stored.job, handle }));
  database.close();
  return stored !== undefined;
}
