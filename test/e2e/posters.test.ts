import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { parseLadder } from "../../shared/plan/plan.ts";
import { type CreateJobResponse, videoSchema } from "../../shared/wire/api.ts";
import { launchBrowser } from "../../web/headless/browser.ts";
import { OwnerTab } from "../../web/headless/owner-tab.ts";
import { ffmpeg, ffprobe, generatedClip } from "../setup/media.ts";
import { inspect, waitFor } from "./made-video.ts";

// Poster and storyboard of a rotated, anamorphic video that begins black. Checked by native ffmpeg.

const serverUrl = inject("serverUrl");
const SECONDS = 20;
/** Size that viewers see, with square pixels and upright. */
const WIDTH = 270;
const HEIGHT = 640;

let browser: Browser;
let dir: string;
let source: string;
let tab: OwnerTab;
let job: CreateJobResponse;
/** Frames of the source as viewers see it, rotated by ffmpeg. */
let looked: Buffer[];

beforeAll(async () => {
  browser = await launchBrowser();
  dir = await mkdtemp(join(tmpdir(), "tributary-posters-"));
  const black = "drawbox=enable='lt(t,3)':color=black:t=fill";
  const coded = await generatedClip("black-then-bars.mp4", [
    ...["-f", "lavfi", "-i", `testsrc2=size=480x270:rate=25:duration=${SECONDS}`],
    // The brightness rises and falls, so that each moment looks different.
    ...[
      "-vf",
      `eq=brightness='0.25*sin(t)':eval=frame,${black},setsar=4/3`,
      "-c:v",
      "libx264",
      "-preset",
      "veryfast",
    ],
    ...["-pix_fmt", "yuv420p", "-g", "50"],
  ]);
  source = join(dir, "turned.mp4");
  await ffmpeg(["-i", coded, "-c", "copy", "-metadata:s:v", "rotate=90", source]);
  looked = await luma(
    source,
    `scale=${WIDTH}:${HEIGHT},setsar=1,select=not(mod(n\\,${FRAME_RATE / LOOKED_AT}))`,
  );
  tab = await OwnerTab.open(
    browser,
    { serverUrl, engine: "auto", slots: null, ladder: "270:500,144:140" },
    () => {},
  );
  await inspect(tab, source);
  await tab.ladderApplied(parseLadder("270:500,144:140"));
  job = await tab.start();
}, 120_000);

afterAll(async () => {
  await tab?.close();
  await browser.close();
  await rm(dir, { recursive: true, force: true });
});

async function fetched(path: string): Promise<string> {
  const response = await fetch(new URL(path, job.masterUrl));
  expect(response.status, path).toBe(200);
  const file = join(dir, path.replaceAll("/", "-"));
  await writeFile(file, new Uint8Array(await response.arrayBuffer()));
  return file;
}

const LUMA = "format=rgb24,scale=36:64,format=gray";
const LUMA_BYTES = 36 * 64;
/** Frames of the source that are compared, per second. */
const LOOKED_AT = 5;
const FRAME_RATE = 25;

/** All frames of a file, scaled to 36 by 64 pixels of grey. */
async function luma(file: string, filter: string): Promise<Buffer[]> {
  const raw = [
    "-vf",
    `${filter},${LUMA}`,
    "-fps_mode",
    "passthrough",
    "-f",
    "rawvideo",
    "-pix_fmt",
    "gray",
    "-",
  ];
  const all = await ffmpeg(["-i", file, ...raw]);
  return Array.from({ length: all.length / LUMA_BYTES }, (_, at) =>
    all.subarray(at * LUMA_BYTES, (at + 1) * LUMA_BYTES),
  );
}

function meanDifference(a: Buffer, b: Buffer): number {
  expect(a.length).toBe(b.length);
  return a.reduce((sum, each, at) => sum + Math.abs(each - (b[at] ?? 0)), 0) / a.length;
}

async function sizeOf(file: string): Promise<[number, number]> {
  const probed = (await ffprobe(["-show_streams", file])) as {
    streams: { width: number; height: number }[];
  };
  return [probed.streams[0]?.width ?? 0, probed.streams[0]?.height ?? 0];
}

