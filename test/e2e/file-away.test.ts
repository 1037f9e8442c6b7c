import { appendFile, copyFile, mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright";
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from "vitest";
import { launchBrowser } from "../../web/headless/browser.ts";
import { OwnerTab } from "../../web/headless/owner-tab.ts";
import { fixture } from "../setup/media.ts";
import { inspect, waitFor } from "./made-video.ts";

// The drive with the file goes away while the job runs, or the file on it is changed.

let browser: Browser;
let dir: string;
let path: string;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "tributary-drive-"));
  path = join(dir, "film.mp4");
  await copyFile(await fixture("long-5min.mp4"), path);
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const serverUrl = inject("serverUrl");
const LADDER = "144:100";

/** A tab at work with some of its tasks done. */
async function tabAtWork() {
  const parts = { serverUrl, engine: "webcodecs", slots: 1, ladder: LADDER };
  const tab = await OwnerTab.open(browser, parts, () => {});
  await inspect(tab, path);
  const job = await tab.start();
  const done = ({ job: view }: { job: { tasks: { state: string }[] } | null }) =>
    (view?.tasks.filter(({ state }) => state === "done").length ?? 0) > 0;
  await waitFor(tab, done);
  return { tab, job };
}

test("away and back again: what is done is kept, no attempt is charged, the work goes on", async () => {
  const { tab, job } = await tabAtWork();
  await rename(path, `${path}.away`);
  const away = await waitFor(tab, ({ phase }) => phase !== "running");
  expect(away).toMatchObject({ phase: "needs-file", error: { code: "SOURCE_AWAY" } });
  await tab.page.getByRole("heading", { name: "The file is away" }).waitFor();
  expect((await tab.status(job)).tasks.filter(({ state }) => state === "done")).not.toEqual([]);
  await rename(`${path}.away`, path);
  await waitFor(tab, ({ phase }) => phase === "ready" || phase === "failed");
  const { state, tasks } = await tab.status(job);
  expect(state).toBe("ready");
  expect(tasks.filter(({ attempts }) => attempts > 0)).toEqual([]);
  await tab.close();
});

test("changed: it is named as such, and another copy of it goes on with the same job", async () => {
  const { tab, job } = await tabAtWork();
  const copy = join(dir, "copy.mp4");
  await copyFile(path, copy);
  await appendFile(path, "some bytes more");
  await waitFor(tab, ({ phase }) => phase !== "running");
  await tab.page.getByText("it was changed, or its drive is away").waitFor();
  // The changed one is another file than the job began with.
  await tab.pick(path);
  const refused = await waitFor(tab, ({ error }) => error?.code === "SOURCE_CHANGED");
  expect(refused.phase).toBe("needs-file");
  await tab.pick(copy);
  await waitFor(tab, ({ phase }) => phase === "ready" || phase === "failed");
  expect((await tab.status(job)).state).toBe("ready");
  await tab.close();
});
