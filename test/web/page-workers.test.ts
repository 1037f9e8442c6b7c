import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, beforeEach, expect, inject, test } from "vitest";
import { launchBrowser, openBlankPage } from "../../web/headless/browser.ts";

// Workers that a page starts for a worker (web/worker-host.ts), as in Firefox; the tests use its user agent. Their
// messages and their ends reach the worker that asked for them.

let browser: Browser;
let page: Page;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());
beforeEach(async () => {
  const userAgent = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0";
  const serverUrl = inject("serverUrl");
  page = await openBlankPage(browser, serverUrl, { userAgent });
  await page.route(`${serverUrl}/*.worker.js`, (route) => {
    const body = WORKERS[new URL(route.request().url()).pathname];
    return body === undefined ? route.abort() : route.fulfill({ ...SCRIPT, body });
  });
});

const SCRIPT = { contentType: "text/javascript" };

const WORKERS: Record<string, string> = {
  // Starts a worker for each address that it gets, and reports its messages and its end.
  "/asking.worker.js": `import { useWorkersOfPage } from "/holder/page-workers.ts";
    useWorkersOfPage();
    self.addEventListener("message", ({ data: { address, message, bytes } }) => {
      const child = new Worker(address, { type: "module" });
      child.onmessage = ({ data }) => self.postMessage({ heard: data });
      child.addEventListener("error", (event) => {
        const isCrash = event instanceof ErrorEvent;
        self.postMessage({ heard: isCrash ? "crash: " + event.message : "not loaded" });
      });
      if (message === "end") child.terminate();
      else child.postMessage({ message, bytes }, [bytes]);
    });`,
  "/made.worker.js": `import "/encoder/adopted.ts";
    self.addEventListener("message", ({ data: { message, bytes } }) => {
      if (message === "throw") throw new Error("thrown by the test");
      self.postMessage({ message, bytes }, { transfer: [bytes] });
      self.postMessage(bytes.byteLength);
    });`,
};

/** The first messages that the asking worker gets from a worker that it started, in order. */
async function heard(address: string, message: string, count: number): Promise<unknown[]> {
  return page.evaluate(
    async ({ address, message, count }) => {
      const { hostWorkersOf } =
        await load<typeof import("../../web/worker-host.ts")>("/worker-host.ts");
      const asking = hostWorkersOf(new Worker("/asking.worker.js", { type: "module" }));
      Object.assign(globalThis, { asking });
      const all: unknown[] = [];
      const done = new Promise<void>((resolve) => {
        asking.addEventListener("message", ({ data }: MessageEvent) => {
          if (data.heard !== undefined) all.push(data.heard);
          if (all.length === count) resolve();
        });
      });
      asking.postMessage({ address, message, bytes: new ArrayBuffer(1000) });
      if (count > 0) await done;
      return all;
    },
    { address, message, count },
  );
}

const running = (): string[] => page.workers().map((worker) => new URL(worker.url()).pathname);

test("messages go both ways, and what is transferred is", async () => {
  const [echo, left] = await heard("/made.worker.js", "hello", 2);
  expect(echo).toEqual({ message: "hello", bytes: expect.anything() });
  expect(left).toBe(0);
});

test("what it throws is told", async () => {
  expect(await heard("/made.worker.js", "throw", 1)).toEqual([
    expect.stringContaining("thrown by the test"),
  ]);
});

test("a script that is not there is told", async () => {
  expect(await heard("/gone.worker.js", "hello", 1)).toEqual(["not loaded"]);
});

test("it ends with the worker that started it, or before", async () => {
  await heard("/made.worker.js", "hello", 2);
  expect(running()).toContain("/made.worker.js");
  await page.evaluate(() => (globalThis as unknown as { asking: Worker }).asking.terminate());
  await expect.poll(running).toEqual([]);

  await heard("/made.worker.js", "end", 0);
  await expect.poll(running).toEqual(["/asking.worker.js"]);
});
