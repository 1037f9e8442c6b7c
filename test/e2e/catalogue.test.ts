import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { root } from "../../edge/local/server.ts";
import { eraseDates } from "../../shared/isobmff/tracks.ts";
import { EdgeClient } from "../../web/edge-client.ts";
import { launchBrowser } from "../../web/headless/browser.ts";
import { fixture } from "../setup/media.ts";
import { fileOf, untilEnd } from "./whole-job.ts";

// The pages that list videos and describe the API, with a video that was really made.

const TITLE = `Süße Ferien am See, ${Date.now()}`;
const NAME = `${TITLE}.mov`;
const WIDTHS = [320, 1280];
const SCHEMES = ["light", "dark"] as const;

const serverUrl = inject("serverUrl");
const adminToken = inject("adminToken");
let browser: Browser;
let page: Page;
let watchUrl: string;
let jobId: string;
/** Refusals by a page's content security policy. */
const refusals: string[] = [];
beforeAll(async () => {
  browser = await launchBrowser();
  const client = new EdgeClient(serverUrl);
  const file = await fileOf(await fixture("plain-8s.mp4"));
  const upload = await client.upload(new File([file], NAME));
  const ladder = [{ shortSide: 144, kilobitsPerSecond: 140 }];
  const job = await client.createWholeJob({ source: { upload }, ladder });
  expect(await untilEnd(client, job)).toMatchObject({ state: "ready" });
  ({ watchUrl, jobId } = job);
  page = await browser.newPage();
  page.on("console", (message) => {
    if (/Content[- ]Security[- ]Policy/i.test(message.text())) refusals.push(message.text());
  });
  // Without a file picker, which nobody could answer here.
  await page.addInitScript(() => {
    Object.assign(globalThis, { showSaveFilePicker: undefined });
  });
  // Stores the owner's token as the page does that begins a video.
  await page.addInitScript(
    (owned) => localStorage.setItem("tributary.owned", owned),
    JSON.stringify({ [job.jobId]: job.ownerToken }),
  );
});
afterAll(() => browser?.close());

