import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { launchBrowser } from "../../web/headless/browser.ts";
import { copyPlaylists } from "../../web/headless/copy-playlists.ts";
import { OwnerTab } from "../../web/headless/owner-tab.ts";
import { ffmpeg, fixture, generatedClip } from "../setup/media.ts";
import { inspect, waitFor } from "./made-video.ts";
import { changeTasks, LOCAL_SCRIPTS } from "./owner-script.ts";

// Choices survive a reload, and a finished video can be opened by its own address.

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser(LOCAL_SCRIPTS);
});
afterAll(() => browser.close());

const serverUrl = inject("serverUrl");

test("the engine and the part that were chosen for a job stay after a reload", async () => {
  const file = await fixture("long-gop-20s.mp4");
  const tab = await OwnerTab.open(
    browser,
    { serverUrl, engine: "auto", slots: 1, ladder: "240:300", trim: { startSeconds: 3 } },
    () => {},
  );
  await inspect(tab, file);
  await tab.ladderApplied([{ shortSide: 240, kilobitsPerSecond: 300 }]);
  await tab.page.getByRole("radio", { name: /Best quality/ }).check();
  await waitFor(tab, ({ inspection }) => inspection?.pictureEngine === "ffmpeg-wasm");
  const job = await tab.start();
  await waitFor(tab, ({ job: view }) => view?.tasks.some(({ state }) => state === "done") === true);
  // Without the address's part, so that the part can only come from what the page has saved.
  await tab.page.evaluate(() => {
    const url = new URL(location.href);
    url.searchParams.delete("from");
    history.replaceState(null, "", url);
  });
  tab.page.on("dialog", (dialog) => void dialog.accept());
  await tab.reload();
  await waitFor(tab, ({ phase }) => phase === "needs-file");
  await tab.pick(file);
  const ended = await waitFor(tab, ({ phase }) => phase === "ready" || phase === "failed");
  expect(ended.phase).toBe("ready");
  const { segments, source, durationTicks } = await tab.status(job);
  expect(source?.trim).toEqual({
    ...{ startTicks: 270_000, endTicks: 1_800_000, sourceDurationTicks: 1_800_000 },
  });
  expect(durationTicks).toBe(1_530_000);
  const engines = segments.filter(({ rendition }) => rendition.startsWith("v"));
  expect(new Set(engines.map(({ engine }) => engine))).toEqual(new Set(["ffmpeg-wasm"]));

  expect(new URL(tab.page.url()).pathname).toBe(`/watch/${job.jobId}`);
  await tab.page.reload();
  await tab.page.getByRole("heading", { name: "long-gop-20s" }).waitFor();
  await tab.close();
});

test("a picture of one's own for a file with sound alone stays after a reload", async () => {
  const sound = await generatedClip("tone-40s.m4a", [
    ...["-f", "lavfi", "-i", "sine=r=48000:duration=40", "-c:a", "aac"],
  ]);
  const picture = await generatedClip("red.png", [
    ...["-f", "lavfi", "-i", "color=c=red:s=640x360", "-frames:v", "1"],
  ]);
  const ladder = "180:100";
  const tab = await OwnerTab.open(
    browser,
    { serverUrl, engine: "auto", slots: 1, ladder },
    () => {},
    // Most of it is left for after the reload.
    (it) => changeTasks(it, ({ task }) => (task.firstSegment > 0 ? 3_000 : 0)),
  );
  await inspect(tab, sound);
  await tab.ladderApplied([{ shortSide: 180, kilobitsPerSecond: 100 }]);
  await tab.soundPicture(picture);
  const job = await tab.start();
  const isPicture = ({ id }: { id: string }) => id.startsWith("v");
  const { job: view } = await waitFor(tab, ({ job: now }) => {
    return now?.tasks.some((task) => task.state === "done" && isPicture(task)) === true;
  });
  expect(view?.tasks.some((task) => task.state !== "done" && isPicture(task))).toBe(true);
  tab.page.on("dialog", (dialog) => void dialog.accept());
  await tab.reload();
  await waitFor(tab, ({ phase }) => phase === "needs-file");
  await tab.pick(sound);
  const ended = await waitFor(tab, ({ phase }) => phase === "ready" || phase === "failed");
  expect(ended.phase).toBe("ready");
  const dir = await mkdtemp(join(tmpdir(), "tributary-reload-"));
  try {
    await copyPlaylists(job.masterUrl, dir, new AbortController().signal);
    const argv = ["-i", join(dir, "master.m3u8"), "-map", "0:v:0", "-vf", "scale=1:1,format=rgb24"];
    const pixels = await ffmpeg([...argv, "-fps_mode", "passthrough", "-f", "rawvideo", "-"]);
    const colours = Array.from({ length: pixels.length / 3 }, (_, at) => [
      ...pixels.subarray(3 * at, 3 * at + 3),
    ]);
    expect(colours.length).toBeGreaterThan(3);
    // The site's card is green.
    for (const [red = 0, green = 0] of colours)
      expect([red > 200, green < 60]).toEqual([true, true]);
  } finally {
    await rm(dir, { recursive: true, force: true });
    await tab.close();
  }
});
