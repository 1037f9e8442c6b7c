import type { Browser } from "playwright";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { launchBrowser } from "../../web/headless/browser.ts";
import { ContributorTab } from "../../web/headless/contributor-tab.ts";
import { fixture, frameTimesSeconds, realClip } from "../setup/media.ts";
import { expectExactPictures, soundOf } from "./exact-video.ts";
import { makeVideo, SMALL_LADDER } from "./made-video.ts";
import { expectAllByServers } from "./native-servers.ts";
import { playToEnd } from "./playback.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

describe("servers with native ffmpeg", () => {
  const serverUrl = inject("serverUrl");

  test("make all of it when they are asked to: exact, and it plays", async () => {
    const reference = realClip("bbb480p30s.mp4");
    const source = reference ?? (await fixture("long-gop-20s.mp4"));
    const ladder = reference === null ? SMALL_LADDER : "480:1400,360:800,240:400";
    await using video = await makeVideo(browser, {
      serverUrl,
      file: source,
      ladder,
      engine: "server",
    });
    expectAllByServers(video.status);
    expect(video.ended.part).toMatchObject({ part: "weak", reason: "chosen" });
    const timesSeconds = reference === null ? null : frameTimesSeconds("bbb480p30s.mp4");
    await expectExactPictures(video, { source, timesSeconds });
    const sound = await soundOf(video, source, 0);
    // Native ffmpeg's arithmetic leads to other coding choices than ffmpeg.wasm's in the single pass, so the
    // samples differ a little. A shift or a hole would differ by as much as the audio itself.
    expect(sound.differenceRms).toBeLessThan(sound.signalRms / 5);
    const frames = timesSeconds?.length ?? 500;
    const played = await playToEnd(browser, video.job.masterUrl, 240);
    expect(played).toMatchObject({ errors: [], bufferedRanges: 1, ended: true, frames });
  });

  test("take a weak device's work by themselves, and its page says so", async () => {
    const file = await fixture("plain-8s.mp4");
    await using video = await makeVideo(browser, {
      serverUrl,
      file,
      ladder: SMALL_LADDER,
      engine: "auto",
      cores: 1,
      meddle: async (tab) => {
        const note = tab.page.locator("[data-part=weak]");
        await note.waitFor();
        expect(await note.textContent()).toContain("single processor core");
      },
    });
    expectAllByServers(video.status);
    await expectExactPictures(video, { source: file });
  });

  test("work beside the owner's tab and a helper's on one video, which is exact and plays", async () => {
    const reference = realClip("bbb480p30s.mp4");
    const source = reference ?? (await fixture("long-gop-20s.mp4"));
    let helper: ContributorTab | null = null;
    await using video = await makeVideo(browser, {
      serverUrl,
      file: source,
      ladder: "480:1400,240:300",
      slots: 1,
      meddle: async (tab, job) => {
        await tab.page.getByLabel("Use this site's servers").check();
        const { joinUrl } = await tab.share(job);
        helper = await ContributorTab.open(browser, joinUrl, { slots: 1 }, () => {});
        await helper.start();
      },
    });
    await (helper as ContributorTab | null)?.close();
    const { holders, segments } = video.status;
    expect(new Set(holders.map(({ role }) => role))).toEqual(
      new Set(["owner", "contributor", "server"]),
    );
    const makers = new Set(segments.map(({ role }) => role));
    expect(makers).toContain("server");
    expect(makers.size).toBeGreaterThanOrEqual(2);
    const timesSeconds = reference === null ? null : frameTimesSeconds("bbb480p30s.mp4");
    await expectExactPictures(video, { source, timesSeconds });
    const frames = timesSeconds?.length ?? 500;
    const played = await playToEnd(browser, video.job.masterUrl, 240);
    expect(played).toMatchObject({ errors: [], bufferedRanges: 1, ended: true, frames });
  });

  test("leave a strong device alone", async () => {
    const file = await fixture("plain-8s.mp4");
    await using video = await makeVideo(browser, { serverUrl, file, ladder: SMALL_LADDER });
    expect(video.status.holders.map(({ role }) => role)).toEqual(["owner"]);
  });
});
