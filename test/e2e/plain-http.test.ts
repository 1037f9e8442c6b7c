import { request } from "node:http";
import type { Browser, BrowserContext, Page } from "playwright";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import type { ContributorState } from "../../web/contributor/contributor-api.ts";
import { EdgeClient } from "../../web/edge-client.ts";
import { launchBrowser } from "../../web/headless/browser.ts";
import type { ShownState } from "../../web/pages/upload/shown-state.ts";
import { fixture } from "../setup/media.ts";

// The pages over plain http by another name than localhost, as a device of the same network sees them: they say
// what is missing before anybody counts on it, and what they offer works.

const serverUrl = inject("serverUrl");
const ADDRESS = "192.168.7.5";
const plainUrl = `http://${ADDRESS}:${new URL(serverUrl).port}`;

const SLOW = /Browsers keep their fast encoder for https/;
const UNENCRYPTED = /This page came over http/;

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser([`--host-resolver-rules=MAP ${ADDRESS} localhost`]);
});
afterAll(() => browser?.close());

/** @param context one that remembers; default: a new one */
async function opened(path: string, context?: BrowserContext): Promise<Page> {
  const page = await (context ?? (await browser.newContext())).newPage();
  await page.goto(`${plainUrl}${path}`);
  const has = () => [isSecureContext, "VideoEncoder" in globalThis, "locks" in navigator];
  expect(await page.evaluate(has)).toEqual([false, false, false]);
  return page;
}

const shown = (page: Page): Promise<ShownState> =>
  page.evaluate(
    () => (globalThis as unknown as { tributary: { state: ShownState } }).tributary.state,
  );

test("the upload page says it before the pick, and makes a video that the other pages play and list", async () => {
  const context = await browser.newContext();
  const page = await opened("/?ladder=144:140", context);
  await page.getByText(SLOW).waitFor();
  await page.getByText(UNENCRYPTED).waitFor();
  await page.getByRole("button", { name: /sample clip/i }).click();
  const start = page.getByRole("button", { name: "Start", exact: true });
  await start.waitFor();
  const { inspection } = await shown(page);
  expect(inspection).toMatchObject({
    pictureEngine: "ffmpeg-wasm",
    fastRefusalCode: "NO_WEBCODECS",
  });
  // Neither a choice that is none, nor word from a page that may not send any.
  expect(await page.getByText("Fastest", { exact: true }).count()).toBe(0);
  await start.click();
  await expect.poll(async () => (await shown(page)).phase).toMatch(/running|ready/);
  expect(await page.getByText("Tell me when it is ready").count()).toBe(0);
  await expect
    .poll(async () => (await shown(page)).phase, { timeout: 120_000 })
    .toMatch(/ready|failed/);
  const { phase, watchUrl, jobId } = await shown(page);
  expect([phase, new URL(watchUrl ?? "").hostname]).toEqual(["ready", ADDRESS]);
  await page.close();

  for (const path of [`/watch/${jobId}`, `/embed/${jobId}`]) {
    const viewer = await opened(path, context);
    await plays(viewer);
    await viewer.close();
  }
  const videos = await opened("/videos", context);
  await videos.getByText(UNENCRYPTED).waitFor();
  await videos.locator(`a[href="/watch/${jobId}"]`).first().waitFor();
  await videos.close();
});

test("the storage takes no page of another site, whichever name it is asked by", async () => {
  const here = new URL(plainUrl).host;
  const path = "/cdn-cgi/local/r2/s3/tributary-media/none";
  // Both refuse what is not signed; the emulator's own guard is the first.
  expect(await answerTo(path, plainUrl, here)).not.toContain("Origin");
  expect(await answerTo(path, "http://other.test", here)).toContain("403 Invalid Origin header");
  expect(await answerTo(path, "http://other.test", "other.test")).toMatch(/^403 Blocked request/);
});

function answerTo(path: string, origin: string, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { origin, host };
    const call = request(`${serverUrl}${path}`, { headers }, (answer) => {
      let text = `${answer.statusCode} `;
      answer.setEncoding("utf8").on("data", (more: string) => {
        text += more;
      });
      answer.on("end", () => resolve(text));
    });
    call.on("error", reject).end();
  });
}

async function plays(page: Page): Promise<void> {
  await page.locator("video").waitFor();
  await page.evaluate(async () => {
    const video = document.querySelector("video") as HTMLVideoElement;
    video.muted = true;
    await video.play();
  });
  const at = () => page.evaluate(() => document.querySelector("video")?.currentTime ?? 0);
  await expect.poll(at).toBeGreaterThan(0.5);
}

test("the helper's page says it before one joins, and helps", async () => {
  const owner = await browser.newPage();
  await owner.goto(`${plainUrl}/?ladder=360:800,240:300&engine=ffmpeg&slots=1`);
  await owner.locator('input[type="file"]').setInputFiles(await fixture("long-gop-20s.mp4"));
  await owner.getByRole("button", { name: "Start", exact: true }).click({ timeout: 60_000 });
  await expect.poll(async () => (await shown(owner)).phase, { timeout: 60_000 }).toBe("running");
  const { jobId } = await shown(owner);
  const token = await owner.evaluate(
    (id) => JSON.parse(localStorage.getItem("tributary.owned") ?? "{}")[id] as string,
    jobId ?? "",
  );
  const { joinUrl } = await new EdgeClient(serverUrl).share(jobId ?? "", token, {
    expiresInMinutes: 60,
    maxContributors: 5,
  });
  const { pathname, hash } = new URL(joinUrl);
  const page = await opened(`${pathname}?slots=1&name=Plain${hash}`);
  await page.getByText(SLOW).waitFor();
  await page.getByText(UNENCRYPTED).waitFor();
  await page.getByRole("button", { name: "Start helping" }).click();
  const tasksDone = () =>
    page.evaluate(() => {
      type Shown = { tributaryContributor: { state: ContributorState | null } };
      return (globalThis as unknown as Shown).tributaryContributor.state?.tasksDone ?? 0;
    });
  await expect.poll(tasksDone, { timeout: 90_000 }).toBeGreaterThan(0);
  await page.close();
  await owner.close();
});

test("a pool's page says that it needs https, and offers nothing", async () => {
  for (const path of ["/pool", "/pool/some#token"]) {
    const page = await opened(path);
    expect(await page.getByRole("alert").textContent()).toMatch(/only over https/);
    expect(await page.getByRole("button").count()).toBe(0);
    await page.close();
  }
});
