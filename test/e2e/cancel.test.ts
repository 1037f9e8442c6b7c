import type { Browser } from "playwright";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { launchBrowser } from "../../web/headless/browser.ts";
import { OwnerTab } from "../../web/headless/owner-tab.ts";
import { fixture } from "../setup/media.ts";
import { inspect, SMALL_LADDER, waitFor } from "./made-video.ts";

// A cancellation reaches the site, whatever the network does meanwhile.

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

const serverUrl = inject("serverUrl");

async function startedTab() {
  const parts = { serverUrl, engine: "ffmpeg", slots: 1, ladder: SMALL_LADDER };
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
  // The page alone is cut off; a reload gets through, and the call with it.
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
