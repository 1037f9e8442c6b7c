import { join } from "node:path";
import type { Browser } from "playwright";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { root } from "../../edge/local/server.ts";
import { launchBrowser } from "../../web/headless/browser.ts";
import { LOCAL_SCRIPTS } from "../e2e/owner-script.ts";
import { type MarkdownTable, putRows } from "../setup/markdown-table.ts";
import { launchChromium } from "./chromium.ts";
import { launchFirefox } from "./firefox.ts";
import { isAsked } from "./matrix-options.ts";
import { greyFrames, nearestFrame } from "./players/grey-pictures.ts";
import { NATIVE_PLAYERS, type NativePlayer } from "./players/native-players.ts";
import { makeOutput, OUTPUTS, type PlayedOutput } from "./players/outputs.ts";
import { openPlayer, playThrough, seekPaused } from "./players/page-players.ts";
import {
  PAGE_PLAYERS,
  type PagePlayer,
  type PageServer,
  playerVersion,
  servePlayers,
} from "./players/page-server.ts";
import type { TestBrowser } from "./tab.ts";
import { launchWebkit } from "./webkit.ts";

// `npm run browsers`: plays videos of each engine in other projects' players. Writes the second table of
// web/README.md.

const serverUrl = inject("serverUrl");
const SEEKS = 21;
/** Tolerance for the time of a frame, which may be rounded. The next frame is at least 16 ms away. */
const SAME_PICTURE_SECONDS = 0.002;
const ECHO_SECONDS = 0.0005;
const NOT_TOLD = "not told";

const TABLE: MarkdownTable = {
  path: join(root, "web/README.md"),
  name: "players",
  columns: [
    ...["player", "output", "frames", "21 paused seeks", "starts at"],
    ...["ends at", "stalls over 150 ms", "complaints", "seen"],
  ],
  keyOf: ([player = "", output]) => `${player.replaceAll(/[\d.]+/g, "")} ${output}`,
};

/** In the order of the columns. */
interface Row {
  player: string;
  output: string;
  frames: string;
  seeks: string;
  starts: string;
  ends: string;
  stalls: string;
  complaints: string;
  seen: string;
}

const LAUNCHERS = {
  Chromium: launchChromium,
  Firefox: launchFirefox,
  WebKit: () => launchWebkit({ countsFrames: true }),
};
type BrowserName = keyof typeof LAUNCHERS;
interface InPage {
  player: PagePlayer;
  browser: BrowserName;
  stream: "HLS" | "DASH";
}

/** All players in Chromium, Shaka with both HLS and DASH. In the other browsers hls.js alone, the product's player. */
const IN_PAGES = [
  ...PAGE_PLAYERS.map((player): InPage => {
    return { player, browser: "Chromium", stream: player === "dash.js" ? "DASH" : "HLS" };
  }),
  { player: "shaka", browser: "Chromium", stream: "DASH" } as const,
  ...(["Firefox", "WebKit"] as const).map((browser): InPage => {
    return { player: "hls.js", browser, stream: "HLS" };
  }),
].map((each) => ({ ...each, name: `${titleOf(each)} in ${each.browser}` }));

function titleOf({ player, stream }: InPage, version = ""): string {
  const named = version === "" ? player : `${player} ${version}`;
  return player === "shaka" && stream === "DASH" ? `${named} with DASH` : named;
}

/** Players of one queue run one after the other; two cores play four queues at once without a stall. */
const queues = new Map<string, Promise<void>>();
function inQueue(queue: string, work: () => Promise<void>): Promise<void> {
  const done = (queues.get(queue) ?? Promise.resolve()).then(work);
  queues.set(
    queue,
    done.catch(() => {}),
  );
  return done;
}
const queueOf = (player: PagePlayer, browser: BrowserName) =>
  browser !== "Chromium" ? "others" : player === "hls.js" || player === "shaka" ? "a" : "b";

let maker: Browser;
let pages: PageServer;
beforeAll(async () => {
  maker = await launchBrowser(LOCAL_SCRIPTS);
  pages = await servePlayers();
}, 300_000);
afterAll(async () => {
  await maker?.close();
  await pages?.[Symbol.asyncDispose]();
});

