import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, parse } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Browser } from "playwright";
import { startServer } from "../../edge/local/server.ts";
import { TributaryError, toWireError } from "../../shared/job/errors.ts";
import { hasEnded } from "../../shared/job/job.ts";
import type { TrimRequest } from "../../shared/job/trim.ts";
import { requestOf } from "../../shared/job/trim-range.ts";
import { parseLadder } from "../../shared/plan/plan.ts";
import type { CreateJobResponse } from "../../shared/wire/api.ts";
import type { JobStatus } from "../../shared/wire/job-status.ts";
import { readCaptionFile } from "../captions/read-caption-file.ts";
import type { ContributorState } from "../contributor/contributor-api.ts";
import type { BatchArguments, TranscodeArguments } from "./arguments.ts";
import { launchBrowser } from "./browser.ts";
import { ContributorTab } from "./contributor-tab.ts";
import { copyPlaylists } from "./copy-playlists.ts";
import { follow, isInspected, refusal } from "./follow.ts";
import { OwnerTab } from "./owner-tab.ts";
import { type BatchReport, makeReport, type Observations, type TranscodeReport } from "./report.ts";
import { peakTabMemory } from "./tab-memory.ts";

const LOOK_EVERY_MS = 200;

/**
 * Runs a whole job: starts the server and the browser, opens the real page, picks the file, and copies the result.
 * At the end it closes everything that it opened, and cancels a job that has not ended.
 * @param say takes each line of progress
 * @param place null: a server and a browser for this job only
 * @returns the report, which also holds failures; nothing is thrown
 */
export async function transcodeJob(
  given: TranscodeArguments,
  signal: AbortSignal,
  say: (line: string) => void,
  place: Place | null = null,
): Promise<TranscodeReport> {
  const { size } = await stat(given.file);
  const seen: Observations = { file: given.file, sizeBytes: size, pickedAtMs: Date.now() };
  const cleanups: Cleanups = [];
  try {
    signal.throwIfAborted();
    const { serverUrl, browser } = place ?? (await openPlace(cleanups, signal, say));
    await work(given, { serverUrl, browser }, seen, signal, say, cleanups);
    return makeReport(seen, null);
  } catch (thrown) {
    const error = signal.aborted ? new TributaryError("CANCELLED", "Interrupted.") : thrown;
    return makeReport(seen, toWireError(error));
  } finally {
    await cleanUp(cleanups, say);
  }
}

type Cleanups = (() => Promise<unknown>)[];

/** The server and browser that jobs run in. */
interface Place {
  serverUrl: string;
  browser: Browser;
}

