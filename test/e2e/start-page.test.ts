import { gzipSync } from "node:zlib";
import { type Browser, devices } from "playwright";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { launchBrowser } from "../../web/headless/browser.ts";

const serverUrl = inject("serverUrl");

/** Upper limit for the bytes of scripts, as transferred, before a file is picked. */
const MOST_SCRIPT_BYTES = 70_000;
/** Upper limit for the bytes of scripts, style sheets and messages that the first view needs. */
const MOST_FIRST_BYTES = 66_000;
const MOST_SHIFT = 0.05;
/** Upper limit for the files that the first view needs; all are requested at once. */
const MOST_FIRST_FILES = 13;

let browser: Browser;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

/** Names of the scripts, style sheets and message files that the page waits for. */
async function firstFiles(locale: string): Promise<string[]> {
  const html = await (await fetch(serverUrl)).text();
  const json = /<script type="application\/json" id="first-words">(.*?)<\/script>/.exec(html)?.[1];
  const { words } = JSON.parse(json ?? "{}")[locale] as { words: string[] };
  const named = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+\.(?:js|css))"/g)];
  return [...words, ...named.map(([, name = ""]) => name)];
}

test.each(["en", "de", "ar"])("the start page needs little to stand, in %s", async (locale) => {
  const files = await firstFiles(locale);
  const sizes = await Promise.all(
    files.map(async (file) => {
      const bytes = await (await fetch(serverUrl + file)).arrayBuffer();
      return gzipSync(new Uint8Array(bytes), { level: 9 }).length;
    }),
  );
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  console.info(`${locale}: ${bytes} bytes in ${files.length} files before the page stands`);
  expect(files.length).toBeGreaterThan(5);
  expect(bytes).toBeLessThan(MOST_FIRST_BYTES);
});

test("before its scripts run, a page has the person's language", async () => {
  const context = await browser.newContext({ locale: "ar", serviceWorkers: "block" });
  const page = await context.newPage();
  await page.route(/\/assets\/.*\.js$/, (route) => route.abort());
  await page.goto(serverUrl);
  expect(await page.title()).toContain("شارك فيديو");
  expect(await page.locator("html").getAttribute("dir")).toBe("rtl");
  const manifest = await page.locator('link[rel="manifest"]').getAttribute("href");
  const { lang, dir, description, id } = await (await fetch(serverUrl + manifest)).json();
  expect({ lang, dir, id }).toEqual({ lang: "ar", dir: "rtl", id: "/" });
  expect(description).toContain("اختر فيديو");
  await context.close();
});

test("without JavaScript, a page says in each language that it needs it", async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  for (const path of ["/", "/videos", "/pool"]) {
    await page.goto(serverUrl + path);
    expect(await page.locator("noscript p").count(), path).toBe(3);
    await page.locator('noscript p[lang="de"]').waitFor();
  }
  await context.close();
});

test.each(["en", "de", "ar"])(
  "the start page is small and still, and finds nothing late that it needs, in %s",
  async (locale) => {
    const { defaultBrowserType, ...phone } = devices["Pixel 7"];
    const context = await browser.newContext({ ...phone, locale, serviceWorkers: "block" });
    const page = await context.newPage();
    const sizes: Promise<number>[] = [];
    page.on("response", (response) => {
      if (response.request().resourceType() !== "script") return;
      sizes.push(response.body().then((body) => gzipSync(body, { level: 9 }).length));
    });
    await page.addInitScript(() => {
      const seen = { shift: 0, files: [] as string[] };
      Object.assign(globalThis, { seen });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
          seen.shift += (entry as unknown as { value: number }).value;
        }
      }).observe({ type: "layout-shift", buffered: true });
      const observer = new MutationObserver(() => {
        if (document.querySelector(".drop-zone button") === null) return;
        observer.disconnect();
        const loaded = performance.getEntriesByType("resource");
        seen.files = loaded.map(({ name }) => new URL(name).pathname);
      });
      observer.observe(document, { childList: true, subtree: true });
    });
    await page.goto(serverUrl, { waitUntil: "commit" });
    await page.locator(".drop-zone button").first().waitFor();
    await page.waitForLoadState("load");
    // Time for late layout shifts.
    await page.waitForTimeout(500);
    const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    const { shift, files } = await page.evaluate(
      () => (globalThis as unknown as { seen: { shift: number; files: string[] } }).seen,
    );
    const needed = files.filter((file) => /\.(?:js|css)$/.test(file));
    console.info(`${locale}: ${bytes} bytes of scripts, ${needed.length} files, shift ${shift}`);
    const named = [...(await firstFiles(locale)), "/too-old.js"];
    expect(needed.filter((file) => !named.includes(file))).toEqual([]);
    expect(needed.length).toBeGreaterThan(5);
    expect(needed.length).toBeLessThanOrEqual(MOST_FIRST_FILES);
    expect(bytes).toBeLessThan(MOST_SCRIPT_BYTES);
    expect(shift).toBeLessThanOrEqual(MOST_SHIFT);
    await context.close();
  },
);
