import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser } from "playwright";
import { afterAll, beforeAll, expect, inject, test, vi } from "vitest";
import { EdgeClient } from "../../web/edge-client.ts";
import { launchBrowser } from "../../web/headless/browser.ts";
import {
  decodedFrameTimes,
  sourceFrameTimes,
  worstTimeError,
} from "../exactness/decoded-frames.ts";
import { compareColours } from "../exactness/plane-likeness.ts";
import { fixture } from "../setup/media.ts";
import { makeVideo, SMALL_LADDER } from "./made-video.ts";
import { expectOneStream } from "./one-stream.ts";
import { LOCAL_SCRIPTS, leaveTheRestToServers } from "./owner-script.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser(LOCAL_SCRIPTS);
});
afterAll(() => browser.close());

const serverUrl = inject("serverUrl");

test("a browser's codecs, ffmpeg in the tab and on a server make one video, which is one stream and one file", async () => {
  const file = await fixture("long-gop-20s.mp4");
  await using video = await makeVideo(browser, {
    serverUrl,
    file,
    ladder: SMALL_LADDER,
    engine: "auto",
    slots: 1,
    prepare: leaveTheRestToServers,
    meddle: ({ page }) => page.getByLabel("Use this site's servers").check(),
  });
  const picture = video.status.segments.filter(({ rendition }) => rendition === "v240");
  expect(new Set(picture.map(({ engine }) => engine))).toEqual(
    new Set(["webcodecs", "ffmpeg-wasm", "ffmpeg-native"]),
  );
  await expectOneStream(browser, video, file);

  const client = new EdgeClient(serverUrl);
  const { jobId, ownerToken } = video.job;
  await client.makeMp4(jobId, ownerToken);
  const { url } = await vi.waitUntil(
    async () => {
      const status = await client.mp4Status(jobId);
      return status.state === "ready" && status;
    },
    { timeout: 60_000, interval: 500 },
  );
  const path = join(video.dir, "download.mp4");
  await writeFile(path, Buffer.from(await (await fetch(url ?? "")).arrayBuffer()));
  expect(worstTimeError(await decodedFrameTimes(path), await sourceFrameTimes(file))).toBeLessThan(
    0.00002,
  );
  const { planes } = await compareColours(path, file, { width: 428, height: 240 });
  for (const { plane, psnrDb } of planes) expect(psnrDb, plane).toBeGreaterThan(25);
});