async function openPlace(
  cleanups: Cleanups,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<Place> {
  const serverUrl = await serve(cleanups, say);
  signal.throwIfAborted();
  const browser = await launchBrowser();
  cleanups.push(() => browser.close());
  return { serverUrl, browser };
}

async function cleanUp(cleanups: Cleanups, say: (line: string) => void): Promise<void> {
  for (const cleanup of cleanups.reverse()) {
    await cleanup().catch((thrown: unknown) =>
      say(`While closing: ${toWireError(thrown).message}`),
    );
  }
}

/** Runs `transcodeJob` for one file after the other in one browser. A failed file does not stop the others. */
export async function transcodeBatch(
  given: BatchArguments,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<BatchReport> {
  const cleanups: Cleanups = [];
  const files: TranscodeReport[] = [];
  try {
    const place = await openPlace(cleanups, signal, say);
    const folders = foldersFor(given.files);
    for (const [index, file] of given.files.entries()) {
      say(`${index + 1} of ${given.files.length}: ${file}`);
      const outDir = given.outDir === null ? null : join(given.outDir, folders[index] ?? "");
      files.push(await transcodeJob({ ...given, file, outDir }, signal, say, place));
    }
    const error = files.find((report) => report.error !== null)?.error ?? null;
    return { ok: error === null, error, files };
  } catch (thrown) {
    const error = signal.aborted ? new TributaryError("CANCELLED", "Interrupted.") : thrown;
    return { ok: false, error: toWireError(error), files };
  } finally {
    await cleanUp(cleanups, say);
  }
}

/** A folder for each file, named after it; equal names get different folders. */
function foldersFor(files: readonly string[]): string[] {
  const taken = new Set<string>();
  return files.map((file) => {
    const name = parse(file).name;
    let folder = name;
    for (let count = 2; taken.has(folder); count += 1) folder = `${name}-${count}`;
    taken.add(folder);
    return folder;
  });
}

async function serve(cleanups: Cleanups, say: (line: string) => void): Promise<string> {
  const named = process.env["TRIBUTARY_URL"];
  if (named) return named.replace(/\/+$/, "");
  say("Starting a server ...");
  const stateDir = await mkdtemp(join(tmpdir(), "tributary-transcode-"));
  cleanups.push(() => rm(stateDir, { recursive: true, force: true }));
  const server = await startServer({ mode: "preview", stateDir });
  cleanups.push(() => server.stop());
  return server.url;
}

async function work(
  given: TranscodeArguments,
  { serverUrl, browser }: { serverUrl: string; browser: Browser },
  seen: Observations,
  signal: AbortSignal,
  say: (line: string) => void,
  cleanups: Cleanups,
): Promise<void> {
  const {
    engine,
    slots,
    ladder,
    audioKbps = null,
    loudness = false,
    surround = false,
    trim = null,
    cores,
    verify = "adaptive",
    unverified = "wait",
  } = given;
  const checking = { verify, unverified };
  const tab = await OwnerTab.open(
    browser,
    {
      ...{ serverUrl, engine, slots, ladder, audioKbps, loudness, surround, trim },
      ...{ cores: cores ?? null, checking },
    },
    say,
  );
  seen.pickedAtMs = Date.now();
  await tab.pick(given.file);
  seen.state = await follow(tab, signal, say, isInspected);
  seen.inspectedAtMs = Date.now();
  if (seen.state.phase !== "inspected") throw refusal(seen.state);
  if (ladder !== null) await tab.ladderApplied(parseLadder(ladder));
  const trimmed = trim === null ? null : await trimOf(tab);
  if (given.title != null) await tab.title(given.title);
  const { notices = [] } = seen.state.inspection?.source ?? {};
  const isSoundAlone = notices.some(({ code }) => code === "PICTURE_ADDED");
  if (given.poster != null && isSoundAlone) await tab.soundPicture(given.poster);
  if (given.pool != null) await tab.pool(given.pool);
  if (given.visibility !== undefined) await tab.visibility(given.visibility);
  await pause(1000 * (given.lookSeconds ?? 0), undefined, { signal });

  seen.startedAtMs = Date.now();
  const job = await tab.start();
  seen.job = job;
  let ended = false;
  cleanups.push(async () => {
    if (!ended) await tab.cancel(job);
  });
  for (const each of given.captions ?? []) {
    const { text, isGuessed } = readCaptionFile(await readFile(each.file), each.format);
    if (isGuessed) say(`${each.file}: not UTF-8, read as Windows-1252.`);
    const { language, format } = each;
    await tab.addCaptions(job, { language, format, text, ...(trimmed && { trim: trimmed }) });
  }
  const helpers = await openContributors(given.contributors, { browser, tab, job }, say);
  seen.state = await follow(tab, signal, say, (state) => {
    seen.slots = Math.max(seen.slots ?? 0, state.slots.length);
    if (state.phase !== "ready") return hasEnded(state.phase);
    // Subtitles may take longer than the video, where the source has no index of them. Pictures are made last.
    return state.captions?.state !== "reading" && state.pictures?.state !== "making";
  });
  seen.captions = await tab.captions(job).catch(() => []);
  if (given.poster != null && !isSoundAlone && seen.state.phase === "ready") {
    await tab.poster(given.poster);
  }
  if (given.keepOriginal === true && seen.state.phase === "ready") {
    say("Uploading the original ...");
    await tab.keepOriginal(job, given.file);
    seen.keptOriginal = true;
  }
  seen.status = await endedStatus(tab, job, signal);
  ended = hasEnded(seen.status.state);
  seen.contributors = await lastSeen(helpers);
  seen.tabMemory = await peakTabMemory(browser);
  seen.downloadedBytes = await tab.downloadedBytes();
  if (seen.status.state !== "ready") throw refusal(seen.state, seen.status);
  if (given.outDir !== null) {
    say("Copying ...");
    seen.outDir = given.outDir;
    seen.copied = await copyPlaylists(job.masterUrl, given.outDir, signal, job.ownerToken);
  }
}

/** The part of the file that the page has planned; null for the whole file. */
async function trimOf(tab: OwnerTab): Promise<TrimRequest | null> {
  await tab.trimApplied();
  const { inspection } = await tab.state();
  const trim = inspection?.source.trim;
  return trim === undefined ? null : requestOf(trim);
}

/** Opens contributors' tabs with one encoder each. They join while the owner's tab is already at work. */
async function openContributors(
  count: number,
  { browser, tab, job }: { browser: Browser; tab: OwnerTab; job: CreateJobResponse },
  say: (line: string) => void,
): Promise<ContributorTab[]> {
  if (count === 0) return [];
  const { joinUrl } = await tab.share(job);
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const name = `Tab ${index + 1}`;
      const helper = await ContributorTab.open(browser, joinUrl, { name, slots: 1 }, say);
      await helper.start();
      return helper;
    }),
  );
}

async function lastSeen(helpers: readonly ContributorTab[]): Promise<ContributorState[]> {
  const states = await Promise.all(helpers.map((helper) => helper.state()));
  return states.filter((state) => state !== null);
}

/** The ended job's status. Asks again for a while, since the page may learn of the end before a GET shows it. */
async function endedStatus(
  tab: OwnerTab,
  job: CreateJobResponse,
  signal: AbortSignal,
): Promise<JobStatus> {
  for (let tries = 0; ; tries += 1) {
    signal.throwIfAborted();
    const status = await tab.status(job);
    // A tab that gave up leaves its job running; then the running status is reported.
    if (hasEnded(status.state) || tries === 25) return status;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