describe.each(OUTPUTS.filter(isAsked("output")))("%s", (name) => {
  let output: PlayedOutput | null;
  // A video that is still being made is made anew for each player.
  const isRunning = name.startsWith("EVENT");
  beforeAll(async () => {
    output = isRunning ? null : await makeOutput(maker, serverUrl, name);
  }, 300_000);
  afterAll(() => output?.[Symbol.asyncDispose]());

  async function tried(player: string, fill: (row: Row, it: PlayedOutput) => Promise<void>) {
    const it = output ?? (await makeOutput(maker, serverUrl, name));
    if (it === null) return;
    const row: Row = {
      ...{ player, output: name, frames: "-", seeks: "-", starts: "-" },
      ...{ ends: "-", stalls: "-", complaints: "did not play" },
      seen: new Date().toISOString().slice(0, 10),
    };
    try {
      await fill(row, it);
    } finally {
      await inQueue("table", () => putRows(TABLE, [Object.values(row)]));
      if (isRunning) await it[Symbol.asyncDispose]();
    }
  }

  test.concurrent.each(NATIVE_PLAYERS.filter((each) => isAsked("player")(each.name)))(
    "$name",
    (player: NativePlayer) =>
      inQueue("native", async () => {
        await tried(`${player.name} ${await player.version()}`, async (row, it) => {
          const played = await player.play(it.masterUrl);
          row.frames = of(played.frames, it);
          row.starts = seconds(played.pictureLateSeconds);
          row.ends = seconds(played.endSeconds);
          row.complaints = counted(played.errors);
          if (player.seek !== null && !isRunning) {
            const wanted = picturesOf(it);
            const times = wanted.map(({ atSeconds }) => atSeconds);
            const found = await player.seek(it.masterUrl, times);
            row.seeks = hits(wanted, found);
          }
          expect(played).toMatchObject({ frames: it.frameTimes.length, errors: [] });
        });
      }),
  );

  test.concurrent.each(IN_PAGES.filter((each) => isAsked("player")(each.name)))(
    "$name",
    (each: InPage) => {
      const { player, browser: browserName, stream } = each;
      return inQueue(queueOf(player, browserName), async () => {
        const browser: TestBrowser = await LAUNCHERS[browserName]();
        try {
          const [, version] = browser.version.split("/");
          const title = titleOf(each, await playerVersion(player));
          await tried(`${title} in ${browserName} ${version}`, async (row, it) => {
            const url = stream === "DASH" ? it.manifestUrl : it.masterUrl;
            if (url === null) {
              row.complaints = "no manifest before the end";
              return;
            }
            const tab = await browser.newTab();
            await openPlayer(tab, pages, player, url, isRunning);
            const played = await playThrough(tab, it.durationSeconds + 60);
            const frames = (await browser.framesToDecode?.()) ?? played.frames;
            row.frames = of(frames, it);
            row.starts = seconds(played.startSeconds);
            row.ends = `${seconds(played.endSeconds)}${played.ended ? "" : ", not ended"}`;
            row.stalls =
              played.stalls
                .map(({ atSeconds, ms }) => `${ms} ms at ${seconds(atSeconds)}`)
                .join(", ") || "0";
            row.complaints = counted(played.errors);
            const wanted = picturesOf(it);
            const sought = await seekPaused(
              tab,
              wanted.map(({ middle }) => middle),
            );
            const told = sought.map(({ pictureSeconds }) => pictureSeconds);
            const pictures = await greyFrames(it.masterUrl);
            expect(pictures).toHaveLength(it.frameTimes.length);
            const seen = sought.map(
              ({ grey }) => it.frameTimes[nearestFrame(grey, pictures)] ?? null,
            );
            row.seeks = hits(wanted, isEcho(wanted, told) ? seen : told);
            expect(played).toMatchObject({ ended: true, errors: [], stalls: [] });
            if (countsAll(each, isRunning)) expect(frames).toBe(it.frameTimes.length);
            // One seek may show a neighbouring frame: shared/cmaf/decode-clock.ts.
            expect([`${SEEKS} of ${SEEKS}`, `${SEEKS - 1} of ${SEEKS}`]).toContain(row.seeks);
          });
        } finally {
          await browser.close();
        }
      });
    },
  );
});

/**
 * Whether the browser's count of decoded frames equals the frames that were played. VHS begins an unfinished
 * playlist near its end; `rewind` then seeks to the start, so some frames are decoded twice.
 */
function countsAll({ player }: InPage, isRunning: boolean): boolean {
  return !(player === "VHS" && isRunning);
}

interface Wanted {
  /** Start of a frame, and the middle between it and the next frame's start, in seconds. */
  atSeconds: number;
  middle: number;
}

/** Frames spread over a video, with its first one and its last but one. */
function picturesOf({ frameTimes }: PlayedOutput): Wanted[] {
  const last = frameTimes.length - 2;
  return Array.from({ length: SEEKS }, (_, seek) => {
    // Jumps forward and back through the video.
    const place = (seek * 8) % SEEKS;
    const index = Math.round((place * last) / (SEEKS - 1));
    const atSeconds = frameTimes[index] ?? 0;
    return { atSeconds, middle: (atSeconds + (frameTimes[index + 1] ?? atSeconds)) / 2 };
  });
}

/** Firefox 153 and WebKitGTK 2.50 report the time of the seek instead of the frame's own time. */
function isEcho(wanted: readonly Wanted[], found: readonly (number | null)[]): boolean {
  return wanted.every(({ middle }, seek) => {
    const shown = found[seek] ?? null;
    return shown === null || Math.abs(shown - middle) < ECHO_SECONDS;
  });
}

function hits(wanted: readonly Wanted[], found: readonly (number | null)[]): string {
  const right = wanted.filter(({ atSeconds, middle }, seek) => {
    const shown = found[seek] ?? Number.NaN;
    return shown > atSeconds - SAME_PICTURE_SECONDS && shown <= middle;
  });
  return `${right.length} of ${SEEKS}`;
}

const of = (frames: number | null, { frameTimes }: PlayedOutput) =>
  frames === null ? NOT_TOLD : `${frames} of ${frameTimes.length}`;

const seconds = (value: number | null) =>
  value === null || !Number.isFinite(value) ? "-" : value.toFixed(3);

function counted(errors: readonly string[]): string {
  const [first] = errors;
  if (first === undefined) return "0";
  return `${errors.length}: ${first
    .replaceAll("|", "/")
    .replaceAll(/0x[0-9a-f]+/g, "")
    .slice(0, 80)}`;
}
