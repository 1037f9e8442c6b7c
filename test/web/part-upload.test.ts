import type { Browser } from "playwright";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { launchBrowser, openBlankPage } from "../../web/headless/browser.ts";

// Uploads of whole files from a page, with the client that programs and pages use.

const serverUrl = inject("serverUrl");
let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

test("a part that is swallowed on its way is given up when nothing moves, and sent again", async () => {
  const page = await openBlankPage(browser, serverUrl);
  let puts = 0;
  let swallowed = 0;
  await page.route("**/cdn-cgi/local/r2/**", async (route) => {
    puts += route.request().method() === "PUT" ? 1 : 0;
    if (puts === 2 && swallowed === 0) swallowed += 1;
    else await route.continue();
  });
  await page.clock.install();
  const upload = page.evaluate(async () => {
    const { EdgeClient } = await load<typeof import("../../web/edge-client.ts")>("/edge-client.ts");
    const file = new File([new Uint8Array(20 * 1024 ** 2)], "zeros.bin");
    const onProgress = (sentBytes: number) => Object.assign(globalThis, { sentBytes });
    return new EdgeClient(location.origin).upload(file, { onProgress });
  });
  let handle: string | null = null;
  void upload.then((done) => {
    handle = done;
  });
  // Waits for the other parts, because the clock now moves faster than the upload.
  const sentBytes = () => page.evaluate(() => Reflect.get(globalThis, "sentBytes"));
  await expect.poll(sentBytes).toBeGreaterThanOrEqual(12 * 1024 ** 2);
  await page.clock.runFor(20_000);
  expect([puts, handle]).toEqual([3, null]);
  await page.clock.runFor(20_000);
  await expect.poll(() => handle).not.toBeNull();
  expect([puts, swallowed]).toEqual([4, 1]);
  await page.close();
});
