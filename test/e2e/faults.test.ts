import type { Browser, Route } from "playwright";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { launchBrowser } from "../../web/headless/browser.ts";
import type { OwnerTab } from "../../web/headless/owner-tab.ts";
import { fixture } from "../setup/media.ts";
import { openCutProxy } from "./cut-proxy.ts";
import { expectExactPictures, soundOf } from "./exact-video.ts";
import { type MadeVideo, makeVideo, SMALL_LADDER, waitFor } from "./made-video.ts";
import { insertIntoOwner, LOCAL_SCRIPTS } from "./owner-script.ts";

// Each fault is caused in the real system at work, and each job still ends in a correct, complete video.

let browser: Browser;
let file: string;
beforeAll(async () => {
  browser = await launchBrowser(LOCAL_SCRIPTS);
  file = await fixture("long-gop-20s.mp4");
});
afterAll(() => browser.close());

const serverUrl = inject("serverUrl");

async function expectRight(video: MadeVideo): Promise<void> {
  await expectExactPictures(video, { source: file });
  const sound = await soundOf(video, file, 0);
  expect(sound.samples).toBeGreaterThanOrEqual(20 * 48_000);
  expect(sound.worstLsb).toBeLessThanOrEqual(6);
}

test("an encoder that dies mid-segment costs one attempt of one task", async () => {
  await using video = await makeVideo(browser, {
    serverUrl,
    file,
    ladder: SMALL_LADDER,
    slots: 1,
    prepare: endLastVideoTask,
  });
  const failed = video.status.tasks.filter(({ attempts }) => attempts > 0);
  expect(failed).toMatchObject([{ attempts: 1, state: "done" }]);
  const [task] = failed;
  const remade = video.status.segments.filter(({ attempt }) => attempt === 2);
  expect(remade.map(({ segment }) => segment)).toContain(task?.firstSegment);
  await expectRight(video);
});

test("storage that answers 500, and 403 to a signature that no longer holds", async () => {
  const answers: string[] = [];
  await using video = await makeVideo(browser, {
    serverUrl,
    file,
    ladder: SMALL_LADDER,
    prepare: async ({ page }) => {
      let puts = 0;
      await page.route("**/cdn-cgi/local/r2/**", async (route: Route) => {
        if (route.request().method() !== "PUT") return route.continue();
        puts += 1;
        if (puts === 1 || puts === 6) {
          answers.push("500");
          return route.fulfill({ status: 500, body: "internal error" });
        }
        if (puts === 3 || puts === 8) {
          // Storage itself refuses the broken signature. Sent without a body: the local server may answer 500 where
          // it does not read one.
          const url = new URL(route.request().url());
          url.searchParams.set("X-Amz-Signature", "0".repeat(64));
          const response = await route.fetch({ url: url.href, postData: "" });
          answers.push(String(response.status()));
          return route.fulfill({ response });
        }
        return route.continue();
      });
    },
  });
  expect(answers.sort()).toEqual(["403", "403", "500", "500"]);
  await expectRight(video);
});

test("a connection cut for 20 s loses no finished work", async () => {
  await using proxy = await openCutProxy(serverUrl);
  let doneBefore: string[] = [];
  await using video = await makeVideo(browser, {
    serverUrl: proxy.url,
    file,
    ladder: SMALL_LADDER,
    meddle: async (tab, job) => {
      await waitFor(tab, (state) => state.job?.tasks.some(isDone) ?? false);
      doneBefore = (await tab.status(job)).segments.map(({ sha256 }) => sha256);
      const mended = proxy.cut(20_000);
      await waitFor(tab, ({ connected }) => !connected);
      await mended;
      await waitFor(tab, ({ connected, phase }) => connected || phase === "ready");
    },
  });
  expect(proxy.broken()).toBeGreaterThan(0);
  expect(doneBefore.length).toBeGreaterThan(0);
  const made = video.status.segments.map(({ sha256 }) => sha256);
  expect(made).toEqual(expect.arrayContaining(doneBefore));
  expect(video.status.holders).toHaveLength(1);
  // A lost connection does not count as a failed attempt.
  expect(video.status.tasks.filter(({ attempts }) => attempts > 0)).toEqual([]);
  await expectRight(video);
});

test("a page reloaded at half goes on with the same file, and keeps what is finished", async () => {
  let before: MadeVideo["status"]["segments"] = [];
  await using video = await makeVideo(browser, {
    serverUrl,
    file,
    ladder: SMALL_LADDER,
    slots: 1,
    meddle: async (tab, job) => {
      tab.page.on("dialog", (dialog) => dialog.accept());
      const half = (tasks: { state: string }[]) => tasks.filter(isDone).length >= tasks.length / 2;
      await waitFor(tab, (state) => state.job !== null && half(state.job.tasks));
      await tab.reload();
      const needs = await waitFor(tab, ({ phase }) => phase === "needs-file");
      expect(needs.jobId).toBe(job.jobId);
      before = (await tab.status(job)).segments;
      await tab.pick(file);
      await waitFor(tab, ({ phase }) => phase !== "needs-file");
    },
  });
  const total = (video.inspected.inspection?.segmentCount ?? 0) * video.status.renditions.length;
  expect(before.length).toBeGreaterThan(0);
  expect(before.length).toBeLessThan(total);
  expect(video.status.segments).toHaveLength(total);
  // Finished segments are not made again: same bytes, same holder, same attempt.
  expect(video.status.segments).toEqual(expect.arrayContaining(before));
  await expectRight(video);
});

function isDone({ state }: { state: string }): boolean {
  return state === "done";
}

/**
 * Ends the encoder of the last video task like a crash, 50 ms after it gets the task: a segment takes longer. The
 * first tasks would not do: they may be made ahead of the job, where a failure costs no attempt.
 */
function endLastVideoTask(tab: OwnerTab): Promise<void> {
  return insertIntoOwner(
    tab,
    `let ended = false;
    const send = Worker.prototype.postMessage;
    Worker.prototype.postMessage = function (call, ...rest) {
      send.call(this, call, ...rest);
      if (ended || call.path?.at(-1) !== "transcode") return;
      if (call.argumentList[0].value.grant.task.id !== "v-4") return;
      ended = true;
      setTimeout(() => this.terminate(), 50);
    };`,
  );
}
