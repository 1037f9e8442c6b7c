import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { root } from "../../edge/local/server.ts";
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

// The real pages in WebKitGTK, part of `npm run test:clips`. Every call has a time limit.

const SAMPLE = join(root, "web/public/sample.mp4");
const serverUrl = inject("serverUrl");

let webkit: TestBrowser;
beforeAll(async () => {
  webkit = await launchWebkit();
});
afterAll(() => webkit?.close());

test("what the page chooses makes the sample clip with its frames and colours", async () => {
  const tab = await webkit.newTab();
  await openUpload(tab, serverUrl, "ladder=360:700,240:300");
  const { inspection } = await inspect(tab, SAMPLE);
  const ended = await makeVideo(tab);
  expect(inspection?.fastRefusalCode).toBeNull();
  expect(await pictureEngines(tab, ended)).toEqual(["webcodecs"]);
  await expectRightVideo(ended, SAMPLE);
  await tab.goto(ended.watchUrl ?? "");
  await play(tab, 0, 1);
  await play(tab, 8, 1);
});

test("Best makes it, too", async () => {
  const tab = await webkit.newTab();
  await openUpload(tab, serverUrl, "ladder=240:300");
  await inspect(tab, SAMPLE);
  await chooseBest(tab);
  const ended = await makeVideo(tab);
  expect(await pictureEngines(tab, ended)).toEqual(["ffmpeg-wasm"]);
  await expectRightVideo(ended, SAMPLE);
});
