import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { launchBrowser } from "../../web/headless/browser.ts";
import type { OwnerTab } from "../../web/headless/owner-tab.ts";
import type { ShownState } from "../../web/pages/upload/shown-state.ts";
import { insertIntoOwner, LOCAL_SCRIPTS } from "./owner-script.ts";

// In a browser that lacks a feature, each page says so in one sentence and offers what still works.

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser(LOCAL_SCRIPTS);
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

/** Scripts that remove a feature before the page's own scripts run. */
const LACKS = {
  "promises of 2024": "delete Promise.withResolvers",
  "signals of 2023": "delete AbortSignal.any",
  workers: "delete globalThis.Worker",
  // As before 2023: `Worker` ignores its options.
  "module workers":
    "const Real = Worker; globalThis.Worker = function (address) { return new Real(address); }",
  WebCodecs:
    "for (const name of ['VideoDecoder', 'VideoEncoder', 'AudioDecoder']) delete globalThis[name]",
  // Missing on plain http.
  keys: "delete Crypto.prototype.subtle",
  // Missing in the lockdown mode of iPhones.
  WebAssembly: "delete globalThis.WebAssembly",
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
        // These pages play and list videos without workers.
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

test("where the scripts cannot even be read", async () => {
  const page = await browser.newPage();
  await page.route(/assets\/index-[^/]*\.js/, (route) =>
    route.fulfill({ contentType: "text/javascript", body: "class { syntax of 2040 }" }),
  );
  await page.goto(serverUrl);
  const alert = page.getByRole("alert");
  await alert.waitFor();
  expect(await alert.textContent()).toMatch(/^This browser is too old for this page\. Update it/);
  await page.close();
});

test("a pool's page says that it needs https, before anybody joins", async () => {
  const page = await browser.newPage();
  await page.addInitScript(LACKS.keys);
  await page.goto(`${serverUrl}/pool/some#token`);
  const alert = page.getByRole("alert");
  await alert.waitFor();
  expect(await alert.textContent()).toMatch(/only over https/);
  await page.close();
});

test("without WebAssembly a site without servers takes no file, and one with servers says who does the work", async () => {
  const page = await browser.newPage();
  await page.addInitScript(LACKS.WebAssembly);
  let servers = false;
  await page.route("**/api/site", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), servers } });
  });
  await page.goto(serverUrl);
  const alert = page.getByRole("alert").filter({ hasText: /\S/ });
  expect(await alert.textContent()).toMatch(
    /^This browser cannot make videos, because WebAssembly/,
  );
  expect(await page.locator("input[type=file], button").count()).toBe(0);
  servers = true;
  await page.reload();
  await page.getByText(/This browser cannot prepare it, so your file is uploaded/).waitFor();
  await page.getByText("Choose a video", { exact: true }).waitFor();
  await page.close();
});

test("without WebCodecs the upload page says before the pick that it takes longer", async () => {
  const page = await opened("upload", "WebCodecs");
  await page.getByText(/This browser has no fast encoder for pages/).waitFor();
  await page.close();
});

/** For the owner's worker: an encoder that shifts all colours a little, like one that uses the wrong colour matrix. */
const WRONG_COLOURS = `
  const encode = VideoEncoder.prototype.encode;
  VideoEncoder.prototype.encode = function (frame, options) {
    const { displayWidth, displayHeight, timestamp, duration } = frame;
    const canvas = new OffscreenCanvas(displayWidth, displayHeight);
    const context = canvas.getContext("2d");
    context.filter = "hue-rotate(25deg)";
    context.drawImage(frame, 0, 0);
    const turned = new VideoFrame(canvas, { timestamp, duration: duration ?? 0 });
    encode.call(this, turned, options);
    turned.close();
  };`;

/** For the owner's worker: an encoder that accepts the default ladder, but refuses the 144p that the test asks for. */
const NO_SMALL_PICTURES = `
  const configure = VideoEncoder.prototype.configure;
  VideoEncoder.prototype.configure = function (config) {
    if (config.height === 144) throw new DOMException("Too small.", "NotSupportedError");
    configure.call(this, config);
  };`;

test.each([
  ["has no codecs", LACKS.WebCodecs, "NO_WEBCODECS"],
  ["changes colours", WRONG_COLOURS, "COLOURS_WRONG"],
  ["encodes no such picture", NO_SMALL_PICTURES, "NO_ENCODER"],
])(
  "where the browser %s x264 is promised, and why, and makes the video",
  async (_, script, code) => {
    const page = await browser.newPage();
    await insertIntoOwner({ page } as OwnerTab, script);
    await page.goto(`${serverUrl}/?ladder=144:140`);
    await page.getByRole("button", { name: /sample clip/i }).click();
    const inspection = () =>
      page.evaluate(() => {
        type Shown = { tributary?: { state: ShownState } };
        return (globalThis as unknown as Shown).tributary?.state.inspection ?? null;
      });
    await expect
      .poll(inspection)
      .toMatchObject({ pictureEngine: "ffmpeg-wasm", fastRefusalCode: code });
    await page.getByRole("button", { name: "Start", exact: true }).click();
    const ended = await page.waitForFunction(
      () => {
        type Shown = { tributary: { state: ShownState } };
        const { state } = (globalThis as unknown as Shown).tributary;
        return ["ready", "failed"].includes(state.phase) ? state : null;
      },
      null,
      { timeout: 120_000 },
    );
    expect(await ended.jsonValue()).toMatchObject({ phase: "ready" });
    await page.close();
  },
);
