import type { Browser } from "playwright";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { launchBrowser } from "../../web/headless/browser.ts";

const serverUrl = inject("serverUrl");

let browser: Browser;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

test("a page speaks the browser's language, then the chosen one, and loads no other", async () => {
  const context = await browser.newContext({ locale: "de-AT" });
  const page = await context.newPage();
  const loaded = new Set<string>();
  page.on("request", (request) => {
    const language = /\/words\/([a-z]{2})\//.exec(request.url())?.[1];
    if (language !== undefined) loaded.add(language);
  });
  const html = page.locator("html");
  await page.goto(serverUrl);
  await page.getByRole("heading", { name: "Ein Video aus diesem Browser teilen" }).waitFor();
  expect([await html.getAttribute("lang"), await html.getAttribute("dir")]).toEqual(["de", "ltr"]);
  expect([...loaded]).toEqual(["de"]);

  await page.getByRole("combobox", { name: "Sprache" }).selectOption("العربية");
  await page.getByRole("heading", { name: "شارك فيديو من هذا المتصفح" }).waitFor();
  expect([await html.getAttribute("lang"), await html.getAttribute("dir")]).toEqual(["ar", "rtl"]);
  expect(await page.title()).toContain("شارك فيديو");

  await page.goto(`${serverUrl}/videos`);
  await page.getByRole("heading", { name: "فيديوهاتك" }).waitFor();
  expect(await html.getAttribute("dir")).toBe("rtl");
  await context.close();
});
