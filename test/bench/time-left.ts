import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Browser } from "playwright";
import type { JobView } from "../../shared/wire/job-view.ts";
import { launchBrowser } from "../../web/headless/browser.ts";
import { ContributorTab } from "../../web/headless/contributor-tab.ts";
import { follow, isInspected, refusal } from "../../web/headless/follow.ts";
import { OwnerTab } from "../../web/headless/owner-tab.ts";
import type { ShownState } from "../../web/pages/upload/shown-state.ts";
import { openClips } from "./clips.ts";

const LOOK_EVERY_MS = 500;
/**
 * From this share of the work on, the time left has to be right: within `WITHIN_SHARE` or `WITHIN_SECONDS` of the
 * truth.
 */
const FROM_SHARE = 0.1;
const WITHIN_SHARE = 0.3;
const WITHIN_SECONDS = 3;

interface Case {
  clip: string;
  engine: "auto" | "ffmpeg";
  /** Number of encoders; null: the page's own choice. */
  slots: number | null;
  helpers: number;
}

const CASES: readonly Case[] = [
  { clip: "bbb480p30s.mp4", engine: "auto", slots: null, helpers: 0 },
  { clip: "bbb480p30s.mp4", engine: "ffmpeg", slots: null, helpers: 0 },
  { clip: "bbb480p30s.mp4", engine: "ffmpeg", slots: 1, helpers: 1 },
  { clip: "footage480p5min.mp4", engine: "auto", slots: null, helpers: 0 },
  { clip: "footage480p5min.mp4", engine: "ffmpeg", slots: 1, helpers: 1 },
];

/** What the page shows at one moment. */
export interface Sample {
  /** Milliseconds since the press on "Start". */
  atMs: number;
  /** Null: the page showed no time left. */
  etaSeconds: number | null;
  share: number;
  job: JobView;
  slots: ShownState["slots"];
}

/**
 * Measures how right the time left is that the page shows. Runs real jobs and reads the page twice a second.
 * @param names of clips; null: all of them
 * @returns a table
 */
export async function describeTimeLeft(
  serverUrl: string,
  names: readonly string[] | null,
  jsonPath: string,
  signal: AbortSignal,
): Promise<string> {
  const lines = [
    "| clip | engine | encoders, helpers | took | times told | of them right | shown beside the truth at 25, 50, 75, 90 % |",
    "| --- | --- | --- | --- | --- | --- | --- |",
  ];
  const all: object[] = [];
  for (const each of CASES.filter(({ clip }) => names === null || names.includes(clip))) {
    const browser = await launchBrowser();
    try {
      const { samples, tookMs } = await watch(browser, serverUrl, each, signal);
      all.push({ ...each, tookMs, samples });
      lines.push(row(each, samples, tookMs));
      console.error(lines.at(-1));
    } finally {
      await browser.close();
    }
  }
  await mkdir(dirname(jsonPath), { recursive: true });
  await writeFile(jsonPath, JSON.stringify(all));
  return lines.join("\n");
}

async function watch(
  browser: Browser,
  serverUrl: string,
  { clip, engine, slots, helpers }: Case,
  signal: AbortSignal,
): Promise<{ samples: Sample[]; tookMs: number }> {
  const [source] = await openClips([clip]);
  if (source === undefined) throw new Error(`There is no clip ${clip}.`);
  const say = () => {};
  const tab = await OwnerTab.open(browser, { serverUrl, engine, slots, ladder: null }, say);
  await tab.pick(source.path);
  const inspected = await follow(tab, signal, say, isInspected);
  if (inspected.phase !== "inspected") throw refusal(inspected);
  const job = await tab.start();
  const startedMs = performance.now();
  if (helpers > 0) {
    const { joinUrl } = await tab.share(job);
    for (let index = 0; index < helpers; index += 1) {
      const helper = await ContributorTab.open(browser, joinUrl, { slots: 1 }, say);
      await helper.start();
    }
  }
  const samples: Sample[] = [];
  for (;;) {
    signal.throwIfAborted();
    const state = await tab.state();
    const atMs = performance.now() - startedMs;
    if (state.phase === "ready") return { samples, tookMs: atMs };
    if (state.phase !== "running" && state.phase !== "starting") throw refusal(state);
    if (state.job !== null) {
      const { etaSeconds } = state;
      samples.push({ atMs, etaSeconds, share: state.share, job: state.job, slots: state.slots });
    }
    await pause(LOOK_EVERY_MS);
  }
}

/** Whether the time left that the page showed was right. @param tookMs of the whole job */
export function isRight({ atMs, etaSeconds }: Sample, tookMs: number): boolean {
  const truth = (tookMs - atMs) / 1000;
  const off = Math.abs((etaSeconds ?? 0) - truth);
  return off <= WITHIN_SECONDS || off <= WITHIN_SHARE * truth;
}

function row({ clip, engine, slots, helpers }: Case, samples: Sample[], tookMs: number): string {
  const late = samples.filter(({ share }) => share >= FROM_SHARE);
  const told = late.filter(({ etaSeconds }) => etaSeconds !== null);
  const right = told.filter((sample) => isRight(sample, tookMs));
  const percent = (some: number, of: number) => `${Math.round((100 * some) / Math.max(1, of))} %`;
  const beside = [0.25, 0.5, 0.75, 0.9].map((part) => {
    const sample = told.find(({ atMs }) => atMs >= part * tookMs);
    if (sample === undefined) return "–";
    const truth = (tookMs - sample.atMs) / 1000;
    return `${sample.etaSeconds?.toFixed(0)} (${truth.toFixed(0)})`;
  });
  return `| ${[
    clip,
    engine,
    `${slots ?? "all"}, ${helpers}`,
    `${(tookMs / 1000).toFixed(1)} s`,
    percent(told.length, late.length),
    percent(right.length, told.length),
    beside.join(", "),
  ].join(" | ")} |`;
}
