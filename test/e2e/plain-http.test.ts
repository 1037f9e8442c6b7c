import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { launchBrowser } from "../../web/headless/browser.ts";
import { OwnerTab } from "../../web/headless/owner-tab.ts";
import type { ShownState } from "../../web/pages/upload/shown-state.ts";
import { fixture } from "../setup/media.ts";
import { makeVideo } from "./made-video.ts";

// The pages over plain http by another name than localhost, as a device of the same network sees them: they say in
// advance what is missing, and what they offer works.

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

async function opened(path: string): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await page.goto(`${plainUrl}${path}`);
  const has = () => [isSecureContext, "VideoEncoder" in globalThis, "locks" in navigator];
  expect(await page.evaluate(has)).toEqual([false, false, false]);
  return page;
}

const shown = (page: Page): Promise<ShownState> =>
  page.evaluate(
    () => (globalThis as unknown as { tributary: { state: ShownState } }).tributary.state,
  );

test("the upload page says it before the pick, and promises nothing that cannot be", async () => {
  const page = await opened("/?ladder=144:140");
  await page.getByText(SLOW).waitFor();
  await page.getByText(UNENCRYPTED).waitFor();
  await page.getByRole("button", { name: /sample clip/i }).click();
  await page.getByRole("button", { name: "Start", exact: true }).waitFor();
  const { inspection } = await shown(page);
  expect(inspection).toMatchObject({
    pictureEngine: "ffmpeg-wasm",
    fastRefusalCode: "NO_WEBCODECS",
  });
  expect(await page.getByText("Fastest", { exact: true }).count()).toBe(0);
  await page.close();
});

// The local storage accepts uploads only from pages on its own host name, so the video is made there.
test("pages for viewers play, and the list of videos says what is missing", async () => {
  const file = await fixture("plain-8s.mp4");
  const options = { serverUrl, file, ladder: "144:140", engine: "webcodecs" } as const;
  await using video = await makeVideo(browser, options);
  for (const path of [`/watch/${video.job.jobId}`, `/embed/${video.job.jobId}`]) {
    const viewer = await opened(path);
    await plays(viewer);
    await viewer.close();
  }
  const videos = await opened("/videos");
  await videos.getByText(UNENCRYPTED).waitFor();
  await videos.close();
});

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

test("the helper's page says it before one joins", async () => {
  const owner = await OwnerTab.open(
    browser,
    { serverUrl, engine: "ffmpeg", slots: 1, ladder: "240:300" },
    () => {},
  );
  await owner.pick(await fixture("long-gop-20s.mp4"));
  await owner.page.getByRole("button", { name: "Start", exact: true }).waitFor();
  const { joinUrl } = await owner.share(await owner.start());
  const page = await opened(joinUrl.slice(serverUrl.length).replace("#", "?slots=1&name=Plain#"));
  await page.getByText(SLOW).waitFor();
  await page.getByText(UNENCRYPTED).waitFor();
  await page.getByRole("button", { name: "Start helping" }).waitFor();
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
