import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Page } from "playwright";
import { root, startServer } from "../../edge/local/server.ts";
import { launchBrowser, openBlankPage } from "../../web/headless/browser.ts";

/** A clip encoded at one rate by the browser's encoder, through the product's own engine. */
export interface Recording {
  clipPath: string;
  kilobitsPerSecond: number;
}

const DIR = join(root, ".cache/bench/judge");

/** Largest short side of the rendition, which keeps the source's shape. */
export const SHORT_SIDE = 360;

/** Path of a recording that `record` makes. The clip's folder is named after its recipe. */
export function recordedPath({ clipPath, kilobitsPerSecond }: Recording): string {
  const recipe = basename(join(clipPath, ".."));
  return join(DIR, `${recipe}-${kilobitsPerSecond}k.mp4`);
}

/** Makes the recordings that are missing, in a Chromium with the served app. */
export async function record(wanted: readonly Recording[], signal: AbortSignal): Promise<void> {
  const missing = wanted.filter((each) => !existsSync(recordedPath(each)));
  if (missing.length === 0) return;
  await mkdir(DIR, { recursive: true });
  const stateDir = await mkdtemp(join(tmpdir(), "tributary-judge-"));
  const server = await startServer({ mode: "dev", stateDir, containerUrl: null });
  const browser = await launchBrowser();
  try {
    const page = await openBlankPage(browser, server.url);
    for (const each of missing) {
      signal.throwIfAborted();
      const bytes = await encodedInPage(page, each);
      await writeFile(`${recordedPath(each)}.part`, bytes);
      await rename(`${recordedPath(each)}.part`, recordedPath(each));
    }
  } finally {
    await browser.close();
    await server.stop();
    await rm(stateDir, { recursive: true, force: true });
  }
}

async function encodedInPage(
  page: Page,
  { clipPath, kilobitsPerSecond }: Recording,
): Promise<Buffer> {
  await page.route("**/judged.mp4", (route) => route.fulfill({ path: clipPath }));
  const base64 = await page.evaluate(
    async ({ kilobitsPerSecond, most }) => {
      const { openSource } = await load<typeof import("../../web/holder/ingest/source.ts")>(
        "/holder/ingest/source.ts",
      );
      const { WebCodecsEngine } = await load<
        typeof import("../../web/encoder/engines/webcodecs.ts")
      >("/encoder/engines/webcodecs.ts");
      const signal = new AbortController().signal;
      const blob = await (await fetch("/judged.mp4")).blob();
      const source = await openSource(new File([blob], "judged.mp4"), { signal });
      const facts = source.planJob([{ shortSide: 144, kilobitsPerSecond }]).source.video;
      const shortSide = Math.min(most, facts.displayWidth, facts.displayHeight);
      const { withBrowserSets } = await load<typeof import("../../web/encoder/browser-sets.ts")>(
        "/encoder/browser-sets.ts",
      );
      const plan = await withBrowserSets(source.planJob([{ shortSide, kilobitsPerSecond }]));
      const parts: Uint8Array[] = [];
      for (const task of plan.tasks.filter(({ kind }) => kind === "video")) {
        const end = task.firstSegment + task.segmentCount;
        const segments = plan.segments.slice(task.firstSegment, end);
        const grant = { task, segments, renditions: plan.video, source: plan.source };
        const { info, bytes } = await source.cutChunk(grant, signal);
        const chunk = new Uint8Array(bytes);
        const { outputs } = await new WebCodecsEngine().transcode({ grant, info, chunk }, () => {});
        const made = outputs.filter(({ kind }) => kind === "media" || parts.length === 0);
        parts.push(...made.map((output) => output.bytes));
      }
      source.close();
      let binary = "";
      for (const part of parts) for (const byte of part) binary += String.fromCharCode(byte);
      return btoa(binary);
    },
    { kilobitsPerSecond, most: SHORT_SIDE },
  );
  await page.unroute("**/judged.mp4");
  return Buffer.from(base64, "base64");
}
