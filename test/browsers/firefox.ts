import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import puppeteer, { type Page } from "puppeteer-core";
import { firefoxPath } from "../../web/headless/system-programs.ts";
import type { BrowserTab, TestBrowser } from "./tab.ts";

/** Preferences on top of puppeteer's own: videos may play without a click. */
const PREFERENCES = {
  "media.autoplay.default": 0,
  "media.autoplay.blocking_policy": 0,
};

/**
 * A headless Firefox, driven by WebDriver BiDi. The caller closes it.
 *
 * @param preferences of about:config, e.g. `{"dom.media.webcodecs.enabled": false}`
 */
export async function launchFirefox(
  preferences: Readonly<Record<string, boolean | number | string>> = {},
): Promise<TestBrowser> {
  const executablePath = firefoxPath();
  if (executablePath === undefined) throw new Error("No Firefox found: set FIREFOX_PATH.");
  const home = await mkdtemp(join(tmpdir(), "tributary-firefox-"));
  const browser = await puppeteer.launch({
    browser: "firefox",
    executablePath,
    headless: true,
    env: { ...process.env, HOME: home },
    protocolTimeout: 300_000,
    extraPrefsFirefox: { ...PREFERENCES, ...preferences },
  });
  const version = await browser.version();
  return {
    version,
    newTab: async () => tabOf(await browser.newPage()),
    async close() {
      await browser.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

function tabOf(page: Page): BrowserTab {
  const logs: string[] = [];
  page.on("console", (message) => logs.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => logs.push(`uncaught: ${String(error)}`));
  // Answers "Leave this page?", which comes while a job runs.
  page.on("dialog", (dialog) => void dialog.accept());
  return {
    logs,
    async goto(url) {
      await page.goto(url);
    },
    async reload() {
      await page.reload();
    },
    evaluate: (body, argument) =>
      page.evaluate(`(${body.toString()})(${JSON.stringify(argument)})`) as never,
    async pickFile(path) {
      const input = await page.$("input[type=file]");
      if (input === null) throw new Error("The page has no file input.");
      await input.uploadFile(path);
    },
  };
}
