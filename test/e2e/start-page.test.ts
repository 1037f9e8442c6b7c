import { gzipSync } from "node:zlib";
import { type Browser, devices } from "playwright";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { launchBrowser } from "../../web/headless/browser.ts";

const serverUrl = inject("serverUrl");

/** Of scripts, as they go over the wire, before anything is picked. */
const MOST_SCRIPT_BYTES = 150_000;
const MOST_SHIFT = 0.05;
/** As Lighthouse has it of a good connection by phone: 10 Mbit/s, and 40 ms to the server and back. */
const PHONE_NETWORK = { latency: 40, downloadThroughput: 1.25e6, uploadThroughput: 1.25e6 };

let browser: Browser;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

test.each(["en", "de", "ar"])(
  "the start page is small, soon there and still, in %s",
  async (locale) => {
    const { defaultBrowserType, ...phone } = devices["Pixel 7"];
    const context = await browser.newContext({ ...phone, locale, serviceWorkers: "block" });
    const page = await context.newPage();
    const devtools = await context.newCDPSession(page);
    await devtools.send("Network.enable");
    await devtools.send("Network.emulateNetworkConditions", { offline: false, ...PHONE_NETWORK });
    const sizes: Promise<number>[] = [];
    page.on("response", (response) => {
      if (response.request().resourceType() !== "script") return;
      sizes.push(response.body().then((body) => gzipSync(body, { level: 9 }).length));
    });
    await page.addInitScript(() => {
      const seen = { shift: 0 };
      Object.assign(globalThis, { seen });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
          seen.shift += (entry as unknown as { value: number }).value;
        }
      }).observe({ type: "layout-shift", buffered: true });
    });
    await page.goto(serverUrl, { waitUntil: "commit" });
    await page.locator(".drop-zone button").first().waitFor();
    const usableMs = await page.evaluate(() => performance.now());
    await page.waitForLoadState("load");
    // Whatever moves late moves by then.
    await page.waitForTimeout(500);
    const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    const shift = await page.evaluate(
      () => (globalThis as unknown as { seen: { shift: number } }).seen.shift,
    );
    console.info(
      `${locale}: ${bytes} bytes of scripts, usable after ${Math.round(usableMs)} ms, shift ${shift}`,
    );
    expect(bytes).toBeLessThan(MOST_SCRIPT_BYTES);
    expect(shift).toBeLessThanOrEqual(MOST_SHIFT);
    // A busy machine is slower than a phone: the figure above is the one to read.
    expect(usableMs).toBeLessThan(5_000);
    await context.close();
  },
);
