import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { root } from "../../edge/local/server.ts";
import type { PictureVerdict } from "../../shared/wire/lease.ts";
import { MANIPULATIONS, type Manipulation } from "../encoder/judge/manipulations.ts";
import {
  type Encoding,
  type JudgedSource,
  judged,
  judgedSource,
  measured,
  sizeOf,
  withMade,
} from "../encoder/judge/native-judge.ts";
import { generatedClip, realClip } from "../setup/media.ts";
import { record, recordedPath } from "./judge-recorder.ts";

// The table of the picture check: how often it finds manipulations, and how it judges honest results.

/** Cuts of clips: animation, live action, handheld, a webcam, an upright video, uneven frame times, and a still. */
const CUTS: readonly { clip: string; atSeconds: number }[] = [
  { clip: "bbb480p30s.mp4", atSeconds: 14 },
  { clip: "footage480p5min.mp4", atSeconds: 14 },
  { clip: "bbb480p30s.mp4", atSeconds: 3 },
  { clip: "tears-vp8-vorbis.webm", atSeconds: 20 },
  { clip: "tears-vp8-vorbis.webm", atSeconds: 45 },
  { clip: "noaudio-bottle.mp4", atSeconds: 14 },
  { clip: "webcam360p.flv", atSeconds: 5 },
  { clip: "phone-hevc-rot90.mov", atSeconds: 2 },
  { clip: "footage480p5min.mp4", atSeconds: 150 },
  { clip: "rotated90.mp4", atSeconds: 1 },
  { clip: "anamorphic-sar.mp4", atSeconds: 2 },
  { clip: "vfr-drop.mp4", atSeconds: 3 },
];
const SECONDS = 2;

/** kbit/s for 360 rows: a tenth of a usual rate, and more than enough. */
const RATES = { starved: 80, generous: 1000 };
type Rate = keyof typeof RATES;

interface Honest extends Omit<Encoding, "kilobitsPerSecond"> {
  name: string;
  /** Factor on the planned bit rate. Encoders do not meet theirs exactly. */
  share: number;
}

const HONEST: readonly Honest[] = [
  { name: "x264 ultrafast", x264: ["-preset", "ultrafast"], share: 1 },
  {
    name: "x264 superfast, baseline, no delay",
    x264: ["-preset", "superfast", "-profile:v", "baseline", "-tune", "zerolatency"],
    share: 1,
  },
  { name: "x264 veryfast", x264: ["-preset", "veryfast"], share: 1 },
  {
    name: "x264 veryfast, bilinear",
    x264: ["-preset", "veryfast"],
    share: 0.8,
    scaler: "bilinear",
  },
  { name: "x264 medium", x264: ["-preset", "medium"], share: 1 },
  { name: "x264 slow, Lanczos", x264: ["-preset", "slow"], share: 1, scaler: "lanczos" },
  { name: "x264 faster, area", x264: ["-preset", "faster"], share: 2, scaler: "area" },
];
/** Factors on the planned rate, for honest results of the browser's own encoder. The reference is that encoder at 1. */
const BROWSER_SHARES = [0.8, 1.5];

interface Row {
  kind: "honest" | "manipulation";
  name: string;
  rate: Rate;
  cut: string;
  verdict: PictureVerdict;
}

interface Judging {
  source: JudgedSource;
  other: JudgedSource;
  cut: string;
  rate: Rate;
  signal: AbortSignal;
}

