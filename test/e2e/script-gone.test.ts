import type { Browser } from "playwright";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { launchBrowser } from "../../web/headless/browser.ts";
import { OwnerTab } from "../../web/headless/owner-tab.ts";
import { fixture } from "../setup/media.ts";
import { waitFor } from "./made-video.ts";

// A page that was opened before a new version was published, or before the network went away.

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

const serverUrl = inject("serverUrl");

for (const [what, answer] of [
  ["is not there any more", (route) => route.fulfill({ status: 404, body: "Not found" })],
  ["cannot be reached", (route) => route.abort("internetdisconnected")],
] as [string, (route: import("playwright").Route) => Promise<void>][]) {
  test(`a worker's script that ${what}: the page says to reload`, async () => {
    const parts = { serverUrl, engine: "auto", slots: null, ladder: null };
    const tab = await OwnerTab.open(browser, parts, () => {});
    await tab.page.context().route(/owner\.worker/, answer);
    await tab.pick(await fixture("plain-8s.mp4"));
    const { error } = await waitFor(tab, ({ phase }) => phase === "failed");
    expect(error?.code).toBe("SCRIPT_NOT_LOADED");
    await tab.page.getByRole("heading", { name: "could not be loaded" }).waitFor();
    await tab.page.getByRole("button", { name: /Reload/ }).waitFor();
    await tab.close();
  });
}
