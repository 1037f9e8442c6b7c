import type { Page } from "playwright";
import { launchBrowser } from "../../web/headless/browser.ts";
import type { BrowserTab, TestBrowser } from "./tab.ts";

/** The system's Chromium, behind the same interface as the other browsers. The caller closes it. */
export async function launchChromium(): Promise<TestBrowser> {
  const browser = await launchBrowser();
  return {
    version: `chromium/${browser.version()}`,
    newTab: async () => tabOf(await (await browser.newContext()).newPage()),
    close: () => browser.close(),
  };
}

function tabOf(page: Page): BrowserTab {
  const logs: string[] = [];
  page.on("console", (message) => logs.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => logs.push(`uncaught: ${error.message}`));
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
    pickFile: (path) => page.locator('input[type="file"]').first().setInputFiles(path),
  };
}