/** @param clips names of clips to take cuts of; all by default */
export async function judgeTable(
  { clips, quick, jsonPath }: { clips: string[] | null; quick: boolean; jsonPath: string | null },
  signal: AbortSignal,
): Promise<void> {
  const there = CUTS.filter(({ clip }) => {
    return (clips === null || clips.includes(clip)) && realClip(clip) !== null;
  });
  const cuts = await Promise.all(
    (quick ? there.slice(0, 2) : there).map(async ({ clip, atSeconds }) => {
      return { name: `${clip} at ${atSeconds} s`, path: await cutOf(clip, atSeconds) };
    }),
  );
  const rates = Object.keys(RATES) as Rate[];
  const recordings = cuts.flatMap(({ path: clipPath }) =>
    rates.flatMap((rate) =>
      [1, ...BROWSER_SHARES].map((share) => ({ clipPath, kilobitsPerSecond: RATES[rate] * share })),
    ),
  );
  await record(recordings, signal);
  const sources: JudgedSource[] = [];
  for (const { path: clipPath } of cuts) {
    const made = recordedPath({ clipPath, kilobitsPerSecond: RATES.generous });
    sources.push(await judgedSource(clipPath, await sizeOf(made)));
  }
  const rows: Row[] = [];
  for (const [index, { name: cut }] of cuts.entries()) {
    const source = sources[index] as JudgedSource;
    const other = sources[(index + 1) % sources.length] as JudgedSource;
    for (const rate of rates) rows.push(...(await judgeCut({ source, other, cut, rate, signal })));
    console.error(`${cut}: judged`);
  }
  const path = jsonPath ?? join(root, ".cache/bench/judge.json");
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${JSON.stringify(rows, null, 1)}\n`);
  console.log(describeTable(rows));
  console.error(`Written to ${path}`);
}

async function judgeCut({ source, other, cut, rate, signal }: Judging): Promise<Row[]> {
  const kilobitsPerSecond = RATES[rate];
  const recorded = (share: number): Promise<Measured> => {
    const kilobits = kilobitsPerSecond * share;
    const path = recordedPath({ clipPath: source.path, kilobitsPerSecond: kilobits });
    return measured(source, path);
  };
  const reference = await recorded(1);
  const rows: Row[] = [];
  const add = (kind: Row["kind"], name: string, own: Measured): void => {
    signal.throwIfAborted();
    rows.push({ kind, name, rate, cut, verdict: judged(own, reference) });
  };
  for (const share of BROWSER_SHARES) {
    add("honest", `Chromium at ${share} of the rate`, await recorded(share));
  }
  const made = (encoding: Encoding, lie: Manipulation | null): Promise<Measured> =>
    withMade(source, encoding, lie, (path) => measured(source, path), other);
  for (const { name, share, ...how } of HONEST) {
    const encoding = { ...how, kilobitsPerSecond: kilobitsPerSecond * share };
    add("honest", name, await made(encoding, null));
  }
  for (const lie of MANIPULATIONS) {
    const encoding = { x264: ["-preset", "veryfast"], kilobitsPerSecond };
    add("manipulation", lie.name, await made(encoding, lie));
  }
  return rows;
}

type Measured = Awaited<ReturnType<typeof measured>>;

function cutOf(clip: string, atSeconds: number): Promise<string> {
  return generatedClip(`judged-${clip.replace(/\..*/, "")}.mp4`, [
    ...["-ss", String(atSeconds), "-i", realClip(clip) ?? "", "-t", String(SECONDS), "-an", "-sn"],
    ...["-map", "0:v:0", "-fps_mode", "passthrough", "-pix_fmt", "yuv420p"],
    ...["-c:v", "libx264", "-preset", "veryfast", "-crf", "16", "-g", "48"],
  ]);
}

/** Markdown: for each kind of result and each rate, the number of each verdict. */
function describeTable(rows: readonly Row[]): string {
  const rates = Object.keys(RATES) as Rate[];
  const count = (some: readonly Row[]): string => {
    const of = (verdict: PictureVerdict) => some.filter((row) => row.verdict === verdict).length;
    return `${of("agrees")} | ${of("unsure")} | ${of("lies")}`;
  };
  const block = (kind: Row["kind"]): string[] => {
    const own = rows.filter((row) => row.kind === kind);
    const names = [...new Set(own.map(({ name }) => name))];
    const line = (name: string, some: readonly Row[]): string =>
      `| ${name} | ${rates.map((rate) => count(some.filter((row) => row.rate === rate))).join(" | ")} |`;
    return [
      `| ${kind} | ${rates.map((rate) => `${rate}: passes | unsure | lie`).join(" | ")} |`,
      `| --- | ${rates.map(() => "---: | ---: | ---:").join(" | ")} |`,
      ...names.map((name) =>
        line(
          name,
          own.filter((row) => row.name === name),
        ),
      ),
      line(`**all ${own.length}**`, own),
      "",
    ];
  };
  const passed = rows.filter(
    ({ kind, verdict }) => kind === "manipulation" && verdict === "agrees",
  );
  return [
    ...block("honest"),
    ...block("manipulation"),
    ...passed.map(({ name, rate, cut }) => `Passed: ${name}, ${rate}, ${cut}`),
  ].join("\n");
}
