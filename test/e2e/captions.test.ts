import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type Hls from "hls.js";
import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { root } from "../../edge/local/server.ts";
import { hasEnded } from "../../shared/job/job.ts";
import type { CreateJobResponse } from "../../shared/wire/api.ts";
import { launchBrowser } from "../../web/headless/browser.ts";
import { follow, isInspected } from "../../web/headless/follow.ts";
import { OwnerTab } from "../../web/headless/owner-tab.ts";
import { inFolder } from "../ingest/cut-and-decode.ts";
import { ffmpeg } from "../setup/media.ts";

// Captions in real tabs: a file's own subtitles, and added ones, reach viewers who are already watching.

const serverUrl = inject("serverUrl");
const TIME_LIMIT = AbortSignal.timeout(240_000);
const quiet = (): void => {};

const SOURCE = `1
00:00:00,500 --> 00:00:03,500
From the <i>file</i> itself

2
00:00:04,250 --> 00:00:07,000
< Second & last >
`;
const ADDED = "1\n00:00:01,000 --> 00:00:02,000\nVon der Besitzerin\n";

let browser: Browser;
let tab: OwnerTab;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

test("subtitles of the file, and added ones, come to who is watching, without a reload", async () => {
  await inFolder(async (folder) => {
    const [srt, added, source] = ["own.srt", "added.srt", "film.mkv"].map((name) => {
      return join(folder, name);
    }) as [string, string, string];
    await writeFile(srt, SOURCE);
    await writeFile(added, ADDED);
    await ffmpeg([
      ..."-f lavfi -i testsrc2=size=320x180:rate=25:duration=16 -f lavfi -i sine=duration=16".split(
        " ",
      ),
      ...["-i", srt, ..."-map 0 -map 1 -map 2 -c:v libx264 -preset ultrafast -g 50".split(" ")],
      ..."-c:a aac -c:s srt -metadata:s:s:0 language=eng -disposition:s:0 default".split(" "),
      source,
    ]);
    const options = { serverUrl, engine: "ffmpeg", slots: 1, ladder: "144:140" };
    tab = await OwnerTab.open(browser, options, quiet);
    await tab.pick(source);
    const { inspection } = await follow(tab, TIME_LIMIT, quiet, isInspected);
    expect(inspection?.source.subtitles).toMatchObject([{ language: "en", isText: true }]);
    await tab.page.getByText("Subtitles: English", { exact: true }).waitFor();
    const job = await tab.start();

    // A viewer watches from the first segment on.
    const watching = await browser.newPage();
    await watching.goto(`${serverUrl}/watch/${job.jobId}`);
    await watching.getByText("From the file itself").waitFor({ timeout: 60_000 });
    const marked = await markVideo(watching);
    expect(await shownAt(watching, 1)).toEqual(["English: From the <i>file</i> itself"]);

    await tab.page.getByLabel("Subtitle file").setInputFiles(added);
    await tab.page.locator(".captions").getByLabel("Language").selectOption("de");
    await tab.page.getByRole("button", { name: "Add subtitles" }).click();
    await tab.page.getByRole("button", { name: "Delete the subtitles German" }).waitFor();
    // The video may be finished by now: the page then asks for its captions once a minute.
    const language = watching.getByLabel("Language of the transcript");
    await language.selectOption({ label: "German" }, { timeout: 90_000 });
    await watching.getByText("Von der Besitzerin").waitFor();
    // The added track can be chosen. It is not shown in addition to the current one.
    expect(await shownAt(watching, 1.5)).toEqual(["English: From the <i>file</i> itself"]);
    expect(await marked()).toBe(true);

    const ended = await follow(tab, TIME_LIMIT, quiet, ({ phase, captions }) => {
      return hasEnded(phase) && captions?.state !== "reading";
    });
    expect(ended).toMatchObject({ phase: "ready", captions: { saved: 1, total: 1, notices: [] } });

    // A line of the transcript leads to its place in the video.
    await watching.getByLabel("Language of the transcript").selectOption({ label: "English" });
    await watching.getByLabel("Search in the transcript").fill("SECOND");
    await watching.getByText("1 line", { exact: true }).waitFor();
    await watching.getByRole("button", { name: "< Second & last >" }).click();
    const video = watching.locator("video");
    await expect
      .poll(() => video.evaluate((it) => (it as HTMLVideoElement).currentTime))
      .toBe(4.25);
    expect(await shownAt(watching, 5)).toEqual(["English: &lt; Second &amp; last &gt;"]);

    expect(await playedCues(job)).toEqual({
      errors: [],
      tracks: [
        {
          name: "English",
          cues: ["0.5-3.5 From the <i>file</i> itself", "4.25-7 &lt; Second &amp; last &gt;"],
        },
        { name: "German", cues: ["1-2 Von der Besitzerin"] },
      ],
    });
    const [german] = (await tab.captions(job)).filter(({ language }) => language === "de");
    expect(german?.cues).toBe(1);
    await tab.page.getByRole("button", { name: "Delete the subtitles German" }).click();
    await expect.poll(async () => (await tab.captions(job)).length).toBe(1);
    await watching.close();
  });
});

