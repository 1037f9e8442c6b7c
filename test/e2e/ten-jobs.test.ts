import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Browser } from "playwright";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { TributaryError } from "../../shared/job/errors.ts";
import { hasEnded, TICKS_PER_SECOND } from "../../shared/job/job.ts";
import { parseLadder } from "../../shared/plan/plan.ts";
import type { CreateJobResponse } from "../../shared/wire/api.ts";
import type { JobStatus } from "../../shared/wire/job-status.ts";
import { launchBrowser } from "../../web/headless/browser.ts";
import { ContributorTab } from "../../web/headless/contributor-tab.ts";
import { copyPlaylists } from "../../web/headless/copy-playlists.ts";
import { OwnerTab } from "../../web/headless/owner-tab.ts";
import type { ShownState } from "../../web/pages/upload/shown-state.ts";
import { generatedClip } from "../setup/media.ts";
import { expectExactPictures, soundOf } from "./exact-video.ts";
import { inspect, type MadeVideo, waitFor } from "./made-video.ts";

// Ten owners at once with three helpers each: forty real tabs, each with its own encoder, on one edge.

interface Clip {
  pictures: "testsrc2" | "mandelbrot";
  size: string;
  /** Frames per second, in ffmpeg's notation. */
  rate: string;
  /** Frames in a GOP. */
  gop: number;
  seconds: number;
  /** Frequency of the clip's tone. */
  hertz: number;
  ladder: string;
}

/** All clips differ, so that a segment of one would be wrong in any other. */
const CLIPS: readonly Clip[] = [
  testCard({ size: "320x180", rate: "25", gop: 50, seconds: 14, ladder: "180:220,144:140" }),
  mandelbrot({ size: "320x180", rate: "24", gop: 96, seconds: 15, ladder: "180:220,144:140" }),
  testCard({ size: "320x240", rate: "30", gop: 60, seconds: 16, ladder: "240:300,144:140" }),
  testCard({ size: "352x288", rate: "15", gop: 45, seconds: 20, ladder: "288:340,144:140" }),
  mandelbrot({ size: "384x216", rate: "25", gop: 75, seconds: 17, ladder: "216:280,144:140" }),
  testCard({
    size: "400x224",
    rate: "24000/1001",
    gop: 72,
    seconds: 16,
    ladder: "224:290,144:140",
  }),
  testCard({ size: "426x240", rate: "25", gop: 100, seconds: 18, ladder: "240:300,144:140" }),
  mandelbrot({ size: "426x240", rate: "15", gop: 30, seconds: 19, ladder: "240:300,144:140" }),
  testCard({ size: "180x320", rate: "30", gop: 90, seconds: 15, ladder: "180:220,144:140" }),
  testCard({ size: "240x240", rate: "20", gop: 40, seconds: 17, ladder: "240:280,144:140" }),
].map((clip, nth) => ({ ...clip, hertz: 300 + 40 * nth }));
const HELPERS = ["Ada", "Ben", "Cem"];

const TIMEOUT_MS = 900_000;
/** Timeout for opening a page while other pages compile their encoders. */
const PAGE_TIMEOUT_MS = 120_000;
const READY_WITHIN_MS = 300_000;
const LOOK_EVERY_MS = 1_000;
const STATUS_TRIES = 10;

/** Forty tabs take minutes on two cores, so this runs only in `npm run test:clips`. */
const long = test.runIf(process.env["TRIBUTARY_CLIPS"] === "all");

const serverUrl = inject("serverUrl");
const say = process.env["TRIBUTARY_VERBOSE"] === "1" ? console.error : () => {};

/** An owner with its job, and the helpers that joined by its link. */
interface Team {
  file: string;
  owner: OwnerTab;
  inspected: ShownState;
  job: CreateJobResponse;
  helpers: ContributorTab[];
}

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

