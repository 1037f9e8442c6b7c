import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { launchBrowser } from "../../web/headless/browser.ts";
import { OwnerTab } from "../../web/headless/owner-tab.ts";
import { fixture } from "../setup/media.ts";
import { inspect, waitFor } from "./made-video.ts";

// The original file is kept by the page's own controls, also across a reload, and offered on the watch page.

const serverUrl = inject("serverUrl");
const MIB = 1024 ** 2;
let browser: Browser;
let dir: string;
beforeAll(async () => {
  browser = await launchBrowser();
  dir = await mkdtemp(join(tmpdir(), "tributary-originals-"));
});
afterAll(async () => {
  await browser.close();
  await rm(dir, { recursive: true, force: true });
});

/** A video that is uploaded in three parts. Most of it is a `free` box, which players skip. */
async function largeVideo(): Promise<{ path: string; bytes: Buffer }> {
  const free = Buffer.alloc(17 * MIB, 7);
  free.writeUInt32BE(free.length);
  free.write("free", 4, "ascii");
  const bytes = Buffer.concat([await readFile(await fixture("plain-8s.mp4")), free]);
  const path = join(dir, "large.mp4");
  await writeFile(path, bytes);
  return { path, bytes };
}

test("an upload that broke off goes on after a reload, and others get the file where the owner offers it", async () => {
  const { path, bytes } = await largeVideo();
  const options = { serverUrl, engine: "auto", slots: null, ladder: "144:140" };
  const tab = await OwnerTab.open(browser, options, () => {});
  const { page } = tab;
  page.on("dialog", (dialog) => void dialog.accept());
  const sent: string[] = [];
  let isBroken = true;
  await page.route(/partNumber=/, (route) => {
    const part = new URL(route.request().url()).searchParams.get("partNumber") ?? "";
    if (isBroken && part === "2") return route.abort();
    sent.push(part);
    return route.continue();
  });
  await inspect(tab, path);
  await page.getByLabel("Keep the original file, too").check();
  const job = await tab.start();
  await waitFor(tab, ({ phase }) => phase === "ready");
  await page.getByText("Uploading the original:").waitFor();
  await expect.poll(() => sent.length, { timeout: 20_000 }).toBe(2);
  await page.goto(`${serverUrl}/videos`);
  isBroken = false;
  await page.getByText("Download", { exact: true }).first().click();
  await page.getByText("was interrupted. Choose large.mp4 again").waitFor();
  await page.getByLabel("Choose the original file").setInputFiles(path);
  await page.getByText("The original file is kept with the video").waitFor();
  // Parts that storage already had were not sent again.
  expect(sent.sort()).toEqual(["1", "2", "3"]);
  await page.getByLabel("Offer downloads on the watch page").check();
  await page.getByLabel("Offer the original file, too").check();
  const shown = async () => {
    const answer = await fetch(`${serverUrl}/api/videos/${job.jobId}`);
    return (await answer.json()) as object;
  };
  await expect
    .poll(shown)
    .toMatchObject({ downloads: true, original: { sizeBytes: bytes.length } });

  const viewer = await browser.newPage();
  await viewer.goto(job.watchUrl);
  await viewer.getByText("Download", { exact: true }).click();
  await viewer.getByRole("button", { name: "MP4, 144p" }).waitFor();
  const downloading = viewer.waitForEvent("download");
  await viewer.getByRole("link", { name: /^The original file/ }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toBe("large.mp4");
  expect((await readFile(await download.path())).equals(bytes)).toBe(true);
  await viewer.close();
  await tab.close();
}, 120_000);
