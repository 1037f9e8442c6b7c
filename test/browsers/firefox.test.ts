import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { root } from "../../edge/local/server.ts";
import type { ContributorState } from "../../web/contributor/contributor-api.ts";
import { launchBrowser } from "../../web/headless/browser.ts";
import { OwnerTab } from "../../web/headless/owner-tab.ts";
import { fixture } from "../setup/media.ts";
import { launchFirefox } from "./firefox.ts";
import { type TestBrowser, waitFor } from "./tab.ts";
import {
  chooseBest,
  click,
  expectRightVideo,
  inPhase,
  inspect,
  makeVideo,
  openUpload,
  pictureEngines,
  play,
} from "./upload-tab.ts";

// The real pages in a real Firefox: both engines, playing, helping an owner in Chromium, reload, cancel.

const SAMPLE = join(root, "web/public/sample.mp4");
const LADDER = "ladder=360:700,240:300";
const serverUrl = inject("serverUrl");

let firefox: TestBrowser;
beforeAll(async () => {
  firefox = await launchFirefox();
});
afterAll(() => firefox?.close());

test("what the page chooses makes the sample clip with its frames and colours, and the watch page plays it", async () => {
  const tab = await firefox.newTab();
  await openUpload(tab, serverUrl, LADDER);
  const { inspection } = await inspect(tab, SAMPLE);
  expect(inspection?.fastRefusalCode).toBeNull();
  const ended = await makeVideo(tab);
  expect(await pictureEngines(tab, ended)).toEqual(["webcodecs"]);
  await expectRightVideo(ended, SAMPLE);
  await tab.goto(ended.watchUrl ?? "");
  expect((await play(tab, 0, 1)).width).toBeGreaterThanOrEqual(426);
  await play(tab, 8, 1);
});

// In Firefox a `new Worker` inside a worker may wait forever while the page's thread is busy (web/worker-host.ts).
test("Best makes it, too, however busy the page is while encoders start", async () => {
  const tab = await firefox.newTab();
  await openUpload(tab, serverUrl, "ladder=240:300");
  await tab.evaluate(() => {
    const busy = setInterval(() => {
      const startMs = performance.now();
      while (performance.now() - startMs < 25);
    }, 26);
    setTimeout(() => clearInterval(busy), 5000);
  }, null);
  await inspect(tab, SAMPLE);
  await chooseBest(tab);
  const ended = await makeVideo(tab);
  expect(await pictureEngines(tab, ended)).toEqual(["ffmpeg-wasm"]);
  await expectRightVideo(ended, SAMPLE);
});

test("it helps a Chromium owner", async () => {
  const chromium = await launchBrowser();
  try {
    const owner = await OwnerTab.open(
      chromium,
      { serverUrl, engine: "ffmpeg", slots: 1, ladder: "144:140" },
      () => {},
    );
    await owner.pick(await fixture("long-gop-20s.mp4"));
    await owner.page.getByRole("button", { name: "Start", exact: true }).waitFor();
    const job = await owner.start();
    const { joinUrl } = await owner.share(job);
    const helper = await firefox.newTab();
    await helper.goto(`${joinUrl.replace("#", "?slots=1&name=Fox#")}`);
    await click(helper, "Start helping");
    const done = await waitFor(
      helper,
      () => {
        type Shown = { tributaryContributor: { state: ContributorState | null } };
        const { state } = (globalThis as unknown as Shown).tributaryContributor;
        return state !== null && state.phase === "done" ? { tasks: state.tasksDone } : null;
      },
      null,
      240_000,
    );
    expect(done.tasks).toBeGreaterThan(0);
    const status = await owner.status(job);
    expect(status.state).toBe("ready");
    expect(status.holders.find(({ name }) => name === "Fox")?.tasksDone).toBeGreaterThan(0);
  } finally {
    await chromium.close();
  }
});

test("a reload goes on where it was, and what is cancelled ends", async () => {
  const file = await fixture("long-gop-20s.mp4");
  const tab = await firefox.newTab();
  await openUpload(tab, serverUrl, "ladder=144:140&engine=ffmpeg&slots=1");
  await inspect(tab, file);
  await click(tab, "Start");
  const before = await waitFor(
    tab,
    () => {
      type Shown = { tributary: { state: { job: { tasks: { state: string }[] } | null } } };
      const { job } = (globalThis as unknown as Shown).tributary.state;
      return job?.tasks.filter(({ state }) => state === "done").length;
    },
    null,
    120_000,
  );
  await tab.reload();
  await inPhase(tab, ["needs-file"], 60_000);
  await tab.pickFile(file);
  const ended = await inPhase(tab, ["ready", "failed"]);
  expect(ended.phase).toBe("ready");
  expect(before).toBeGreaterThan(0);

  await openUpload(tab, serverUrl, "ladder=144:140&engine=ffmpeg&slots=1");
  await inspect(tab, file);
  await click(tab, "Start");
  await inPhase(tab, ["running"]);
  await click(tab, "Cancel");
  await inPhase(tab, ["cancelled"], 60_000);
});
