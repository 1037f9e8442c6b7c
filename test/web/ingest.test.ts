import { createHash } from "node:crypto";
import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { launchBrowser, openBlankPage } from "../../web/headless/browser.ts";
import { cut, open } from "../ingest/cut-and-decode.ts";
import { type SourceName, source } from "../ingest/fixtures.ts";

let browser: Browser;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

/** What a page makes of a picked file: frames found, and the hash of each chunk. */
interface Made {
  frames: number;
  container: string;
  remuxed: boolean;
  chunks: string[];
}

const SOURCES = ["b-frames.mp4", "open-gop.ts", "flv.flv", "mpeg2.vob", "wmv2.wmv"] as const;

test.each<SourceName>(SOURCES)("%s gives the same chunks in a browser as in Node", async (name) => {
  const path = await source(name);
  const expected = await open(path);
  const plan = expected.planJob();
  const chunks: string[] = [];
  for (const task of plan.tasks) {
    const { bytes } = await cut(expected, plan, task);
    chunks.push(createHash("sha256").update(new Uint8Array(bytes)).digest("hex"));
  }
  const { frames } = expected.facts.video;
  const { container } = expected.facts;
  expected.close();

  const page = await pageWithFile(path);
  const made: Made = await page.evaluate(openAndCut);
  expect(made).toEqual({ frames, container, remuxed: expected.remuxed, chunks });
  await page.close();
});

test("giving up while ffmpeg reads the file ends its worker at once", async () => {
  const page = await pageWithFile(await source("flv.flv"));
  const outcome = await page.evaluate(async () => {
    const { openSource } = await load<typeof import("../../web/holder/ingest/source.ts")>(
      "/holder/ingest/source.ts",
    );
    const { loadFfmpegCore } =
      await load<typeof import("../../web/encoder/ffmpeg-core.ts")>("/encoder/ffmpeg-core.ts");
    const file = document.querySelector("input")?.files?.[0];
    if (file === undefined) throw new Error("no file");
    const abort = new AbortController();
    const core = await loadFfmpegCore();
    const opening = openSource(file, {
      signal: abort.signal,
      loadFfmpeg: async () => {
        setTimeout(() => abort.abort(), 30);
        return core;
      },
    });
    const startMs = performance.now();
    const name = await opening.then(
      () => "opened",
      (error: Error) => error.name,
    );
    return { name, ms: performance.now() - startMs };
  });
  expect(outcome.name).toBe("AbortError");
  expect(outcome.ms).toBeLessThan(5000);
  await expect.poll(() => page.workers().length).toBe(0);
  await page.close();
});

async function pageWithFile(path: string): Promise<Page> {
  const page = await openBlankPage(browser, inject("serverUrl"));
  await page.evaluate(() => {
    document.body.innerHTML = '<input type="file">';
  });
  await page.setInputFiles("input", path);
  return page;
}

/** Runs in the page. */
async function openAndCut(): Promise<Made> {
  const { openSource } = await load<typeof import("../../web/holder/ingest/source.ts")>(
    "/holder/ingest/source.ts",
  );
  const { loadFfmpegCore } =
    await load<typeof import("../../web/encoder/ffmpeg-core.ts")>("/encoder/ffmpeg-core.ts");
  const file = document.querySelector("input")?.files?.[0];
  if (file === undefined) throw new Error("no file");
  const { signal } = new AbortController();
  const opened = await openSource(file, { signal, loadFfmpeg: loadFfmpegCore });
  const plan = opened.planJob();
  const chunks: string[] = [];
  for (const task of plan.tasks) {
    const segments = plan.segments.slice(task.firstSegment, task.firstSegment + task.segmentCount);
    const renditions = [...plan.video, ...plan.audio].filter(({ id }) =>
      task.renditions.includes(id),
    );
    const { bytes } = await opened.cutChunk({ task, segments, renditions }, signal);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    chunks.push(Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join(""));
  }
  const { container, video } = opened.facts;
  opened.close();
  return { frames: video.frames, container, remuxed: opened.remuxed, chunks };
}
