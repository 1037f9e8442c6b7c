import { randomBytes } from "node:crypto";
import type { Browser } from "playwright";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { EdgeClient } from "../../web/edge-client.ts";
import { launchBrowser } from "../../web/headless/browser.ts";
import { OwnerTab } from "../../web/headless/owner-tab.ts";
import { fixture } from "../setup/media.ts";
import { inspect, waitFor } from "./made-video.ts";
import { openPlainProxy } from "./plain-proxy.ts";

// The site carries out a request, and its answer gets lost on the way back.

const serverUrl = inject("serverUrl");
let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

test("Start is pressed again until an answer comes: there is one job, and the browser owns it", async () => {
  await using proxy = await openPlainProxy(serverUrl, "stripped");
  const parts = { serverUrl: proxy.url, engine: "webcodecs", slots: 1, ladder: "144:100" };
  const tab = await OwnerTab.open(browser, parts, () => {});
  await inspect(tab, await fixture("plain-8s.mp4"));
  const title = `once ${randomBytes(8).toString("hex")}`;
  await tab.title(title);
  await tab.visibility("listed");
  const press = () => tab.page.getByRole("button", { name: "Start", exact: true }).click();
  proxy.lost.set("/api/jobs", 1_000);
  await press();
  await tab.page.getByText("The server cannot be reached").waitFor();
  proxy.lost.delete("/api/jobs");
  await press();
  const { jobId } = await waitFor(tab, ({ phase }) => phase === "ready" || phase === "failed");
  const client = new EdgeClient(serverUrl);
  const listed = async () => {
    const { videos } = await client.listVideos(null, title);
    return videos.map(({ id, state }) => [id, state]);
  };
  await expect.poll(listed).toEqual([[jobId, "ready"]]);
  const owned = await tab.page.evaluate(() => localStorage.getItem("tributary.owned"));
  expect(Object.keys(JSON.parse(owned ?? "{}"))).toEqual([jobId]);
  await tab.close();
});

test("an upload begins and ends although its first answers are lost; its job is one, however often asked for", async () => {
  await using proxy = await openPlainProxy(serverUrl, "stripped");
  const client = new EdgeClient(proxy.url);
  const file = new File([randomBytes(9 * 1024 ** 2)], "noise.mp4");
  for (const path of ["/api/uploads", "/api/uploads/complete", "/api/jobs"])
    proxy.lost.set(path, 2);
  const upload = await client.upload(file);
  const create = () => client.createWholeJob({ source: { upload } });
  const jobs = [...(await Promise.all([create(), create()])), await create()];
  expect([...proxy.lost.values()]).toEqual([0, 0, 0]);
  const [job] = jobs;
  expect(jobs).toEqual([job, job, job]);
  await client.cancelJob(job?.jobId ?? "", job?.ownerToken ?? "");
});
