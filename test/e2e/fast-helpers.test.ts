import type { Browser } from "playwright";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import type { CreateJobResponse } from "../../shared/wire/api.ts";
import { launchBrowser } from "../../web/headless/browser.ts";
import { ContributorTab } from "../../web/headless/contributor-tab.ts";
import type { OwnerTab } from "../../web/headless/owner-tab.ts";
import { realClip } from "../setup/media.ts";
import { showBlack } from "./lying-encoder.ts";
import { makeVideo, SMALL_LADDER } from "./made-video.ts";

// Helpers encode with their browser's own codecs, and the owner's tab checks their frames.

const TIMEOUT_MS = 300_000;

/** Long enough for a helper to join while there is work. */
const file = realClip("footage480p5min.mp4") ?? "";
const withClip = test.skipIf(file === "");

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

const serverUrl = inject("serverUrl");
const say = process.env["TRIBUTARY_VERBOSE"] === "1" ? console.error : () => {};
const options = () => ({
  serverUrl,
  file,
  ladder: SMALL_LADDER,
  engine: "auto" as const,
  slots: 1,
});

async function help(tab: OwnerTab, job: CreateJobResponse, lies: boolean): Promise<void> {
  const { joinUrl } = await tab.share(job);
  const name = lies ? "Liar" : "Ada";
  const helper = await ContributorTab.open(browser, joinUrl, { name, slots: 1 }, say);
  if (!lies) return void (await helper.start());
  // The worker starts from another worker, so `route` cannot change its script.
  const [encoder] = await Promise.all([
    helper.page.waitForEvent("worker", (each) => each.url().includes("transcode.worker")),
    helper.start(),
  ]);
  await encoder.evaluate(showBlack);
}

withClip(
  "a helper's own codecs make parts of the video, and the owner looks at the first of them",
  {
    timeout: TIMEOUT_MS,
  },
  async () => {
    await using video = await makeVideo(browser, {
      ...options(),
      meddle: async (tab, job) => help(tab, job, false),
    });
    const { segments, holders, tasks, warnings } = video.status;
    const ada = holders.find(({ name }) => name === "Ada");
    expect(ada?.trust).not.toBe("banned");
    // Only video: audio is always encoded by ffmpeg.
    const theirs = segments.filter(({ holder, rendition }) => {
      return holder === ada?.id && rendition.startsWith("v");
    });
    say(theirs.map(({ engine, verified }) => `${engine} ${verified}`).join(", "));
    expect(theirs.length).toBeGreaterThan(2);
    for (const { engine } of theirs) expect(engine).toBe("webcodecs");
    expect(theirs.filter(({ verified }) => verified === "picture").length).toBeGreaterThan(0);
    expect(tasks.filter(({ attempts }) => attempts > 0)).toEqual([]);
    // The one warning: the small ladder has a higher rate than this clip needs.
    expect(warnings).toEqual([expect.stringContaining("240p 300 kbit/s")]);
  },
);

withClip(
  "a helper that shows black is out, and nothing of it is in the video",
  {
    timeout: TIMEOUT_MS,
  },
  async () => {
    await using video = await makeVideo(browser, {
      ...options(),
      meddle: async (tab, job) => help(tab, job, true),
    });
    const { segments, holders } = video.status;
    const liar = holders.find(({ name }) => name === "Liar");
    expect(liar).toMatchObject({ trust: "banned", connected: false });
    expect(liar?.tasksDone).toBeGreaterThan(0);
    expect(segments.filter(({ holder }) => holder === liar?.id)).toEqual([]);
  },
);