/** @returns a function that says whether the page still has the marked element */
async function markVideo(page: Page): Promise<() => Promise<boolean>> {
  await page.locator("video").evaluate((it) => it.setAttribute("data-marked", ""));
  return async () => (await page.locator("video[data-marked]").count()) === 1;
}

/** Seeks, and returns the captions that the browser shows there. */
async function shownAt(page: Page, seconds: number): Promise<string[]> {
  const video = page.locator("video");
  await video.evaluate((it, at) => {
    (it as HTMLVideoElement).currentTime = at;
  }, seconds);
  // Until the seek ends, cues of the place before it may still be active: they are left out.
  const shown = () =>
    video.evaluate(
      (it, at) =>
        [...(it as HTMLVideoElement).textTracks]
          .filter(({ mode }) => mode === "showing")
          .flatMap(({ label, activeCues }) =>
            [...(activeCues ?? [])]
              .filter(({ startTime, endTime }) => startTime <= at && at < endTime)
              .map((cue) => `${label}: ${(cue as VTTCue).text}`),
          ),
      seconds,
    );
  await expect.poll(shown).not.toEqual([]);
  return shown();
}

/** Plays the video with hls.js without any options of ours, and reads the cues of every track. */
async function playedCues({ masterUrl }: CreateJobResponse) {
  const page = await browser.newPage();
  try {
    const blank = new URL("/blank-for-playing", masterUrl).href;
    await page.route(blank, (route) =>
      route.fulfill({ contentType: "text/html", body: "<!doctype html><video muted></video>" }),
    );
    await page.goto(blank);
    await page.addScriptTag({ path: join(root, "node_modules/hls.js/dist/hls.js") });
    return await page.evaluate(readCues, masterUrl);
  } finally {
    await page.close();
  }
}

/** Runs in the page. */
async function readCues(masterUrl: string) {
  const HlsClass = (globalThis as unknown as { Hls: typeof Hls }).Hls;
  const video = document.querySelector("video") as HTMLVideoElement;
  const errors: string[] = [];
  const hls = new HlsClass({ maxBufferLength: 600, startPosition: 0 });
  hls.on(HlsClass.Events.ERROR, (_event, { details }) => errors.push(details));
  hls.loadSource(masterUrl);
  hls.attachMedia(video);
  const until = async (is: () => boolean) => {
    for (let tries = 0; tries < 200 && !is(); tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  await until(() => hls.subtitleTracks.length > 0 && video.textTracks.length > 0);
  await video.play();
  const tracks: { name: string; cues: string[] }[] = [];
  for (const [id, { name }] of hls.subtitleTracks.entries()) {
    hls.subtitleTrack = id;
    let cues: string[] = [];
    const read = () => {
      const track = [...video.textTracks].find(({ label }) => label === name);
      cues = [...(track?.cues ?? [])].map((cue) => {
        return `${cue.startTime}-${cue.endTime} ${(cue as VTTCue).text}`;
      });
      return cues.length;
    };
    // Complete once the number of cues has not changed for 1.5 s.
    let before = -1;
    await until(() => read() > 0);
    for (let still = 0; still < 15; still += 1) {
      const now = read();
      if (now !== before) still = 0;
      before = now;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    tracks.push({ name, cues });
  }
  hls.destroy();
  return { errors, tracks };
}
