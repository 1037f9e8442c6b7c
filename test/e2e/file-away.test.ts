import { appendFile, copyFile, mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright";
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from "vitest";
import { launchBrowser } from "../../web/headless/browser.ts";
import { OwnerTab } from "../../web/headless/owner-tab.ts";
import { fixture } from "../setup/media.ts";
import { inspect, waitFor } from "./made-video.ts";
import { changeTasks, LOCAL_SCRIPTS } from "./owner-script.ts";

// The drive with the source file is removed while the job runs, or the file is changed.

let browser: Browser;
let dir: string;
let path: string;
beforeAll(async () => {
  browser = await launchBrowser(LOCAL_SCRIPTS);
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
  // Slow, so that the drive is removed before the job ends.
  const slowly = (tab: OwnerTab) => changeTasks(tab, () => 100);
  const tab = await OwnerTab.open(browser, parts, () => {}, slowly);
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

test("changed: it is named as such; another video is refused, and a copy of this one goes on", async () => {
  const { tab, job } = await tabAtWork();
  // Appends an empty `free` box, which players skip.
  await appendFile(path, Buffer.from([0, 0, 0, 8, ...Buffer.from("free")]));
  await waitFor(tab, ({ phase }) => phase !== "running");
  await tab.page.getByRole("heading", { name: "The file was changed" }).waitFor();
  await tab.pick(await fixture("long-gop-20s.mp4"));
  const refused = await waitFor(tab, ({ error }) => error?.code === "SOURCE_CHANGED");
  expect(refused.phase).toBe("needs-file");
  // The file's bytes differ from before, but it holds the same video.
  await tab.pick(path);
  const ended = await waitFor(tab, ({ phase }) => phase === "ready" || phase === "failed");
  expect(ended.inspection?.source.notices.map(({ code }) => code)).toContain("FILE_COPY");
  expect((await tab.status(job)).state).toBe("ready");
  await tab.close();
});

test("removed: it is named as such, and what is done is kept", async () => {
  const { tab, job } = await tabAtWork();
  await rm(path);
  const away = await waitFor(tab, ({ phase }) => phase !== "running");
  expect(away).toMatchObject({ phase: "needs-file", error: { code: "SOURCE_AWAY" } });
  await tab.page.getByText("the file was moved or deleted").waitFor();
  const { state, tasks } = await tab.status(job);
  expect(state).toBe("running");
  expect(tasks.filter((task) => task.state === "done")).not.toEqual([]);
  expect(tasks.filter(({ attempts }) => attempts > 0)).toEqual([]);
  await tab.cancel(job);
  await tab.close();
});
