import { gzipSync } from "node:zlib";
import type { Browser } from "playwright";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { launchBrowser } from "../../web/headless/browser.ts";
import type { OwnerTab } from "../../web/headless/owner-tab.ts";
import { fixture } from "../setup/media.ts";
import { type DeclaredRates, expectKept, firstRates } from "./declared-rates.ts";
import { expectExactPictures, soundOffsetOf } from "./exact-video.ts";
import { makeVideo, SMALL_LADDER } from "./made-video.ts";
import { expectOneStream } from "./one-stream.ts";
import { changeTasks, LOCAL_SCRIPTS } from "./owner-script.ts";
import { playToEnd } from "./playback.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser(LOCAL_SCRIPTS);
});
afterAll(() => browser.close());

const serverUrl = inject("serverUrl");

/**
 * From the third segment on, video tasks claim a rotation, which the browser's codecs refuse. ffmpeg reads the
 * rotation from the file instead.
 */
function refuseLaterTasks(tab: OwnerTab): Promise<void> {
  return changeTasks(tab, ({ task, source }) => {
    if (task.kind === "video" && task.firstSegment >= 2) source.video.rotation = 90;
    return 0;
  });
}

test("a task that the browser's codecs refuse is ffmpeg's: no attempt lost, and the mixture plays", async () => {
  const file = await fixture("long-gop-20s.mp4");
  await using video = await makeVideo(browser, {
    serverUrl,
    file,
    ladder: SMALL_LADDER,
    engine: "auto",
    slots: 1,
    prepare: refuseLaterTasks,
  });
  const { segments, tasks } = video.status;
  expect(tasks.every(({ attempts }) => attempts === 0)).toBe(true);
  const codes = video.status.notices?.map(({ code }) => code);
  expect(codes?.filter((code) => code === "BROWSER_CODECS_FAILED")).toHaveLength(1);
  const picture = segments.filter(({ rendition }) => rendition === "v240");
  expect(new Set(picture.map(({ engine }) => engine))).toEqual(
    new Set(["webcodecs", "ffmpeg-wasm"]),
  );

  await expectOneStream(browser, video, file);
});

/** Notes the addresses of scripts and WebAssembly that a tab and its workers fetch. */
async function watchDownloads({ page }: OwnerTab, seen: Set<string>): Promise<void> {
  page.context().on("request", (request) => {
    if (/\.(js|wasmz)$/.test(request.url())) seen.add(request.url());
  });
}

const nameOf = (address: string) => address.split("/").at(-1) ?? "";

/** Bytes sent for these files: scripts gzipped, the core's module as it is stored. */
async function compressedBytes(addresses: Iterable<string>): Promise<number> {
  let total = 0;
  for (const address of addresses) {
    const body = Buffer.from(await (await fetch(address)).arrayBuffer());
    total += address.endsWith(".js") ? gzipSync(body).length : body.length;
  }
  return total;
}

const isCore = (address: string) => nameOf(address).startsWith("ffmpeg-core-");

test("the browser's codecs: exact, in one init segment, playable, without the ffmpeg core", async () => {
  const file = await fixture("long-gop-20s.mp4");
  const downloads = new Set<string>();
  let declared: DeclaredRates = new Map();
  await using video = await makeVideo(browser, {
    serverUrl,
    file,
    ladder: SMALL_LADDER,
    engine: "auto",
    prepare: (tab) => watchDownloads(tab, downloads),
    meddle: async (_, { masterUrl }) => {
      declared = await firstRates(masterUrl);
    },
  });
  await expectKept(declared, video);
  expect(video.inspected.inspection).toMatchObject({ pictureEngine: "webcodecs" });
  const engines = new Set(video.status.segments.map(({ engine }) => engine));
  expect(engines).toEqual(new Set(["webcodecs"]));
  await expectExactPictures(video, { source: file });
  const sound = await soundOffsetOf(video, file, 0);
  expect(sound.places).toBeGreaterThan(5);
  expect(sound.worstSeconds).toBe(0);
  // The source's own AAC frames are kept. Only the first is decoded without its predecessor, and so differs a
  // little.
  expect(sound.worstResidual).toBeLessThan(0.001);
  const names = [...downloads].map(nameOf);
  expect(names.filter((name) => name.startsWith("transcode.worker-"))).toHaveLength(1);
  expect(names.filter((name) => /^ffmpeg-(core|aac)-/.test(name))).toEqual([]);
  expect(await compressedBytes(downloads)).toBeLessThan(1_500_000);
  const played = await playToEnd(browser, video.job.masterUrl, 240);
  expect(played).toMatchObject({ errors: [], bufferedRanges: 1, ended: true, frames: 500 });
});

test("a source with open groups of pictures is ffmpeg's from its first segment on", async () => {
  const file = await fixture("open-gop-14s.mp4");
  const downloads = new Set<string>();
  await using video = await makeVideo(browser, {
    serverUrl,
    file,
    ladder: SMALL_LADDER,
    engine: "auto",
    prepare: (tab) => watchDownloads(tab, downloads),
  });
  expect([...downloads].filter(isCore)).toHaveLength(2);
  expect(video.inspected.inspection).toMatchObject({ pictureEngine: "ffmpeg-wasm" });
  expect(new Set(video.status.segments.map(({ engine }) => engine))).toEqual(
    new Set(["ffmpeg-wasm"]),
  );
  await expectExactPictures(video, { source: file });
});
