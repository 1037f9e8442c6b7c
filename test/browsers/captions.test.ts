import type { Browser } from "playwright";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { hasEnded } from "../../shared/job/job.ts";
import { launchBrowser } from "../../web/headless/browser.ts";
import { OwnerTab } from "../../web/headless/owner-tab.ts";
import { type NativeCue, nativeCues } from "../captions/native-cues.ts";
import { inspect, waitFor } from "../e2e/made-video.ts";
import { sourceFrameTimes } from "../exactness/decoded-frames.ts";
import { fixture, generatedClip, realClip } from "../setup/media.ts";
import { launchChromium } from "./chromium.ts";
import { captionsIn } from "./players/page-captions.ts";
import { type PagePlayer, type PageServer, servePlayers } from "./players/page-server.ts";
import type { TestBrowser } from "./tab.ts";

// Captions of real files in players that others wrote: every cue with its text and time, as native ffmpeg reads the
// file. With `npm run test:clips`.

const serverUrl = inject("serverUrl");

let maker: Browser;
let viewer: TestBrowser;
let pages: PageServer;
beforeAll(async () => {
  [maker, viewer, pages] = [await launchBrowser(), await launchChromium(), await servePlayers()];
}, 300_000);
afterAll(async () => {
  await maker?.close();
  await viewer?.close();
  await pages?.[Symbol.asyncDispose]();
});

/** Cues that overlap, touch, cross the bounds of segments, and have lines, markup and letters of many kinds. */
const LINES = `1
00:00:00,040 --> 00:00:02,500
From the first moment on

2
00:00:02,000 --> 00:00:05,999
Beside <i>another</i> one
and on two lines

3
00:00:05,999 --> 00:00:07,250
Ä, ß, 你好, 😀 & 1 < 2

4
00:00:07,250 --> 00:00:07,960
To the last one
`;

async function generated(): Promise<string> {
  const srt = `data:text/plain;base64,${Buffer.from(LINES).toString("base64")}`;
  return generatedClip("captions-8s.mkv", [
    ...["-i", await fixture("plain-8s.mp4"), "-f", "srt", "-i", srt],
    ...["-map", "0", "-map", "1", "-c", "copy", "-metadata:s:s:0", "language=ger"],
  ]);
}

const CLIPS: [name: string, streams: number, path: () => Promise<string> | string | null][] = [
  ["captions-8s.mkv", 1, generated],
  ["tears-srt.mkv", 1, () => realClip("tears-srt.mkv")],
  ["multiaudio-subs.mkv", 2, () => realClip("multiaudio-subs.mkv")],
];
const PLAYERS: [player: PagePlayer, file: string][] = [
  ["hls.js", "master.m3u8"],
  ["shaka", "master.m3u8"],
  ["VHS", "master.m3u8"],
  ["shaka", "manifest.mpd"],
  ["dash.js", "manifest.mpd"],
];

const asShown = ({ startMs, endMs, text }: NativeCue): string =>
  `${startMs / 1000}-${endMs / 1000} ${text.replaceAll(/\s*\n\s*/g, " ")}`;

/** Tracks in any order, each with its cues in any order. */
const sorted = (tracks: string[][]) => tracks.map((cues) => cues.toSorted()).sort();

describe.each(CLIPS)("%s", (_, streams, find) => {
  let path: string | null;
  let masterUrl = "";
  let wanted: string[][] = [];
  beforeAll(async () => {
    const file = await find();
    path = file;
    if (file === null) return;
    const options = { serverUrl, engine: "auto", slots: null, ladder: "144:140" };
    const tab = await OwnerTab.open(maker, options, () => {});
    await inspect(tab, file);
    const job = await tab.start();
    const { phase } = await waitFor(tab, (state) => {
      return hasEnded(state.phase) && state.captions?.state !== "reading";
    });
    expect(phase).toBe("ready");
    await tab.close();
    ({ masterUrl } = job);
    const tracks = Array.from({ length: streams }, (_, index) => nativeCues(file, `0:s:${index}`));
    // The video begins with its first picture.
    const [firstSeconds = 0] = await sourceFrameTimes(file);
    const shown = ({ startMs, endMs, text }: NativeCue) => {
      const offsetMs = Math.round(1000 * firstSeconds);
      return asShown({ startMs: startMs - offsetMs, endMs: endMs - offsetMs, text });
    };
    wanted = sorted((await Promise.all(tracks)).map((cues) => cues.map(shown)));
  }, 200_000);

  test.each(PLAYERS)("%s, %s", async (player, file) => {
    if (path === null) return;
    const tab = await viewer.newTab();
    const url = new URL(file, masterUrl).href;
    const found = await captionsIn(tab, pages, player, url);
    expect(sorted(found.map(({ cues }) => cues))).toEqual(wanted);
  });

  test("native ffmpeg, manifest.mpd", async () => {
    if (path === null) return;
    const url = new URL("manifest.mpd", masterUrl).href;
    const tracks = Array.from({ length: streams }, (_, index) => nativeCues(url, `0:s:${index}`));
    const found = (await Promise.all(tracks)).map((cues) => [...new Set(cues.map(asShown))]);
    expect(sorted(found)).toEqual(wanted);
  });
});
