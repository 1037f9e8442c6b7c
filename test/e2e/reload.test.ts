import type { Browser } from "playwright";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { launchBrowser } from "../../web/headless/browser.ts";
import { OwnerTab } from "../../web/headless/owner-tab.ts";
import { fixture } from "../setup/media.ts";
import { inspect, waitFor } from "./made-video.ts";

// Choices survive a reload, and a finished video can be opened by its own address.

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
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
