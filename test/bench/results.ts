import type { ContestantRun } from "./contestant.ts";
import type { TreeUse } from "./process-tree.ts";
import type { RenditionQuality } from "./quality.ts";

/** All runs of one contestant on one clip. */
export interface Entry {
  clip: string;
  contestant: string;
  durationSeconds: number;
  runs: (Omit<ContestantRun, "renditions"> & {
    /** Includes the start of the programs. Null where the system does not report it. */
    use: TreeUse | null;
  })[];
  /** Quality in the first run. */
  quality: RenditionQuality[];
  /** Why there is no run, or fewer than were asked for. Null: all succeeded. */
  failure: string | null;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The highest allowed ratio of a contestant's time to a peer's. */
export interface Goal {
  contestant: string;
  peer: string;
  /** Highest allowed ratio of the contestant's median wall time to the peer's. */
  most: number;
}

/** Limits that a change must keep. The limit for the first playable moment is `FIRST_PLAYABLE_SHARE`. */
export const GOALS: readonly Goal[] = [
  { contestant: "Tributary webcodecs", peer: "native ffmpeg", most: 0.5 },
  { contestant: "Tributary webcodecs", peer: "mediabunny Conversion", most: 0.6 },
  { contestant: "Tributary ffmpeg", peer: "ffmpeg.wasm core-mt", most: 0.9 },
  { contestant: "Tributary ffmpeg", peer: "ffmpeg.wasm core", most: 0.53 },
  // 1.8 times the throughput.
  { contestant: "Tributary ffmpeg, two tabs", peer: "Tributary ffmpeg, one tab", most: 0.56 },
];

/** Highest allowed ratio of the first playable moment to the time of the whole run. */
const FIRST_PLAYABLE_SHARE = 0.25;

export interface Ratio extends Goal {
  clip: string;
  ratio: number;
}

/** Ratios that were measured, for each goal and clip. */
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
  return medianOf(runs.map(({ firstPlayableMs }) => firstPlayableMs));
}

/** The median of the values that were measured; null without any. */
function medianOf(values: readonly (number | null | undefined)[]): number | null {
  const measured = values.flatMap((value) => value ?? []);
  return measured.length === 0 ? null : median(measured);
}

/** Markdown: times and processor seconds of two runs, where both have them. */
export function describeChange(before: readonly Entry[], now: readonly Entry[]): string {
  const lines = now.flatMap((entry) => {
    const same = ({ clip, contestant }: Entry) =>
      clip === entry.clip && contestant === entry.contestant;
    const earlier = before.find(same);
    if (earlier === undefined || earlier.runs.length === 0 || entry.runs.length === 0) return [];
    const cells = [
      change(medianWallMs(earlier) / 1000, medianWallMs(entry) / 1000),
      change(medianProcessorSeconds(earlier), medianProcessorSeconds(entry)),
    ];
    return [`| ${entry.clip} | ${entry.contestant} | ${cells.join(" | ")} |`];
  });
  return [
    "| clip | contestant | wall, s | processor, s |",
    "| --- | --- | --- | --- |",
    ...lines,
  ].join("\n");
}

function change(before: number | null, now: number | null): string {
  if (before === null || now === null) return "";
  return `${before.toFixed(1)} -> ${now.toFixed(1)} (${(now / before).toFixed(2)})`;
}

function medianProcessorSeconds({ runs }: Entry): number | null {
  return medianOf(runs.map(({ use }) => use?.processorSeconds));
}

/** All results as Markdown. */
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
  const mebibytes = (bytes: number | null): string =>
    bytes === null ? "" : `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  return [
    "| contestant | wall, median | range | of real time | first playable | after Start | processor | memory | downloaded |",
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ...entries.map((entry) => {
      const { runs, contestant } = entry;
      if (runs.length === 0) return `| ${contestant} | ${entry.failure} | | | | | | | |`;
      const walls = runs.map(({ wallMs }) => wallMs);
      const wallMs = medianWallMs(entry);
      const first = medianFirstPlayableMs(entry);
      const share = first === null ? "" : ` (${Math.round((first / wallMs) * 100)} %)`;
      const processor = medianProcessorSeconds(entry);
      const cells = [
        contestant,
        seconds(wallMs),
        `${seconds(Math.min(...walls))} to ${seconds(Math.max(...walls))}`,
        `${((entry.durationSeconds * 1000) / wallMs).toFixed(2)}x`,
        `${seconds(first)}${share}`,
        seconds(medianOf(runs.map(({ firstPlayableAfterStartMs }) => firstPlayableAfterStartMs))),
        processor === null ? "" : `${processor.toFixed(1)} s`,
        mebibytes(medianOf(runs.map(({ use }) => use?.peakMemoryBytes))),
        mebibytes(medianOf(runs.map(({ downloadedBytes }) => downloadedBytes))),
      ];
      return `| ${cells.join(" | ")} |`;
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
