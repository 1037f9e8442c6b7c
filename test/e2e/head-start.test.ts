import type { Browser } from "playwright";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { launchBrowser } from "../../web/headless/browser.ts";
import type { OwnerTab } from "../../web/headless/owner-tab.ts";
import { fixture } from "../setup/media.ts";
import { expectExactPictures } from "./exact-video.ts";
import { makeVideo, SMALL_LADDER } from "./made-video.ts";
import { insertIntoOwner, LOCAL_SCRIPTS, ownerWorker } from "./owner-script.ts";

// Tasks made before the press on "Start": none is sent before it, and none is made again.

let browser: Browser;
let file: string;
beforeAll(async () => {
  browser = await launchBrowser(LOCAL_SCRIPTS);
  file = await fixture("long-gop-20s.mp4");
});
afterAll(() => browser.close());

test.each(["webcodecs", "ffmpeg"] as const)(
  "the first tasks are there at the start, engine %s",
  { timeout: 120_000 },
  async (engine) => {
    const sent: string[] = [];
    let ahead: Encode[] = [];
    let all: Encode[] = [];
    await using video = await makeVideo(browser, {
      serverUrl: inject("serverUrl"),
      file,
      ladder: SMALL_LADDER,
      engine,
      slots: 1,
      prepare: recordEncodes,
      look: async (tab) => {
        tab.page.on("request", (request) => {
          if (!["GET", "HEAD"].includes(request.method())) sent.push(request.url());
        });
        await expect.poll(() => finished(tab), { timeout: 60_000 }).toHaveLength(7);
        ahead = await finished(tab);
        expect(sent).toEqual([]);
      },
      meddle: async (tab, job) => {
        await expect
          .poll(async () => (await tab.status(job)).state, { timeout: 60_000 })
          .toBe("ready");
        all = await finished(tab);
      },
    });
    expect(all).toEqual(ahead);
    expect(new Set(ahead.map(({ task }) => task)).size).toBe(7);
    expect(sent.length).toBeGreaterThan(0);
    await expectExactPictures(video, { source: file });
  },
);

test("another ladder discards the pictures that it changes, and no audio", async () => {
  await using video = await makeVideo(browser, {
    serverUrl: inject("serverUrl"),
    file,
    ladder: SMALL_LADDER,
    slots: 1,
    prepare: recordEncodes,
    look: async (tab) => {
      await expect.poll(() => finished(tab), { timeout: 60_000 }).toHaveLength(7);
      await tab.page.getByText("Expert", { exact: true }).click();
      const rate = tab.page.getByRole("spinbutton").last();
      await rate.fill("150");
      await rate.blur();
      // The five video tasks are made again.
      await expect.poll(() => finished(tab), { timeout: 60_000 }).toHaveLength(12);
      const anew = (await finished(tab)).slice(7).map(({ task }) => task);
      expect(anew).toEqual(["v-0", "v-1", "v-2", "v-3", "v-4"]);
    },
  });
  expect(video.status.renditions.find(({ id }) => id === "v144")).toMatchObject({
    bitsPerSecond: 150_000,
  });
  await expectExactPictures(video, { source: file });
});

interface Encode {
  task: string;
}

declare const encodes: Encode[];

/** Keeps a record of the tasks that the owner's encoders were given and finished. */
function recordEncodes(tab: OwnerTab): Promise<void> {
  return insertIntoOwner(
    tab,
    `self.encodes = [];
    const send = Worker.prototype.postMessage;
    Worker.prototype.postMessage = function (call, ...rest) {
      send.call(this, call, ...rest);
      if (call.path?.at(-1) !== "transcode") return;
      const task = call.argumentList[0].value.grant.task.id;
      this.addEventListener("message", ({ data }) => {
        if (data.id === call.id) self.encodes.push({ task });
      });
    };`,
  );
}

function finished(tab: OwnerTab): Promise<Encode[]> {
  return ownerWorker(tab).evaluate(() => encodes);
}
