import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright";
import { hasEnded } from "../../shared/job/job.ts";
import { parseLadder } from "../../shared/plan/plan.ts";
import type { CreateJobResponse } from "../../shared/wire/api.ts";
import type { JobStatus } from "../../shared/wire/job-status.ts";
import { copyPlaylists } from "../../web/headless/copy-playlists.ts";
import { follow, isInspected, refusal } from "../../web/headless/follow.ts";
import { OwnerTab, type OwnerTabOptions } from "../../web/headless/owner-tab.ts";
import { peakTabMemory } from "../../web/headless/tab-memory.ts";
import type { ShownState } from "../../web/pages/upload/shown-state.ts";

/** Small and quick, with the 144p rung for mobile networks. */
export const SMALL_LADDER = "240:300,144:140";

export interface MakeOptions {
  serverUrl: string;
  file: string;
  /** Null: the page's own choice. */
  ladder: string | null;
  /** Default: ffmpeg, whose output has the same bytes on every machine. */
  engine?: "ffmpeg" | "webcodecs" | "auto" | "server";
  slots?: number;
  /** Number of cores that the page sees. */
  cores?: number;
  /** How helpers' work is checked; default: the page's own choice. */
  checking?: OwnerTabOptions["checking"];
  /** Called before the page is opened: for faults in its network. */
  prepare?(tab: OwnerTab): Promise<void>;
  /** Called after the file was read and before the press on "Start". */
  look?(tab: OwnerTab): Promise<void>;
  /** Called right after the start, to cause faults while the job runs. The job's end is awaited after it. */
  meddle?(tab: OwnerTab, job: CreateJobResponse): Promise<void>;
}

export interface MadeVideo extends AsyncDisposable {
  job: CreateJobResponse;
  /** State of the page after the file was read. */
  inspected: ShownState;
  /** State of the page at the end. */
  ended: ShownState;
  status: JobStatus;
  /** Peak memory of the tab's process, in bytes; missing where the system does not report it. */
  peakMemoryBytes?: number | null;
  /** Folder that holds the copied video, with its master.m3u8. */
  dir: string;
}

const signal = new AbortController().signal;
/** TRIBUTARY_VERBOSE=1 logs progress. */
const say = process.env["TRIBUTARY_VERBOSE"] === "1" ? console.error : () => {};

/** Makes a video with the real page and copies it to a folder. @throws the error of the page or the edge */
export async function makeVideo(browser: Browser, options: MakeOptions): Promise<MadeVideo> {
  const { serverUrl, file, ladder } = options;
  const { engine = "ffmpeg", slots = null, cores = null, checking } = options;
  const parts = { serverUrl, engine, slots, ladder, cores, checking };
  const tab = await OwnerTab.open(browser, parts, say, options.prepare);
  try {
    const inspected = await inspect(tab, file);
    if (inspected.phase !== "inspected") throw refusal(inspected);
    if (ladder !== null) await tab.ladderApplied(parseLadder(ladder));
    await options.look?.(tab);
    const job = await tab.start();
    await options.meddle?.(tab, job);
    const ended = await follow(tab, signal, say, ({ phase }) => hasEnded(phase));
    const status = await tab.status(job);
    if (ended.phase !== "ready" || status.state !== "ready") throw refusal(ended, status);
    const peakMemoryBytes = (await peakTabMemory(browser))?.peakBytes ?? null;
    const dir = await mkdtemp(join(tmpdir(), "tributary-made-"));
    await copyPlaylists(job.masterUrl, dir, signal);
    const dispose = () => rm(dir, { recursive: true, force: true });
    return {
      ...{ job, inspected, ended, status, peakMemoryBytes, dir },
      [Symbol.asyncDispose]: dispose,
    };
  } finally {
    await tab.close();
  }
}

/** Picks a file and waits until the page has read or refused it. */
export async function inspect(tab: OwnerTab, file: string): Promise<ShownState> {
  await tab.pick(file);
  return follow(tab, signal, say, isInspected);
}

/** Waits until the page's state fulfils a condition. */
export async function waitFor(
  tab: OwnerTab,
  until: (state: ShownState) => boolean,
): Promise<ShownState> {
  return follow(tab, signal, say, until);
}
