import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { launchBrowser } from "../../web/headless/browser.ts";

// Browsers too old or crippled get one sentence on each page, and what they can still do.

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

const serverUrl = inject("serverUrl");
const PAGES = {
  upload: "/",
  contribute: "/join/job#token",
  watch: "/watch/job",
  videos: "/videos",
};
type PageName = keyof typeof PAGES;

/** Scripts that run before the page's own. */
const LACKS = {
  "promises of 2024": "delete Promise.withResolvers",
  "signals of 2023": "delete AbortSignal.any",
  workers: "delete globalThis.Worker",
  // As before 2023: options are not looked at.
  "module workers":
    "const Real = Worker; globalThis.Worker = function (address) { return new Real(address); }",
  WebCodecs:
    "for (const name of ['VideoDecoder', 'VideoEncoder', 'AudioDecoder']) delete globalThis[name]",
};

async function opened(name: PageName, lack: keyof typeof LACKS): Promise<Page> {
  const page = await browser.newPage();
  await page.addInitScript(LACKS[lack]);
  await page.goto(`${serverUrl}${PAGES[name]}`);
  return page;
}

const TOO_OLD = "This browser is too old for this page.";
const NO_WORKERS = "This browser cannot work on a video in the background.";

describe.each(Object.keys(PAGES) as PageName[])("%s", (name) => {
  test.each([
    ["promises of 2024", TOO_OLD],
    ["signals of 2023", TOO_OLD],
    ["workers", NO_WORKERS],
    ["module workers", NO_WORKERS],
  ] as const)("without %s", async (lack, sentence) => {
    const page = await opened(name, lack);
    try {
      const works = name === "upload" || name === "contribute";
      if (sentence === NO_WORKERS && !works) {
        // It plays and lists without workers of ours.
        await page.getByRole("heading").first().waitFor();
        expect(await page.getByText(sentence).count()).toBe(0);
        return;
      }
      const alert = page.getByRole("alert");
      await alert.waitFor();
      expect(await alert.textContent()).toMatch(new RegExp(`^${sentence} Update it, or open`));
      if (name === "watch") {
        expect(await page.getByRole("link").getAttribute("href")).toBe("/v/job/master.m3u8");
      }
    } finally {
      await page.close();
    }
  });
});
