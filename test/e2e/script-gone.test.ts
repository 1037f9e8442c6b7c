import type { Browser, Route } from "playwright";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { parseLadder } from "../../shared/plan/plan.ts";
import { launchBrowser } from "../../web/headless/browser.ts";
import { OwnerTab } from "../../web/headless/owner-tab.ts";
import { fixture } from "../setup/media.ts";
import { makeVideo, SMALL_LADDER, waitFor } from "./made-video.ts";

// A page that was opened before a new version was deployed, or before the network was lost.

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

const serverUrl = inject("serverUrl");
const gone = (route: Route) => route.fulfill({ status: 404, body: "Not found" });

function openTab(engine: "auto" | "ffmpeg" | "webcodecs"): Promise<OwnerTab> {
  return OwnerTab.open(browser, { serverUrl, engine, slots: 1, ladder: SMALL_LADDER }, () => {});
}

for (const [what, answer] of [
  ["is not there any more", gone],
  ["cannot be reached", (route) => route.abort("internetdisconnected")],
] as [string, (route: Route) => Promise<void>][]) {
  test(`a worker's script that ${what}: the page says to reload`, async () => {
    const tab = await openTab("auto");
    await tab.page.context().route(/owner\.worker/, answer);
    await tab.pick(await fixture("plain-8s.mp4"));
    const { error } = await waitFor(tab, ({ phase }) => phase === "failed");
    expect(error?.code).toBe("SCRIPT_NOT_LOADED");
    await tab.page.getByRole("heading", { name: "could not be loaded" }).waitFor();
    await tab.page.getByRole("button", { name: /Reload/ }).waitFor();
    await tab.close();
  });
}

test.each([
  ["ffmpeg", /ffmpeg-core-[^/]*\.wasmz/],
  ["ffmpeg's script", /ffmpeg-core-[^/]*\.js/],
] as const)("%s is gone: the page says to reload, and the job costs nothing", async (_, script) => {
  const tab = await openTab("ffmpeg");
  await tab.page.context().route(script, gone);
  await tab.pick(await fixture("plain-8s.mp4"));
  await waitFor(tab, ({ phase }) => phase === "inspected");
  const job = await tab.start();
  const { error } = await waitFor(tab, ({ phase }) => phase === "failed");
  expect(error?.code).toBe("SCRIPT_NOT_LOADED");
  await tab.page.getByRole("button", { name: /Reload/ }).waitFor();
  const { state, tasks } = await tab.status(job);
  expect(state).not.toBe("failed");
  expect(tasks.map(({ attempts }) => attempts)).toEqual(tasks.map(() => 0));
  await tab.cancel(job);
  await tab.close();
});

test("what a pick needs and is not there yet comes with the network", async () => {
  const { page } = await openTab("webcodecs");
  await page.context().setOffline(true);
  await page.getByRole("button", { name: "Try a sample clip" }).click();
  await page.getByText("A part of this page is still to be loaded").waitFor();
  await page.context().setOffline(false);
  await page.getByRole("button", { name: /Reload/ }).waitFor();
  await page.context().close();
});

test("without a network Start says so, and works when it is back", async () => {
  const tab = await openTab("webcodecs");
  const { page } = tab;
  const context = page.context();
  const refused = page.getByText("The server cannot be reached");
  await page.getByRole("button", { name: "Try a sample clip" }).click();
  await waitFor(tab, ({ phase }) => phase === "inspected");
  await tab.ladderApplied(parseLadder(SMALL_LADDER));
  const start = page.getByRole("button", { name: "Start", exact: true });
  await context.setOffline(true);
  await start.click();
  await refused.waitFor();
  await context.setOffline(false);
  await start.click();
  const ended = await waitFor(tab, ({ phase }) => phase === "ready" || phase === "failed");
  expect(ended.phase).toBe("ready");
  await tab.close();
});

test("the player is gone: the watch page says to reload, and plays after it", async () => {
  const file = await fixture("plain-8s.mp4");
  const options = { serverUrl, file, ladder: SMALL_LADDER, engine: "webcodecs" as const };
  await using made = await makeVideo(browser, options);
  const context = await browser.newContext();
  const script = /assets\/hls-[^/]*\.js/;
  await context.route(script, gone);
  const page = await context.newPage();
  await page.goto(made.job.watchUrl);
  await page.getByText("The player could not be loaded").waitFor();
  await context.unroute(script);
  await page.getByRole("button", { name: /Reload/ }).click();
  await page.waitForFunction(() => (document.querySelector("video")?.readyState ?? 0) >= 2);
  await context.close();
});
