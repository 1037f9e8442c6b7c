import type { Browser } from "playwright";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { launchBrowser, openBlankPage } from "../../web/headless/browser.ts";

let browser: Browser;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

test("the core is served compressed, inflates to a module, and loads", async () => {
  const page = await openBlankPage(browser, inject("serverUrl"));
  const loaded = await page.evaluate(async () => {
    const core = await load<typeof import("virtual:ffmpeg-assets")>("/@id/virtual:ffmpeg-assets");
    const response = await fetch(core.coreWasmGzUrl);
    if (!response.body) throw new Error("no body");
    const wasmBinary = await new Response(
      response.body.pipeThrough(new DecompressionStream("gzip")),
    ).arrayBuffer();
    interface Core {
      exec(...argv: string[]): number;
    }
    const { default: createCore } = await load<{
      default: (options: { wasmBinary: ArrayBuffer }) => Promise<Core>;
    }>(core.coreJsUrl);
    const instance = await createCore({ wasmBinary });
    return {
      sizeIsTold: wasmBinary.byteLength === core.coreWasmSizeBytes,
      status: instance.exec("-version"),
    };
  });
  expect(loaded).toEqual({ sizeIsTold: true, status: 0 });
});
