import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "hls-parser";
import { transcodeJob } from "../../web/headless/transcode-job.ts";
import { ladderText } from "./clips.ts";
import type { Contestant, MadeRendition } from "./contestant.ts";

/** Tabs and settings of a run of Tributary. */
export interface Tabs {
  name: string;
  /** Number of encoders of the owner's tab; null: the page's own choice. */
  slots: number | null;
  /** Number of contributors' tabs, with one encoder each. */
  contributors: number;
  verify: "adaptive" | "off";
  /** Seconds between the end of the inspection and the press on "Start". Default: none. */
  lookSeconds?: number;
}

const OWNER_ALONE: Tabs = { name: "", slots: null, contributors: 0, verify: "adaptive" };

/** A person reads the page before pressing "Start". The two seconds count as time of the run. */
export const LOOKED_AT: Tabs = { ...OWNER_ALONE, name: ", Start after 2 s", lookSeconds: 2 };

/**
 * Tabs with one encoder each; joining and downloads count as time of the run. Not verified: in a short clip the
 * audits of a new contributor would be most of the work.
 */
export const ONE_TAB: Tabs = { name: ", one tab", slots: 1, contributors: 0, verify: "off" };
export const TWO_TABS: Tabs = { name: ", two tabs", slots: 1, contributors: 1, verify: "off" };

/**
 * The whole job through the real page and edge, from the pick to "ready": audio, hashes, uploads, gate
 * and playlists included. A running server is named by TRIBUTARY_URL.
 */
export function tributary(
  engine: "ffmpeg" | "webcodecs",
  { name, slots, contributors, verify, lookSeconds }: Tabs = OWNER_ALONE,
): Contestant {
  return {
    name: `Tributary ${engine}${name}`,
    async run(clip, outDir, signal) {
      const report = await transcodeJob(
        {
          file: clip.path,
          outDir,
          engine,
          contributors,
          verify,
          ladder: ladderText(clip.ladder),
          slots,
          lookSeconds: lookSeconds ?? null,
          json: true,
        },
        signal,
        () => {},
      );
      const { readyMs } = report.times;
      if (report.error !== null || readyMs === null) {
        throw new Error(`${report.error?.code}: ${report.error?.message}`);
      }
      return {
        wallMs: readyMs,
        firstPlayableMs: report.times.firstPlayableMs,
        firstPlayableAfterStartMs: report.times.firstPlayableAfterStartMs,
        downloadedBytes: report.bytesDownloaded,
        renditions: await renditionsIn(
          outDir,
          clip.ladder.map(({ shortSide }) => shortSide),
        ),
        details: {
          times: report.times,
          engines: report.engines,
          poolBusyShare: report.poolBusyShare,
          tabMemory: report.tabMemory,
          makers: report.makers,
          failedAttempts: report.tasks.reduce((sum, { attempts }) => sum + attempts, 0),
        },
      };
    },
  };
}

/** The media playlists that a multivariant playlist lists, told apart by the short side of their RESOLUTION. */
async function renditionsIn(dir: string, wanted: readonly number[]): Promise<MadeRendition[]> {
  const master = parse(await readFile(join(dir, "master.m3u8"), "utf8"));
  const variants = master.isMasterPlaylist ? master.variants : [];
  const found = new Map<number, string>();
  for (const { uri, resolution, isIFrameOnly } of variants) {
    if (isIFrameOnly === true || resolution === undefined) continue;
    found.set(Math.min(resolution.width, resolution.height), join(dir, uri));
  }
  return wanted.map((shortSide) => {
    const input = found.get(shortSide);
    if (input === undefined) throw new Error(`There is no rendition of ${shortSide} lines.`);
    return { shortSide, input };
  });
}
