import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, describe, inject, test } from "vitest";
import { root } from "../../edge/local/server.ts";
import { realClip } from "../setup/media.ts";
import { launchChromium } from "./chromium.ts";
import { launchFirefox } from "./firefox.ts";
import type { TestBrowser } from "./tab.ts";
import {
  click,
  expectRightVideo,
  inspect,
  makeVideo,
  openUpload,
  pictureEngines,
  play,
} from "./upload-tab.ts";
import { launchWebkit } from "./webkit.ts";

// `npm run browsers`: clips by both engines in each browser, judged by native ffmpeg and played. Writes
// the table of web/README.md; what is not right stands in it, and fails here.

const serverUrl = inject("serverUrl");
const TABLE_PATH = join(root, "web/README.md");
const [BEGIN, END] = ["<!-- browsers -->", "<!-- /browsers -->"];

const LAUNCHERS = { chromium: launchChromium, firefox: launchFirefox, webkit: launchWebkit };
const NAMES = Object.keys(LAUNCHERS) as (keyof typeof LAUNCHERS)[];
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
];

interface Row {
  browser: string;
  clip: string;
  choice: "Fastest" | "Best";
  /** Engine, and in brackets why the browser's codecs were not used. */
  madeBy: string;
  frames: string;
  plays: string;
}
const rows: Row[] = [];
afterAll(() => writeTable());

describe.each(NAMES)("%s", (name) => {
  describe.each(CLIPS)("$name", (clip) => {
    test.each(["Fastest", "Best"] as const)("%s", async (choice) => {
      // A new one for each: one that hangs spoils no other row.
      const browser = await LAUNCHERS[name]();
      const row: Row = {
        ...{ browser: browser.version, clip: clip.name, choice },
        ...{ madeBy: "-", frames: "-", plays: "-" },
      };
      rows.push(row);
      try {
        await fillRow(row, browser, clip.file);
      } finally {
        await browser.close();
      }
    });
  });
});

async function fillRow(row: Row, browser: TestBrowser, file: string): Promise<void> {
  const tab = await browser.newTab();
  await openUpload(tab, serverUrl, "ladder=240:350");
  const { inspection } = await inspect(tab, file);
  if (inspection?.fastRefusalCode === null && row.choice === "Best") {
    await click(tab, "Best quality");
  }
  const ended = await makeVideo(tab);
  row.madeBy = (await pictureEngines(ended)).join(", ");
  const refusal = inspection?.fastRefusalCode;
  if (row.choice === "Fastest" && refusal) row.madeBy += ` (${refusal})`;
  row.frames = "wrong";
  row.plays = "no";
  const judged = expectRightVideo(ended, file).then(() => {
    row.frames = "right";
  });
  const played = tab.goto(ended.watchUrl ?? "").then(async () => {
    await play(tab, 0, 2);
    row.plays = "yes";
  });
  for (const result of await Promise.allSettled([judged, played])) {
    if (result.status === "rejected") throw result.reason;
  }
}

async function writeTable(): Promise<void> {
  const lines = [
    "| browser | clip | choice | made by | frames and colours | watch page plays |",
    "| --- | --- | --- | --- | --- | --- |",
    ...rows.map((row) => `| ${Object.values(row).join(" | ")} |`),
  ];
  const text = await readFile(TABLE_PATH, "utf8");
  const [before] = text.split(BEGIN);
  const [, after = ""] = text.split(END);
  await writeFile(TABLE_PATH, `${before}${BEGIN}\n\n${lines.join("\n")}\n\n${END}${after}`);
}