long(
  "ten jobs at once, by their owners' tabs and three helpers' each: all ready and exact",
  {
    timeout: TIMEOUT_MS,
  },
  async () => {
    const files: string[] = [];
    for (const clip of CLIPS) files.push(await generated(clip));

    const lap = stopwatch();
    // Owners get their files only after all helpers have joined. Opening a page takes seconds of a core, so
    // otherwise the first jobs would be finished before the last one began.
    const teams: Team[] = [];
    for (const [nth, { ladder }] of CLIPS.entries()) {
      teams.push(await beginWithoutFile(files[nth] ?? "", ladder));
    }
    for (const team of teams) team.helpers.push(...(await helpersOf(team)));
    for (const { owner, job } of teams) {
      const { holders } = await owner.status(job);
      const here = holders.filter(({ connected, role }) => connected && role === "contributor");
      expect(here.map(({ name }) => name).sort()).toEqual(HELPERS);
    }
    const openedSeconds = lap();

    await Promise.all(teams.map(({ owner, file }) => owner.pick(file)));
    const { statuses, mostAtWork, helped } = await allReady(teams);
    const madeSeconds = lap();
    // All ten jobs were at work at the same moment. Each job was seen with a helper at work, at one time or
    // another.
    expect(mostAtWork).toBe(CLIPS.length);
    expect(helped).toBe(CLIPS.length);

    const videos: (MadeVideo & { file: string })[] = [];
    for (const [nth, team] of teams.entries()) {
      const ended = await waitFor(team.owner, ({ phase }) => hasEnded(phase));
      expect(ended.phase).toBe("ready");
      for (const helper of team.helpers) {
        await helper.page.getByRole("heading", { name: /finished/i }).waitFor();
        expect(await helper.state()).toMatchObject({ phase: "done", error: null });
      }
      const status = statuses[nth] as JobStatus;
      const { job, inspected, file } = team;
      videos.push({ ...(await copied({ job, inspected, ended, status })), file });
    }
    await browser.close();
    for (const video of videos) {
      expectNobodyCharged(video.status);
      await expectExact(video);
      await video[Symbol.asyncDispose]();
    }

    const shares = statuses.map(({ segments }) => segments.filter(byHelper).length);
    const theirs = shares.reduce((sum, share) => sum + share, 0);
    const all = statuses.reduce((sum, { segments }) => sum + segments.length, 0);
    console.log(
      `${CLIPS.length} jobs, ${CLIPS.length * (1 + HELPERS.length)} tabs: open after ` +
        `${openedSeconds.toFixed(0)} s, all ready ${madeSeconds.toFixed(0)} s later, found exact in ` +
        `${lap().toFixed(0)} s; ${theirs} of ${all} segments by helpers (${shares.join(", ")})`,
    );
    for (const share of shares) expect(share).toBeGreaterThan(0);
    expect(theirs).toBeGreaterThan(all / 3);
  },
);

/** Starts a job and reloads the page: the job then waits for its file, and helpers can join it. */
async function beginWithoutFile(file: string, ladder: string): Promise<Team> {
  const options = { serverUrl, engine: "ffmpeg", slots: 1, ladder };
  const owner = await OwnerTab.open(browser, { ...options, pageTimeoutMs: PAGE_TIMEOUT_MS }, say);
  owner.page.on("dialog", (dialog) => dialog.accept());
  const inspected = await inspect(owner, file);
  await owner.ladderApplied(parseLadder(ladder));
  const job = await owner.start();
  // Waits for the first task: a page that is reloaded at the very moment of its start would not know of the job.
  await waitFor(owner, ({ slots }) => slots.some(({ taskId }) => taskId !== null));
  await owner.reload();
  await waitFor(owner, ({ phase }) => phase === "needs-file");
  return { file, owner, inspected, job, helpers: [] };
}

async function helpersOf({ owner, job }: Team): Promise<ContributorTab[]> {
  const { joinUrl } = await owner.share(job);
  return Promise.all(
    HELPERS.map(async (name) => {
      const options = { name, slots: 1, pageTimeoutMs: PAGE_TIMEOUT_MS };
      const tab = await ContributorTab.open(browser, joinUrl, options, say);
      expect((await tab.state())?.phase).toBe("invited");
      await tab.start();
      await tab.page.getByText("Waiting for the next piece").waitFor();
      return tab;
    }),
  );
}

/**
 * @returns the final status of each job, the highest number of jobs at work at the same moment, and the number of
 *   jobs that had a helper at work
 */
