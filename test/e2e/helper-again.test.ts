import type { Browser } from "playwright";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { EdgeClient } from "../../web/edge-client.ts";
import { launchBrowser } from "../../web/headless/browser.ts";
import { ContributorTab } from "../../web/headless/contributor-tab.ts";
import errors from "../../web/words/en/errors.json";
import { planOf } from "../schedule/plan-of.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

const HELPER_SCRIPT = /contributor\.worker[^/]*\.js/;
const CONNECTED = { timeout: 30_000 };

test("a helper's page whose worker died helps again by Try again", async () => {
  const client = new EdgeClient(inject("serverUrl"));
  const plan = planOf(1);
  const tasks = plan.tasks.filter(({ kind }) => kind === "video");
  const { jobId, ownerToken } = await client.createJob({ ...plan, audio: [], tasks });
  const { joinUrl } = await client.share(jobId, ownerToken, {
    expiresInMinutes: 10,
    maxContributors: 1,
  });
  const tab = await ContributorTab.open(browser, joinUrl, { slots: 1 }, () => {});
  try {
    await tab.start();
    await expect.poll(() => tab.state(), CONNECTED).toMatchObject({ connected: true });
    const worker = tab.page.workers().find((each) => HELPER_SCRIPT.test(each.url()));
    if (worker === undefined) throw new Error("The helper's worker was not found.");
    worker.evaluate(() => self.close()).catch(() => {});
    await tab.page.getByRole("heading", { name: errors["WORKER_CRASHED.title"] }).waitFor();
    expect(await tab.state()).toMatchObject({ phase: "failed", connected: false });
    await tab.page.getByRole("button", { name: "Try again" }).click();
    const works = { phase: "working", connected: true, error: null };
    await expect.poll(() => tab.state(), CONNECTED).toMatchObject(works);
  } finally {
    await tab.close();
    await client.cancelJob(jobId, ownerToken);
  }
});
