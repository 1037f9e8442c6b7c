import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { EdgeClient } from "../../web/edge-client.ts";
import { copyPlaylists } from "../../web/headless/copy-playlists.ts";
import type { ShownState } from "../../web/pages/upload/shown-state.ts";
import { expectExactPictures } from "../e2e/exact-video.ts";
import { compareColours } from "../exactness/plane-likeness.ts";
import { readPlaylistFolder } from "../exactness/playlist-folder.ts";
import { type BrowserTab, waitFor } from "./tab.ts";

/** Drives the upload page in any browser by its own buttons. What the page shows is read from `tributary.state`. */

type Shown = { tributary?: { state: ShownState } };

/** Long enough for a browser that starts codecs on a busy machine. */
const READ_MS = 60_000;
const MAKE_MS = 240_000;

/** Opens the page. @param query query string of the page's address, e.g. `ladder=240:300&slots=2` */
export async function openUpload(tab: BrowserTab, serverUrl: string, query: string): Promise<void> {
  await tab.goto(`${serverUrl}/?${query}`);
  // The page's state exists before the page is drawn.
  await waitFor(
    tab,
    () => "tributary" in globalThis && document.querySelector("input[type=file]") !== null,
    null,
    READ_MS,
  );
}

/**
 * Picks a file and waits until the page has read it.
 * @throws Error with the page's own error where the file is refused
 */
export async function inspect(tab: BrowserTab, file: string): Promise<ShownState> {
  await tab.pickFile(file);
  const state = await inPhase(tab, ["inspected", "failed"], READ_MS);
  if (state.phase === "failed") throw new Error(JSON.stringify(state.error));
  return state;
}

/** Waits until the page is in one of the phases. @returns its state then */
export async function inPhase(
  tab: BrowserTab,
  phases: readonly ShownState["phase"][],
  timeoutMs = MAKE_MS,
): Promise<ShownState> {
  const text = await waitFor(
    tab,
    (wanted) => {
      const state = (globalThis as unknown as Shown).tributary?.state;
      return state !== undefined && wanted.includes(state.phase) ? JSON.stringify(state) : null;
    },
    phases,
    timeoutMs,
  );
  return JSON.parse(text) as ShownState;
}

/** Clicks a button or a choice by its text, once it is there. */
export async function click(tab: BrowserTab, text: string): Promise<void> {
  await waitFor(
    tab,
    (text) => {
      const all = [...document.querySelectorAll<HTMLElement>("button, label, summary")];
      const found = all.find(
        (each) =>
          (each.textContent ?? "").trim().startsWith(text) &&
          !(each as HTMLButtonElement).disabled &&
          each.getClientRects().length > 0,
      );
      found?.click();
      return found !== undefined;
    },
    text,
    READ_MS,
  );
}

/** Chooses x264 once the choice can be made, and waits until the file was planned anew. */
export async function chooseBest(tab: BrowserTab): Promise<void> {
  await waitFor(
    tab,
    () => {
      const { state } = (globalThis as unknown as { tributary: { state: ShownState } }).tributary;
      if (state.inspection?.pictureEngine === "ffmpeg-wasm") return true;
      const labels = [...document.querySelectorAll("label")];
      const label = labels.find((each) => each.textContent?.trim().startsWith("Best quality"));
      const input = label?.querySelector("input");
      if (input && !input.disabled && !input.checked) input.click();
      return false;
    },
    null,
    READ_MS,
  );
}

/**
 * Starts the inspected video and waits for its end.
 * @throws Error with the page's own error unless the video is ready
 */
export async function makeVideo(tab: BrowserTab): Promise<ShownState> {
  await click(tab, "Start");
  const ended = await inPhase(tab, ["ready", "failed", "cancelled"]);
  if (ended.phase !== "ready") throw new Error(JSON.stringify(ended.error));
  return ended;
}

/** Engines that made the accepted video segments, without repeats, as the edge reports them to the owner. */
export async function pictureEngines(
  tab: BrowserTab,
  { masterUrl, jobId }: ShownState,
): Promise<string[]> {
  const ownerToken = await tab.evaluate(
    (id) => JSON.parse(localStorage.getItem("tributary.owned") ?? "{}")[id] as string,
    jobId ?? "",
  );
  const edge = new EdgeClient(new URL(masterUrl ?? "").origin);
  const { segments } = await edge.jobStatus(jobId ?? "", ownerToken);
  const made = segments.filter(({ rendition }) => rendition.startsWith("v"));
  if (made.length === 0) throw new Error("No picture was accepted.");
  return [...new Set(made.map(({ engine }) => engine))].sort();
}

/** How far the colours of a video are from its source's: the worst of all renditions and planes. */
export interface ColourFigures {
  /** Difference between the means of a plane, in 8-bit levels. */
  levels: number;
  /** PSNR of Y, U and V, in dB. */
  psnrDb: [number, number, number];
}

/**
 * Frames, times and colours of a finished video by native ffmpeg: each source frame once, each plane's
 * mean within a level of the source's.
 */
export async function expectRightVideo(state: ShownState, source: string): Promise<ColourFigures> {
  const { masterUrl, inspection } = state;
  if (masterUrl === null || inspection === null) throw new Error("There is no video.");
  const dir = await mkdtemp(join(tmpdir(), "tributary-browsers-"));
  const figures: ColourFigures = { levels: 0, psnrDb: [99, 99, 99] };
  try {
    await copyPlaylists(masterUrl, dir, new AbortController().signal);
    await expectExactPictures({ dir, status: { renditions: inspection.video } }, { source });
    const folder = await readPlaylistFolder(dir);
    for (const { name, path } of folder.video) {
      const size = inspection.video.find(({ id }) => id === name);
      if (size === undefined) throw new Error(`${name} was not planned.`);
      const { planes } = await compareColours(path, source, size);
      planes.forEach(({ plane, sourceMean, madeMean, psnrDb }, index) => {
        const levels = Math.abs(sourceMean - madeMean);
        expect(levels, `${name} ${plane}: mean`).toBeLessThan(1);
        expect(psnrDb, `${name} ${plane}: PSNR`).toBeGreaterThan(30);
        figures.levels = Math.max(figures.levels, levels);
        figures.psnrDb[index] = Math.min(figures.psnrDb[index] ?? 99, psnrDb);
      });
    }
    return figures;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Plays a part of the page's video. @returns how far it came, and the size of its frames */
export async function play(
  tab: BrowserTab,
  fromSeconds: number,
  forSeconds: number,
): Promise<{ played: number; width: number }> {
  await waitFor(tab, () => (document.querySelector("video")?.readyState ?? 0) >= 2, null, READ_MS);
  await tab.evaluate(async (from) => {
    const video = document.querySelector("video");
    if (video === null) return;
    video.muted = true;
    await video.play();
    if (from > 0) video.currentTime = from;
  }, fromSeconds);
  const until = fromSeconds + forSeconds;
  return waitFor(
    tab,
    (until) => {
      const video = document.querySelector("video");
      if (video === null || video.currentTime < until) return null;
      return { played: video.currentTime, width: video.videoWidth };
    },
    until,
    READ_MS,
  );
}