async function video() {
  const response = await fetch(`${serverUrl}/api/videos/${job.jobId}`);
  return videoSchema.parse(await response.json());
}

test("both are made without asking, upright and in shape, and the poster is no black picture", async () => {
  const { pictures } = await waitFor(tab, (state) => state.pictures?.state === "done");
  expect(pictures).toMatchObject({ notices: [], hasStoryboard: true });
  const { poster } = await video();
  expect(poster).toMatchObject({ source: "automatic", width: WIDTH, height: HEIGHT });
  const file = await fetched("poster.jpg");
  expect(await sizeOf(file)).toEqual([WIDTH, HEIGHT]);
  // The poster is like one of the source's frames after the black ones.
  const [made = Buffer.alloc(0)] = await luma(file, "null");
  const differences = looked.slice(3 * LOOKED_AT + 1).map((each) => meanDifference(made, each));
  expect(Math.min(...differences)).toBeLessThan(8);
  expect(made.reduce((sum, each) => sum + each, 0) / made.length).toBeGreaterThan(60);
});

test("each tile of the storyboard is the source's picture of its time", async () => {
  const text = await (await fetch(new URL("storyboard.vtt", job.masterUrl))).text();
  const cues = [...text.matchAll(/^(\S+) --> (\S+)\n(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)$/gm)].map(
    ([, from = "", to = "", sheet = "", ...place]) => {
      const seconds = (time: string) => time.split(":").reduce((sum, part) => 60 * sum + +part, 0);
      return { from: seconds(from), to: seconds(to), sheet, place: place.map(Number) };
    },
  );
  expect(cues.length).toBeGreaterThanOrEqual(4);
  expect(cues.at(-1)?.to).toBeCloseTo(SECONDS, 2);
  const sheet = await fetched(cues[0]?.sheet ?? "");
  for (const { from, to, place } of cues) {
    const [x = 0, y = 0, width = 0, height = 0] = place;
    expect(width / height).toBeCloseTo(WIDTH / HEIGHT, 1);
    const [tile = Buffer.alloc(0)] = await luma(sheet, `crop=${width}:${height}:${x}:${y}`);
    const differences = cues.map((each) => {
      return meanDifference(tile, looked[Math.round(each.from * LOOKED_AT)] ?? Buffer.alloc(0));
    });
    const own = differences[cues.findIndex((each) => each.from === from)] ?? 0;
    expect(own, `${from} to ${to}`).toBe(Math.min(...differences));
    expect(own, `${from} to ${to}`).toBeLessThan(12);
  }
});

test("the owner chooses another picture, or brings one", async () => {
  const { page } = tab;
  const saved = page.getByText("This picture now stands for the video.");
  await page.getByRole("button", { name: "Choose from the video" }).click();
  const offered = page.getByRole("button", { name: /^Use the picture at/ });
  await expect.poll(() => offered.count()).toBe(3);
  await offered.nth(1).click();
  await saved.waitFor();
  expect((await video()).poster).toMatchObject({ source: "frame", width: WIDTH });

  const own = join(dir, "own.png");
  await ffmpeg(["-f", "lavfi", "-i", "color=c=red:s=3000x1500", "-frames:v", "1", own]);
  await tab.poster(own);
  await expect.poll(async () => (await video()).poster?.source).toBe("file");
  expect(await sizeOf(await fetched("poster.jpg"))).toEqual([1920, 960]);

  const text = join(dir, "no-picture.png");
  await writeFile(text, "This is no picture.");
  await expect(tab.poster(text)).rejects.toMatchObject({ code: "PICTURE_INVALID" });
});

test("the watch page shows it until somebody plays", async () => {
  const page = await browser.newPage();
  await page.goto(job.watchUrl);
  const element = page.locator("video[poster]");
  await element.waitFor({ state: "attached" });
  expect(await element.getAttribute("poster")).toContain("/poster.jpg?saved=");
  await page.waitForFunction(() => (document.querySelector("video")?.buffered.length ?? 0) > 0);
  expect(await element.evaluate((video: HTMLVideoElement) => video.currentTime)).toBe(0);
  await page.close();
});
