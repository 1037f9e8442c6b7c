import { createHash } from "node:crypto";
import { openAsBlob } from "node:fs";
import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { loadFfmpegCore, nodeRemuxer } from "../../edge/container/node-remuxer.ts";
import { launchBrowser, openBlankPage } from "../../web/headless/browser.ts";
import { copies, cut, open } from "../ingest/cut-and-decode.ts";
import { type SourceName, source } from "../ingest/fixtures.ts";

let browser: Browser;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

/** What a page read of a picked file. */
interface Made {
  frames: number;
  container: string;
  remuxed: boolean;
  chunks: string[];
}

const SOURCES = [
  "b-frames.mp4",
  "open-gop.ts",
  "flv.flv",
  "mpeg4-b.avi",
  "mpeg2.vob",
  "wmv2.wmv",
] as const;

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
    return opening.then(
      () => "opened",
      (error: Error) => error.name,
    );
  });
  expect(outcome).toBe("AbortError");
  await expect.poll(() => page.workers().length).toBe(0);
  await page.close();
});

// In a tab @ffmpeg/ffmpeg runs the core. In Node our own adapter runs it.
test.each<SourceName>(["flv.flv", "mpeg4-b.avi", "realvideo.rm"])(
  "%s is rewritten to the same bytes in a browser as in Node",
  async (name) => {
    const path = await source(name);
    const { signal } = new AbortController();
    const request = { copy: "everything" } as const;
    const inNode = await nodeRemuxer(path, copies)(
      await openAsBlob(path),
      await loadFfmpegCore(),
      request,
      { signal },
    );
    const bytes = new Uint8Array((await inNode.file?.arrayBuffer()) ?? []);
    expect(bytes).not.toHaveLength(0);

    const page = await pageWithFile(path);
    const made = await page.evaluate(async (request) => {
      const { remux } =
        await load<typeof import("../../web/holder/ingest/remux.ts")>("/holder/ingest/remux.ts");
      const { loadFfmpegCore } =
        await load<typeof import("../../web/encoder/ffmpeg-core.ts")>("/encoder/ffmpeg-core.ts");
      const file = document.querySelector("input")?.files?.[0];
      if (file === undefined) throw new Error("no file");
      const { signal } = new AbortController();
      const { file: copy, ...rest } = await remux(file, await loadFfmpegCore(), request, {
        signal,
      });
      const digest = await crypto.subtle.digest(
        "SHA-256",
        (await copy?.arrayBuffer()) ?? new ArrayBuffer(0),
      );
      return { rest, digest: [...new Uint8Array(digest)] };
    }, request);
    const { file: _, ...rest } = inNode;
    const digest = [...createHash("sha256").update(bytes).digest()];
    expect(made).toEqual({ rest, digest });
    await page.close();
  },
);

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