async function expectNoFault(path: string): Promise<void> {
  const axe = await readFile(join(root, "node_modules/axe-core/axe.min.js"), "utf8");
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 800 });
    for (const colorScheme of SCHEMES) {
      // Without transitions: colours in the middle of one would be reported as faults.
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.evaluate(axe);
      const faults = await page.evaluate(async () => {
        const { axe } = globalThis as unknown as { axe: typeof import("axe-core") };
        const { violations } = await axe.run();
        return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html)}`);
      });
      expect(faults, `${path}, ${width}, ${colorScheme}`).toEqual([]);
    }
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow, `${path}, ${width}`).toBeLessThanOrEqual(0);
  }
}

test("the operator's page finds the video, settles a report of it, keeps rules", async () => {
  await new EdgeClient(serverUrl).reportVideo(jobId, { reason: "privacy", text: "It shows me." });
  await page.goto(`${serverUrl}/admin`);
  const token = page.getByLabel("Operator's token");
  await token.fill(adminToken);
  await token.press("Enter");

  const report = page.getByRole("listitem").filter({ hasText: "It shows me." });
  await report.getByRole("link", { name: TITLE }).waitFor();
  await expectNoFault("/admin");
  await report.getByRole("button", { name: /^Settled/ }).press("Enter");
  await report.waitFor({ state: "detached" });

  await page.getByLabel("Search").fill("nothing of this name");
  await page.getByLabel("Search").press("Enter");
  await page.getByRole("link", { name: TITLE }).waitFor({ state: "detached" });
  await page.getByLabel("Search").fill(TITLE.slice(0, 12));
  await page.getByLabel("Search").press("Enter");
  await page.getByRole("link", { name: TITLE }).waitFor();

  const longest = page.getByLabel("Longest video, in minutes");
  for (const minutes of ["90", ""]) {
    await longest.fill(minutes);
    await page.getByRole("button", { name: "Save the rules" }).press("Enter");
    await page.getByText("The rules are saved.").waitFor();
    await page.reload();
    await expect.poll(() => longest.inputValue()).toBe(minutes);
  }
  const [backup] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Save a backup" }).press("Enter"),
  ]);
  expect(await readFile(await backup.path(), "utf8")).toContain(jobId);
  await page.getByRole("button", { name: "Leave" }).press("Enter");
  await token.waitFor();
  await page.reload();
  await token.waitFor();
});

test("a video has its picture, its MP4, and goes for good, all by the keyboard", async () => {
  // No tab has made the video, so a server makes its pictures.
  const client = new EdgeClient(serverUrl);
  const pictured = async () => (await client.video(jobId)).storyboardPath;
  await expect.poll(pictured, { timeout: 30_000 }).toBeTruthy();
  await page.goto(`${serverUrl}/videos`);
  const card = page.locator(".video-card", { hasText: TITLE });
  const picture = card.locator("img");
  await picture.waitFor();
  await expect
    .poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth))
    .toBeGreaterThan(1);
  await expectNoFault("/videos");

  await card.getByRole("button", { name: `Make an MP4 of ${TITLE}` }).press("Enter");
  const link = card.getByRole("link", { name: /^Download MP4/ });
  await link.waitFor({ timeout: 60_000 });
  await expect.poll(() => link.evaluate((each) => each === document.activeElement)).toBe(true);
  const [download] = await Promise.all([page.waitForEvent("download"), link.press("Enter")]);
  expect(download.suggestedFilename()).toBe(`${TITLE}.mp4`);

  // The page can make the same file by itself.
  await card.getByText("Download", { exact: true }).press("Enter");
  await card.getByText("Change", { exact: true }).press("Enter");
  const own = card.getByRole("button", { name: "MP4, 144p" });
  await own.waitFor();
  await expectNoFault("/videos, opened");
  const [made] = await Promise.all([page.waitForEvent("download"), own.press("Enter")]);
  expect(made.suggestedFilename()).toBe(`${TITLE}-144p.mp4`);
  const [byServer, byPage] = await Promise.all(
    [download, made].map(async (each) => {
      const bytes = await readFile(await each.path());
      eraseDates(bytes);
      return bytes;
    }),
  );
  expect(byServer?.length).toBeGreaterThan(10_000);
  expect(byServer?.equals(byPage ?? Buffer.alloc(0))).toBe(true);
  await card.getByText(`${TITLE}-144p.mp4 is saved.`).waitFor();
  expect((await readFile(await download.path())).toString("latin1", 4, 8)).toBe("ftyp");

  // Puts the playlists into the browser's cache.
  const shown = page.locator("main video");
  await page.goto(watchUrl);
  // The JSON-LD block is data for programs; the policy must not refuse it as a script.
  const data = await page.locator('script[type="application/ld+json"]').textContent();
  expect(JSON.parse(data ?? "")).toMatchObject({ "@type": "VideoObject", name: TITLE });
  expect(refusals).toEqual([]);
  await expect
    .poll(() => shown.evaluate((video: HTMLVideoElement) => video.readyState))
    .toBeGreaterThan(1);
  await page.goto(`${serverUrl}/videos`);

  // A double click deletes nothing.
  await card.getByRole("button", { name: `Delete ${TITLE}`, exact: true }).dblclick();
  expect(await card.getByRole("button", { name: `Delete ${TITLE} for good` }).count()).toBe(0);
  // A deleted video can be kept for some seconds. "For good" deletes it at once, everywhere.
  await card.getByRole("button", { name: `Delete ${TITLE}`, exact: true }).press("Enter");
  await card.getByText("It is deleted in 15 seconds.", { exact: true }).waitFor();
  await card.getByRole("button", { name: `Keep ${TITLE}` }).press("Enter");
  await card.getByRole("button", { name: `Delete ${TITLE}`, exact: true }).press("Enter");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await card.waitFor({ state: "detached" });
  await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe("H1");
  await page.getByText("This browser has made no video yet.").waitFor();
  expect(await card.count()).toBe(0);
  await page.goto(watchUrl);
  await page.getByRole("heading", { name: "This video is not known here" }).waitFor();
});

test("the API's page can be read by everybody, opened by the keyboard, and linked to", async () => {
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  await page.goto(`${serverUrl}/api`);
  const call = page.getByRole("button", { name: /^POST\s*\/api\/jobs\s*Make a video/ });
  await call.waitFor();
  await expectNoFault("/api");
  await call.press("Enter");
  await expect.poll(() => call.getAttribute("aria-expanded")).toBe("true");
  await expectNoFault("/api, one call open");
  expect(new URL(page.url()).hash).toBe("#/Jobs/createJob");
  await page.reload();
  await expect.poll(() => call.getAttribute("aria-expanded")).toBe("true");
  // The page loads nothing from other sites.
  const elsewhere = asked.filter((url) => !/^(data|blob):/.test(url) && !url.startsWith(serverUrl));
  expect(elsewhere).toEqual([]);
});

test("the operator's page opens for nobody without the site's token", async () => {
  await page.goto(`${serverUrl}/admin`);
  await page.getByLabel("Operator's token").fill("a guess");
  await expectNoFault("/admin");
  await page.getByRole("button", { name: "Open" }).press("Enter");
  await page.getByRole("alert").waitFor();
  await expectNoFault("/admin, refused");
  expect(await page.getByText("All videos").count()).toBe(0);
});
