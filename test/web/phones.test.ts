import { type Browser, type BrowserContextOptions, devices, type Page } from "playwright";
import { afterAll, afterEach, beforeAll, expect, inject, test } from "vitest";
import { launchBrowser } from "../../web/headless/browser.ts";
import type { ShownState } from "../../web/pages/upload/shown-state.ts";
import { fixture } from "../setup/media.ts";

// How pages behave on phones and tablets, which dim the screen, freeze pages and have little memory.

const serverUrl = inject("serverUrl");

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

const IPAD =
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15";

async function openPage(search: string, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await (await browser.newContext(options)).newPage();
  await page.goto(`${serverUrl}/${search}`);
  await page.waitForFunction(() => "tributary" in globalThis);
  return page;
}

const state = (page: Page): Promise<ShownState> =>
  page.evaluate(
    () => (globalThis as unknown as { tributary: { state: ShownState } }).tributary.state,
  );

async function start(page: Page): Promise<void> {
  await page.locator('input[type="file"]').setInputFiles(await fixture("long-gop-20s.mp4"));
  await page.getByRole("button", { name: "Start", exact: true }).click({ timeout: 60_000 });
  await expect.poll(async () => (await state(page)).phase, { timeout: 60_000 }).toBe("running");
}

const ready = (page: Page) =>
  page
    .getByRole("heading", { name: "Your video is ready", exact: true })
    .waitFor({ timeout: 180_000 });

test("a computer's page asks to be kept open as long as the work needs it", async () => {
  const page = await openPage("?ladder=144:120");
  await start(page);
  await page.getByText("Keep this tab open until the video is made.").waitFor();
  await ready(page);
  expect(await page.locator("[data-stay]").count()).toBe(0);
});

test("a phone records a video for the page", async () => {
  const { defaultBrowserType: _, ...phone } = devices["Pixel 7"];
  const page = await openPage("", phone);
  const asking = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Record" }).click();
  const camera = await asking;
  // So phones open the camera, not the gallery.
  const asked = await camera.element().evaluate((input) => {
    const { accept } = input as HTMLInputElement;
    return [accept, (input as HTMLInputElement).getAttribute("capture")];
  });
  expect(asked).toEqual(["video/*", "environment"]);
  await camera.setFiles(await fixture("plain-8s.mp4"));
  await page.getByRole("heading", { name: "Ready to share" }).waitFor({ timeout: 60_000 });
});

test("a tablet that says it is a Mac is told to stay on, and has at most two encoders", async () => {
  const page = await openPage("?ladder=144:120&engine=ffmpeg", { userAgent: IPAD });
  const devtools = await page.context().newCDPSession(page);
  const touch = { enabled: true, maxTouchPoints: 5 };
  await devtools.send("Emulation.setTouchEmulationEnabled", touch);
  await page.reload();
  await page.waitForFunction(() => "tributary" in globalThis);
  await start(page);
  await page.getByText("and the screen on").waitFor();
  expect((await state(page)).slots.length).toBeLessThanOrEqual(2);
  await ready(page);
});

test("a tab whose process the system ended goes on with the same file, and makes nothing twice", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${serverUrl}/?ladder=240:300,144:120&slots=1&engine=ffmpeg`);
  await start(page);
  const doneIn = async (shown: Page): Promise<string[]> => {
    const tasks = (await state(shown)).job?.tasks ?? [];
    return tasks.filter(({ state }) => state === "done").map(({ id }) => id);
  };
  await expect
    .poll(async () => (await doneIn(page)).length, { timeout: 120_000 })
    .toBeGreaterThan(0);
  const before = await doneIn(page);
  const address = page.url();
  const crashed = page.waitForEvent("crash");
  const devtools = await context.newCDPSession(page);
  void devtools.send("Page.crash").catch(() => {});
  await crashed;
  await page.close();

  const again = await context.newPage();
  await again.goto(address);
  await expect.poll(async () => (await state(again)).phase).toBe("needs-file");
  await expect.poll(() => doneIn(again)).toEqual(expect.arrayContaining(before));
  await again.locator('input[type="file"]').setInputFiles(await fixture("long-gop-20s.mp4"));
  await ready(again);
  const { job } = await state(again);
  expect(job?.tasks.every(({ state, attempts }) => state === "done" && attempts <= 1)).toBe(true);
});

test("a tab that was frozen in mid-work goes on", async () => {
  const page = await openPage("?ladder=240:300,144:120&slots=1&engine=ffmpeg");
  await start(page);
  const doneParts = async () =>
    (await state(page)).job?.tasks.filter(({ state }) => state === "done").length ?? 0;
  await expect.poll(doneParts, { timeout: 120_000 }).toBeGreaterThan(0);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Page.setWebLifecycleState", { state: "frozen" });
  // Longer than a holder may be silent, so the page's leases have ended by then.
  await new Promise((resolve) => setTimeout(resolve, 20_000));
  await devtools.send("Page.setWebLifecycleState", { state: "active" });
  await ready(page);
  expect((await state(page)).job?.tasks.every(({ state }) => state === "done")).toBe(true);
});
