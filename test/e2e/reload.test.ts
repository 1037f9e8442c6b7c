import type { Browser } from "playwright";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { launchBrowser } from "../../web/headless/browser.ts";
import { OwnerTab } from "../../web/headless/owner-tab.ts";
import { fixture } from "../setup/media.ts";
import { inspect, waitFor } from "./made-video.ts";

// What was chosen survives a reload, and what is ready is shown by its own address.

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

const serverUrl = inject("serverUrl");

test("the engine that was chosen for a job makes the rest of it after a reload", async () => {
  const file = await fixture("long-gop-20s.mp4");
  const tab = await OwnerTab.open(
    browser,
    { serverUrl, engine: "auto", slots: 1, ladder: "240:300" },
    () => {},
  );
  await inspect(tab, file);
  await tab.ladderApplied([{ shortSide: 240, kilobitsPerSecond: 300 }]);
  await tab.page.getByRole("radio", { name: /Best quality/ }).check();
  await waitFor(tab, ({ inspection }) => inspection?.pictureEngine === "ffmpeg-wasm");
  const job = await tab.start();
  await waitFor(tab, ({ job: view }) => view?.tasks.some(({ state }) => state === "done") === true);
  tab.page.on("dialog", (dialog) => void dialog.accept());
  await tab.reload();
  await waitFor(tab, ({ phase }) => phase === "needs-file");
  await tab.pick(file);
  const ended = await waitFor(tab, ({ phase }) => phase === "ready" || phase === "failed");
  expect(ended.phase).toBe("ready");
  const { segments } = await tab.status(job);
  const engines = segments.filter(({ rendition }) => rendition.startsWith("v"));
  expect(new Set(engines.map(({ engine }) => engine))).toEqual(new Set(["ffmpeg-wasm"]));

  expect(new URL(tab.page.url()).pathname).toBe(`/watch/${job.jobId}`);
  await tab.page.reload();
  await tab.page.getByRole("heading", { name: "long-gop-20s" }).waitFor();
  await tab.close();
});
