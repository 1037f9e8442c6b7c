import type { ContestantRun } from "./contestant.ts";
import type { RenditionQuality } from "./quality.ts";

/** All runs of one contestant on one clip. */
export interface Entry {
  clip: string;
  contestant: string;
  durationSeconds: number;
  runs: Pick<ContestantRun, "wallMs" | "firstPlayableMs" | "details">[];
  /** Of the first run. */
  quality: RenditionQuality[];
  /** Why there is no run, or fewer than asked. */
  failure: string | null;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

export interface Goal {
  contestant: string;
  peer: string;
  /** Median wall of the contestant over the peer's, at most. */
  most: number;
}

/** What a change must not spoil; those of the first playable moment are in `FIRST_PLAYABLE_SHARE`. */
export const GOALS: readonly Goal[] = [
  { contestant: "Tributary webcodecs", peer: "native ffmpeg", most: 0.5 },
  { contestant: "Tributary webcodecs", peer: "mediabunny Conversion", most: 0.6 },
  { contestant: "Tributary ffmpeg", peer: "ffmpeg.wasm core-mt", most: 0.9 },
  { contestant: "Tributary ffmpeg", peer: "ffmpeg.wasm core", most: 0.53 },
  // 1.8 times the throughput.
  { contestant: "Tributary ffmpeg, two tabs", peer: "Tributary ffmpeg, one tab", most: 0.56 },
];

/** First playable moment over the whole, at most. */
const FIRST_PLAYABLE_SHARE = 0.25;

export interface Ratio extends Goal {
  clip: string;
  ratio: number;
}

export function ratios(entries: readonly Entry[]): Ratio[] {
  return entries.flatMap((entry) =>
    GOALS.flatMap((goal) => {
      const peer = entries.find(
        ({ clip, contestant }) => clip === entry.clip && contestant === goal.peer,
      );
      if (entry.contestant !== goal.contestant || peer === undefined) return [];
      const ratio = medianWallMs(entry) / medianWallMs(peer);
      return Number.isFinite(ratio) ? [{ ...goal, clip: entry.clip, ratio }] : [];
    }),
  );
}

export function medianWallMs({ runs }: Entry): number {
  return median(runs.map(({ wallMs }) => wallMs));
}

export function medianFirstPlayableMs({ runs }: Entry): number | null {
  const all = runs.flatMap(({ firstPlayableMs }) => firstPlayableMs ?? []);
  return all.length === 0 ? null : median(all);
}

/** Markdown, so that it can be pasted where people read it. */
export function describeResults(entries: readonly Entry[]): string {
  const clips = [...new Set(entries.map(({ clip }) => clip))];
  const blocks = clips.flatMap((clip) => {
    const own = entries.filter((entry) => entry.clip === clip);
    const reached = ratios(own).map(
      ({ contestant, peer, ratio, most }) =>
        `- ${contestant} / ${peer}: ${ratio.toFixed(2)} (goal <= ${most}${ratio <= most ? "" : ", not reached"})`,
    );
    const early = own.flatMap(firstPlayableLine);
    return [
      ...[`### ${clip}`, "", ...timesTable(own), "", ...reached, ...early, ""],
      ...[...qualityTable(own), ""],
    ];
  });
  return blocks.join("\n");
}

function firstPlayableLine(entry: Entry): string[] {
  const firstMs = medianFirstPlayableMs(entry);
  if (firstMs === null) return [];
  const share = firstMs / medianWallMs(entry);
  const verdict = share <= FIRST_PLAYABLE_SHARE ? "" : ", not reached";
  return [
    `- ${entry.contestant}, first playable / whole: ${share.toFixed(2)} (goal <= ${FIRST_PLAYABLE_SHARE}${verdict})`,
  ];
}

function timesTable(entries: readonly Entry[]): string[] {
  const seconds = (ms: number | null): string => (ms === null ? "" : `${(ms / 1000).toFixed(1)} s`);
  return [
    "| contestant | wall, median | range | of real time | first playable |",
    "| --- | --- | --- | --- | --- |",
    ...entries.map((entry) => {
      if (entry.runs.length === 0) return `| ${entry.contestant} | ${entry.failure} | | | |`;
      const walls = entry.runs.map(({ wallMs }) => wallMs);
      const wallMs = medianWallMs(entry);
      const range = `${seconds(Math.min(...walls))} to ${seconds(Math.max(...walls))}`;
      const speed = `${((entry.durationSeconds * 1000) / wallMs).toFixed(2)}x`;
      const first = medianFirstPlayableMs(entry);
      const share = first === null ? "" : ` (${Math.round((first / wallMs) * 100)} %)`;
      return `| ${entry.contestant} | ${seconds(wallMs)} | ${range} | ${speed} | ${seconds(first)}${share} |`;
    }),
  ];
}

function qualityTable(entries: readonly Entry[]): string[] {
  return [
    "| rung | contestant | frames | kbit/s | PSNR Y | SSIM Y |",
    "| --- | --- | --- | --- | --- | --- |",
    ...entries.flatMap(({ contestant, quality }) =>
      quality.map(
        ({ shortSide, frames, kilobitsPerSecond, psnr, ssim }) =>
          `| ${shortSide} | ${contestant} | ${frames} | ${kilobitsPerSecond.toFixed(0)} | ${psnr.toFixed(2)} dB | ${ssim.toFixed(4)} |`,
      ),
    ),
  ];
}
