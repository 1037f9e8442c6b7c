import type { Browser } from "playwright";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { launchBrowser } from "../../web/headless/browser.ts";
import { OwnerTab } from "../../web/headless/owner-tab.ts";
import { fixture } from "../setup/media.ts";
import { inspect, SMALL_LADDER, waitFor } from "./made-video.ts";

// A cancellation reaches the site even if the network fails at first.

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

const serverUrl = inject("serverUrl");

async function startedTab(engine = "ffmpeg", ladder = SMALL_LADDER) {
  const parts = { serverUrl, engine, slots: 1, ladder };
  const tab = await OwnerTab.open(browser, parts, () => {});
  await inspect(tab, await fixture("long-gop-20s.mp4"));
  const job = await tab.start();
  await waitFor(tab, ({ job: view }) => view?.state === "running" && view.tasks.length > 0);
  return { tab, job };
}

async function press(tab: OwnerTab): Promise<void> {
  await tab.page.getByRole("button", { name: "Cancel", exact: true }).click();
  const stop = tab.page.getByRole("button", { name: "Stop", exact: true });
  if (await stop.isVisible()) await stop.click();
  await tab.page.getByRole("heading", { name: "Cancelled" }).waitFor();
}

test("pressed while offline it is kept, said, and sent when the network is back", async () => {
  const { tab, job } = await startedTab();
  await tab.page.context().setOffline(true);
  await press(tab);
  await tab.page.getByText("The site could not be reached yet").waitFor();
  expect((await tab.status(job)).state).toBe("running");
  await tab.page.context().setOffline(false);
  await tab.page.getByText("what was made of the video is deleted.").waitFor();
  await expect.poll(async () => (await tab.status(job)).state).toBe("cancelled");
  await expect.poll(async () => (await fetch(job.masterUrl)).status).toBe(404);
  await tab.close();
});

test("the tab closed before it was sent: the next visit sends it", async () => {
  const { tab, job } = await startedTab();
  // Only this page's DELETE requests fail. After a reload the call gets through.
  await tab.page.route("**/api/jobs/*", (route) =>
    route.request().method() === "DELETE" ? route.abort() : route.fallback(),
  );
  await press(tab);
  await tab.page.getByText("The site could not be reached yet").waitFor();
  await tab.page.unroute("**/api/jobs/*");
  await tab.page.route("**/api/jobs/*", (route) => route.fallback());
  await tab.reload();
  await expect.poll(async () => (await tab.status(job)).state).toBe("cancelled");
  await tab.close();
});

test("pressed while offline, with servers that finish the video: it is deleted all the same", async () => {
  const { tab, job } = await startedTab("server", "480:1400,240:300");
  await waitFor(tab, ({ job: view }) => view?.tasksNeedingSource === 0);
  await tab.page.context().setOffline(true);
  await press(tab);
  await expect.poll(async () => (await tab.status(job)).state).toBe("ready");
  expect((await fetch(job.masterUrl)).status).toBe(200);
  await tab.page.context().setOffline(false);
  await tab.page.getByText("what was made of the video is deleted.").waitFor();
  expect((await fetch(job.masterUrl)).status).toBe(404);
  await expect(tab.status(job)).rejects.toMatchObject({ code: "JOB_NOT_FOUND" });
  await tab.close();
});

test("its maker's tab is gone: viewers are told, and the catalogue ends it", async () => {
  const { tab, job } = await startedTab();
  await waitFor(tab, ({ job: view }) => view?.firstPlayableAtMs != null);
  const context = tab.page.context();
  await tab.page.close({ runBeforeUnload: false });
  const viewer = await context.newPage();
  // A maker counts as away only after half a minute.
  await viewer.clock.setFixedTime(Date.now() + 60_000);
  await viewer.goto(job.watchUrl.replace("/watch/", "/embed/"));
  await viewer.locator("video").evaluate(async (element) => {
    const video = element as HTMLVideoElement;
    video.muted = true;
    await video.play();
    video.currentTime = video.seekable.end(0) - 0.5;
  });
  await viewer.getByText("The maker of this video is away.").waitFor();
  await viewer.goto(job.watchUrl);
  await viewer.getByText("Its maker is away at the moment.").first().waitFor();
  await viewer.getByText("After a day without them it is given up.").waitFor();

  await viewer.goto(`${serverUrl}/videos`);
  await viewer.getByRole("button", { name: "Cancel long-gop-20s" }).click();
  await viewer.getByRole("button", { name: /Cancel and delete/i }).click();
  await expect.poll(async () => (await fetch(job.masterUrl)).status).toBe(404);
  await expect.poll(async () => (await fetch(job.watchUrl)).status).toBe(404);
  await context.close();
});
