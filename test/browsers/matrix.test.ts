import { join } from "node:path";
import { describe, expect, inject, test } from "vitest";
import { root } from "../../edge/local/server.ts";
import { type MarkdownTable, putRows } from "../setup/markdown-table.ts";
import { realClip } from "../setup/media.ts";
import { launchChromium } from "./chromium.ts";
import { launchFirefox } from "./firefox.ts";
import { isAsked } from "./matrix-options.ts";
import type { TestBrowser } from "./tab.ts";
import {
  chooseBest,
  expectRightVideo,
  inspect,
  makeVideo,
  openUpload,
  pictureEngines,
  play,
} from "./upload-tab.ts";
import { launchWebkit } from "./webkit.ts";

// `npm run browsers`: makes clips with both engines in each browser, checks them by native ffmpeg and plays them.
// Writes the table of web/README.md. A wrong result is in the table, and its test fails.

const serverUrl = inject("serverUrl");
const TABLE: MarkdownTable = {
  path: join(root, "web/README.md"),
  name: "browsers",
  columns: [
    ...["browser", "clip", "choice", "made by", "seconds", "frames"],
    ...["colours: levels, PSNR of Y, U, V", "watch page plays", "seen"],
  ],
  keyOf: ([browser = "", clip, choice]) => [browser.split("/")[0], clip, choice].join(),
};

const LAUNCHERS = { chromium: launchChromium, firefox: launchFirefox, webkit: launchWebkit };
const ALL_NAMES = Object.keys(LAUNCHERS) as (keyof typeof LAUNCHERS)[];
const NAMES = ALL_NAMES.filter(isAsked("browser"));
const CHOICES = (["Fastest", "Best"] as const).filter(isAsked("choice"));
const REAL = [
  "bbb480p30s.mp4",
  "phone-hevc-rot90.mov",
  "tears-vp8-vorbis.webm",
  "webcam360p.flv",
  "noaudio-bottle.mp4",
];
const CLIPS = [
  { name: "sample.mp4", file: join(root, "web/public/sample.mp4") },
  ...REAL.flatMap((name) => {
    const file = realClip(name);
    return file === null ? [] : [{ name, file }];
  }),
].filter(({ name }) => isAsked("clip")(name));

describe.each(NAMES)("%s", (name) => {
  describe.each(CLIPS)("$name", (clip) => {
    test.each(CHOICES)("%s", async (choice) => {
      // A new browser for each row, so that one that hangs spoils no other row.
      const browser = await LAUNCHERS[name]();
      const row: Row = {
        ...{ browser: browser.version, clip: clip.name, choice, madeBy: "nobody" },
        ...{ seconds: "-", frames: "-", colours: "-", plays: "-" },
        seen: new Date().toISOString().slice(0, 10),
      };
      try {
        await fillRow(row, browser, clip.file);
      } finally {
        await putRows(TABLE, [Object.values(row)]);
        await browser.close();
      }
    });
  });
});

/** In the order of the columns. */
interface Row {
  browser: string;
  clip: string;
  choice: "Fastest" | "Best";
  /** Engine, and in brackets why the browser's codecs were not used. */
  madeBy: string;
  /** Time from "Start" to ready. */
  seconds: string;
  frames: string;
  colours: string;
  plays: string;
  seen: string;
}

async function fillRow(row: Row, browser: TestBrowser, file: string): Promise<void> {
  const tab = await browser.newTab();
  await openUpload(tab, serverUrl, "ladder=240:350");
  const { inspection } = await inspect(tab, file);
  const refusal = inspection?.fastRefusalCode ?? null;
  if (refusal === null && row.choice === "Best") {
    await chooseBest(tab);
  }
  const startedMs = performance.now();
  const ended = await makeVideo(tab);
  row.seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
  row.madeBy = (await pictureEngines(tab, ended)).join(", ");
  const isPromised = row.choice === "Fastest" && refusal === null;
  if (row.choice === "Fastest" && refusal !== null) row.madeBy += ` (${refusal})`;
  if (isPromised && row.madeBy !== "webcodecs") {
    expect(ended.job?.notices?.map(({ code }) => code)).toContain("BROWSER_CODECS_FAILED");
    row.madeBy += " (BROWSER_CODECS_FAILED)";
  }
  row.frames = "wrong";
  row.plays = "no";
  const judged = expectRightVideo(ended, file).then(({ levels, psnrDb }) => {
    row.frames = "right";
    row.colours = `${levels.toFixed(2)}; ${psnrDb.map((each) => each.toFixed(0)).join(", ")}`;
  });
  const played = tab.goto(ended.watchUrl ?? "").then(async () => {
    await play(tab, 0, 2);
    row.plays = "yes";
  });
  for (const result of await Promise.allSettled([judged, played])) {
    if (result.status === "rejected") throw result.reason;
  }
}