async function allReady(teams: readonly Team[]) {
  const deadline = performance.now() + READY_WITHIN_MS;
  let mostAtWork = 0;
  const helped = new Set<string>();
  for (;;) {
    const statuses = await Promise.all(
      teams.map(({ owner, job }) => patiently(() => owner.status(job))),
    );
    mostAtWork = Math.max(mostAtWork, statuses.filter(isBeingMade).length);
    for (const status of statuses) if (hasHelperAtWork(status)) helped.add(status.id);
    const failed = statuses.find(({ state }) => state === "failed");
    if (failed?.error) throw new TributaryError(failed.error.code, failed.error.message);
    if (statuses.every(({ state }) => state === "ready")) {
      return { statuses, mostAtWork, helped: helped.size };
    }
    if (performance.now() > deadline) {
      throw new Error(JSON.stringify(statuses.map(({ state, tasks }) => ({ state, tasks }))));
    }
    await sleep(LOOK_EVERY_MS);
  }
}

/** With forty encoders beside it, the local server sometimes drops a call. Tries again, as the pages do. */
async function patiently<T>(call: () => Promise<T>): Promise<T> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await call();
    } catch (thrown) {
      if (!(thrown instanceof TributaryError) || failures === STATUS_TRIES) throw thrown;
      say(thrown.message);
      await sleep(LOOK_EVERY_MS);
    }
  }
}

function isBeingMade({ tasks }: JobStatus): boolean {
  return tasks.some(({ state }) => state === "leased");
}

function hasHelperAtWork({ tasks, holders }: JobStatus): boolean {
  return tasks.some(({ state, holder }) => {
    const by = holders.find(({ id }) => id === holder);
    return state === "leased" && by?.role === "contributor";
  });
}

async function copied(made: Pick<MadeVideo, "job" | "inspected" | "ended" | "status">) {
  const dir = await mkdtemp(join(tmpdir(), "tributary-ten-"));
  await copyPlaylists(made.job.masterUrl, dir, AbortSignal.timeout(60_000));
  const dispose = () => rm(dir, { recursive: true, force: true });
  return { ...made, dir, [Symbol.asyncDispose]: dispose };
}

/** Expects no failed attempt, no banned holder, and each segment to be made by a holder of this job. */
function expectNobodyCharged({ tasks, warnings, holders, segments }: JobStatus): void {
  expect(tasks.filter(({ attempts }) => attempts > 0)).toEqual([]);
  expect(warnings).toEqual([]);
  expect(holders.filter(({ trust }) => trust === "banned")).toEqual([]);
  for (const { holder, role, engine, attempt } of segments) {
    expect(holders.find(({ id }) => id === holder)?.role).toBe(role);
    expect({ engine, attempt }).toEqual({ engine: "ffmpeg-wasm", attempt: 1 });
  }
}

async function expectExact(video: MadeVideo & { file: string }): Promise<void> {
  const { status, file } = video;
  await expectExactPictures(video, { source: file });
  const sound = await soundOf(video, file, 0);
  const seconds = status.durationTicks / TICKS_PER_SECOND;
  expect(sound.samples).toBeGreaterThanOrEqual(Math.floor(seconds * sound.sampleRate));
  expect(sound.worstLsb).toBe(0);
}

function byHelper({ role }: { role: string }): boolean {
  return role === "contributor";
}

type Look = Omit<Clip, "pictures" | "hertz">;

function testCard(look: Look): Omit<Clip, "hertz"> {
  return { pictures: "testsrc2", ...look };
}

function mandelbrot(look: Look): Omit<Clip, "hertz"> {
  return { pictures: "mandelbrot", ...look };
}

async function generated({ pictures, size, rate, gop, seconds, hertz }: Clip): Promise<string> {
  const name = `${pictures}-${size}-${rate.replace("/", "_")}.mp4`;
  return generatedClip(name, [
    ...["-f", "lavfi", "-i", `${pictures}=size=${size}:rate=${rate}`],
    ...["-f", "lavfi", "-i", `sine=frequency=${hertz}:sample_rate=48000`],
    ...["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-g", String(gop)],
    ...["-c:a", "aac", "-b:a", "96k", "-ac", "2", "-t", String(seconds)],
  ]);
}

/** @returns a function that returns the seconds since its last call */
function stopwatch(): () => number {
  let atMs = performance.now();
  return () => {
    const sinceMs = atMs;
    atMs = performance.now();
    return (atMs - sinceMs) / 1000;
  };
}
