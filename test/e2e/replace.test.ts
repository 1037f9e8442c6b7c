import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { extract } from "@extractus/oembed-extractor";
import type { Browser } from "playwright";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { root } from "../../edge/local/server.ts";
import { TICKS_PER_SECOND } from "../../shared/job/ticks.ts";
import { videoSchema } from "../../shared/wire/api.ts";
import { launchBrowser } from "../../web/headless/browser.ts";
import { OwnerTab } from "../../web/headless/owner-tab.ts";
import type { TranscodeReport } from "../../web/headless/report.ts";
import { inFolder } from "../ingest/cut-and-decode.ts";
import { ffmpeg, fixture, generatedClip } from "../setup/media.ts";
import { inspect, waitFor } from "./made-video.ts";

const serverUrl = inject("serverUrl");
let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

test("from Your videos, a new video takes the old one's address while somebody watches", async () => {
  const options = { serverUrl, engine: "auto", slots: null, ladder: "144:140" };
  const tab = await OwnerTab.open(browser, options, () => {});
  const { page } = tab;
  page.on("dialog", (dialog) => void dialog.accept());
  await inspect(tab, await fixture("plain-8s.mp4"));
  await tab.title("First take");
  const old = await tab.start();
  await waitFor(tab, ({ phase }) => phase === "ready");
  const shown = async (id: string) => {
    return videoSchema.parse(await (await fetch(`${serverUrl}/api/videos/${id}`)).json());
  };
  await expect.poll(async () => (await shown(old.jobId)).state).toBe("ready");

  await page.goto(`${serverUrl}/videos`);
  await page.getByRole("link", { name: "Replace First take" }).click();
  await page.getByText("The next video takes the place of First take").waitFor();
  const source = await generatedClip("second-take.mp4", [
    ..."-f lavfi -i testsrc2=size=320x180:rate=25:duration=4 -c:v libx264 -g 50".split(" "),
  ]);
  await inspect(tab, source);
  // Title and visibility stay, so the form does not ask for them.
  expect(await page.getByLabel("Title", { exact: true }).count()).toBe(0);
  const fresh = await tab.start();
  await waitFor(tab, ({ phase }) => phase === "ready");
  expect(fresh.jobId).not.toBe(old.jobId);
  await expect
    .poll(async () => (await shown(old.jobId)).durationTicks, { timeout: 20_000 })
    .toBe(4 * TICKS_PER_SECOND);
  expect(await shown(fresh.jobId)).toMatchObject({ id: old.jobId, title: "First take" });

  await page.goto(old.watchUrl);
  await page.getByRole("heading", { name: "First take" }).waitFor();
  const slider = page.getByRole("slider", { name: "Position in the video" });
  await expect.poll(() => slider.getAttribute("max"), { timeout: 20_000 }).toBe("4");
  const video = page.locator("video").first();
  await expect
    .poll(() => video.evaluate((it) => (it as HTMLVideoElement).readyState), { timeout: 20_000 })
    .toBeGreaterThanOrEqual(2);

  // Another site's program finds out by oEmbed how to embed the video.
  expect(await extract(old.watchUrl, { maxwidth: 320 })).toMatchObject({
    method: "auto-discovery",
    ...{ version: "1.0", type: "video", title: "First take", width: 320, height: 180 },
    html: expect.stringContaining(`/embed/${old.jobId}`),
    thumbnail_url: expect.stringContaining(`/v/${old.jobId}/poster.jpg`),
  });

  // The list shows one video with one address; the page has the owner's rights to it.
  await page.goto(`${serverUrl}/videos`);
  await page.getByRole("link", { name: "Replace First take" }).waitFor();
  expect(await page.getByRole("heading", { name: "First take" }).count()).toBe(1);
  const owned = await page.evaluate(() => localStorage.getItem("tributary.owned"));
  expect(Object.keys(JSON.parse(owned ?? "{}"))).not.toContain(fresh.jobId);
  await tab.close();
}, 120_000);

test("sound alone by npm run transcode: the poster is what is seen, and the original is kept", async () => {
  await inFolder(async (folder) => {
    const [sound, picture, out] = ["talk.wav", "red.png", "video"].map((name) => {
      return join(folder, name);
    }) as [string, string, string];
    await ffmpeg(["-f", "lavfi", "-i", "sine=duration=5", sound]);
    await ffmpeg(["-f", "lavfi", "-i", "color=c=red:s=1280x720", "-frames:v", "1", picture]);
    await writeFile(join(folder, "talk.srt"), "1\n00:00:01,000 --> 00:00:02,000\nHello\n");
    const argv = [
      ...[join(root, "web/headless/transcode.ts"), sound, "--ladder", "144:140", "--out", out],
      ...["--poster", picture, "--keep-original", "--captions", `en=${join(folder, "talk.srt")}`],
      "--json",
    ];
    const env = { ...process.env, TRIBUTARY_URL: serverUrl };
    const { status, stdout } = spawnSync(process.execPath, argv, { cwd: root, env });
    expect(status).toBe(0);
    const report = JSON.parse(stdout.toString()) as TranscodeReport;
    expect(report).toMatchObject({ ok: true, originalKept: true });
    const frame = ["-i", join(out, "v144/playlist.m3u8"), "-frames:v", "1", "-vf", "scale=1:1"];
    const [red = 0, green = 255, blue = 255] = await ffmpeg([
      ...frame,
      ..."-pix_fmt rgb24 -f rawvideo -".split(" "),
    ]);
    expect(red).toBeGreaterThan(230);
    expect(Math.max(green, blue)).toBeLessThan(40);
    // The original is kept, but others may not fetch it.
    const { status: refused } = await fetch(`${serverUrl}/api/videos/${report.jobId}/original`);
    expect(refused).toBe(403);
  });
}, 120_000);
