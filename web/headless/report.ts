import type { FastRefusal } from "../../shared/encode/webcodecs-support.ts";
import type { WireError } from "../../shared/job/errors.ts";
import { messagesOf, type Notice, uncoded, withNotices } from "../../shared/job/notice.ts";
import { TICKS_PER_SECOND } from "../../shared/job/ticks.ts";
import type { Trim } from "../../shared/job/trim.ts";
import type { Captions } from "../../shared/wire/captions.ts";
import type { JobStatus } from "../../shared/wire/job-status.ts";
import type { ContributorState } from "../contributor/contributor-api.ts";
import type { ShownState } from "../pages/upload/shown-state.ts";
import type { CopiedPlaylists } from "./copy-playlists.ts";
import type { TabMemory } from "./tab-memory.ts";

/** Output of `npm run transcode -- --json`. Times are in milliseconds of wall-clock time. */
export interface TranscodeReport {
  ok: boolean;
  /** Null when ok. */
  error: WireError | null;
  file: string;
  sizeBytes: number;
  /** Seconds of video; null when the file could not be read. */
  durationSeconds: number | null;
  /** The part of the file that was made; null: the whole file. */
  trim: { startSeconds: number; endSeconds: number; sourceDurationSeconds: number } | null;
  /** Title that others see; null where the job was not begun. */
  title: string | null;
  jobId: string | null;
  watchUrl: string | null;
  masterUrl: string | null;
  /** Folder with master.m3u8; null when nothing was copied. */
  outDir: string | null;
  copied: CopiedPlaylists | null;
  times: {
    /** From the pick until the page shows the file's facts. */
    inspectedMs: number | null;
    /** From the pick; `...AfterStartMs` from the click on Start. */
    firstPlayableMs: number | null;
    firstPlayableAfterStartMs: number | null;
    readyMs: number | null;
    readyAfterStartMs: number | null;
  };
  /** Encoders of the owner's tab. `poolBusyShare`: the share of their time until the end in which they encoded. */
  slots: number;
  poolBusyShare: number | null;
  tabMemory: TabMemory | null;
  /** Bytes of the site itself (scripts, styles, wasm) that the owner's page fetched, as sent. */
  bytesDownloaded: number | null;
  bytesUploaded: number;
  bytesStored: number;
  warnings: string[];
  /** The same warnings with codes and times. */
  notices: Notice[];
  /** Why the browser's own codecs cannot make this source; null where they can, or where no file was read. */
  fastRefusal: FastRefusal | null;
  renditions: JobStatus["renditions"];
  /** Caption tracks: the source's, and those of `--captions`. */
  captions: Captions[];
  /** Whether the source file was uploaded to be kept with the video (`--keep-original`). */
  originalKept: boolean;
  /** Address of the poster; null: there is none. */
  posterUrl: string | null;
  /** Address of the WebVTT with preview pictures; null: there is none. */
  storyboardUrl: string | null;
  /** Engines that made accepted segments. */
  engines: string[];
  tasks: Pick<JobStatus["tasks"][number], "id" | "kind" | "state" | "attempts" | "lastError">[];
  holders: JobStatus["holders"];
  /** The job's settings at the end; null where there was no job. */
  settings: JobStatus["settings"] | null;
  /** Number of accepted segments by lease holder, engine and kind of verification. */
  makers: Maker[];
  /** State of the contributor tabs of `--contributors` at the end. */
  contributors: Pick<
    ContributorState,
    "phase" | "tasksDone" | "bytesDownloaded" | "bytesUploaded" | "error"
  >[];
  /** Each accepted segment: its rendition, lease holder, engine, attempt and kind of verification. */
  segments: JobStatus["segments"];
}

/** Output for several files. */
export interface BatchReport {
  /** Whether all files are ok. */
  ok: boolean;
  /** The first error; null when ok. */
  error: WireError | null;
  /** In the order in which they were made. */
  files: TranscodeReport[];
}

/** Number of accepted segments that one lease holder made with one engine, by kind of verification. */
export interface Maker {
  holder: string;
  name: string;
  role: JobStatus["segments"][number]["role"];
  engine: string;
  verified: JobStatus["segments"][number]["verified"];
  segments: number;
}

/** Observations of one job, in the order in which they are made. A missing one was not made. */
export interface Observations {
  file: string;
  sizeBytes: number;
  pickedAtMs: number;
  inspectedAtMs?: number;
  startedAtMs?: number;
  job?: { jobId: string; watchUrl: string; masterUrl: string };
  state?: ShownState;
  /** Slots of the tab while it worked. */
  slots?: number;
  status?: JobStatus;
  tabMemory?: TabMemory | null;
  downloadedBytes?: number;
  contributors?: ContributorState[];
  outDir?: string;
  copied?: CopiedPlaylists;
  captions?: Captions[];
  keptOriginal?: boolean;
}

/**
 * The JSON report of one job.
 * @param error null where the video is ready
 */
export function makeReport(seen: Observations, error: WireError | null): TranscodeReport {
  const { status, state, job } = seen;
  // The edge's clock may differ from this machine's, so only times of the same clock are subtracted.
  const atEdge = (atMs: number | null | undefined): number | null =>
    status === undefined || atMs === null || atMs === undefined ? null : atMs - status.createdAtMs;
  const waitedMs = (seen.startedAtMs ?? seen.pickedAtMs) - seen.pickedAtMs;
  const fromPick = (ms: number | null): number | null => (ms === null ? null : ms + waitedMs);
  const firstPlayable = atEdge(status?.firstPlayableAtMs);
  const ready = status?.state === "ready" ? atEdge(status.endedAtMs) : null;
  // All notices that the page shows: those about the file, and those that came up during the work.
  const inSource = status?.source?.notices ?? state?.inspection?.source.notices ?? [];
  const ofCaptions = (seen.captions ?? []).flatMap(({ notices }) => notices);
  const ofWork = [
    ...(status?.notices ?? state?.job?.notices ?? []),
    ...(state?.captions?.notices ?? []),
    ...(state?.pictures?.notices ?? []),
  ];
  const found = withNotices(inSource, [...ofWork, ...ofCaptions]);
  const atWork = status?.warnings ?? state?.warnings ?? [];
  const warnings = [
    ...new Set([...(state?.inspection?.source.warnings ?? []), ...messagesOf(found), ...atWork]),
  ];
  const durationTicks = status?.durationTicks ?? state?.inspection?.source.durationTicks;
  return {
    ok: error === null,
    error,
    file: seen.file,
    sizeBytes: seen.sizeBytes,
    durationSeconds: durationTicks === undefined ? null : durationTicks / TICKS_PER_SECOND,
    trim: trimOf(status?.source?.trim ?? state?.inspection?.source.trim),
    title: seen.status?.title ?? null,
    jobId: job?.jobId ?? null,
    watchUrl: job?.watchUrl ?? null,
    masterUrl: job?.masterUrl ?? null,
    outDir: seen.copied === undefined ? null : (seen.outDir ?? null),
    copied: seen.copied ?? null,
    times: {
      inspectedMs: seen.inspectedAtMs === undefined ? null : seen.inspectedAtMs - seen.pickedAtMs,
      firstPlayableMs: fromPick(firstPlayable),
      firstPlayableAfterStartMs: firstPlayable,
      readyMs: fromPick(ready),
      readyAfterStartMs: ready,
    },
    slots: seen.slots ?? 0,
    poolBusyShare: state?.busyShare ?? null,
    tabMemory: seen.tabMemory ?? null,
    bytesDownloaded: seen.downloadedBytes ?? null,
    bytesUploaded: state?.bytesUploaded ?? 0,
    bytesStored: status?.bytesStored ?? 0,
    fastRefusal: fastRefusalOf(state),
    warnings,
    notices: [...found, ...uncoded(warnings.filter((each) => !messagesOf(found).includes(each)))],
    renditions: status?.renditions ?? [],
    captions: seen.captions ?? [],
    originalKept: seen.keptOriginal === true,
    posterUrl: addressOf(seen, status?.poster?.path ?? state?.pictures?.poster?.path),
    storyboardUrl: addressOf(seen, status?.storyboardPath),
    engines: [...new Set(status?.segments.map(({ engine }) => engine) ?? [])].sort(),
    tasks: (status?.tasks ?? []).map(({ id, kind, state, attempts, lastError }) => ({
      id,
      kind,
      state,
      attempts,
      lastError,
    })),
    holders: status?.holders ?? [],
    settings: status?.settings ?? null,
    makers: status === undefined ? [] : makersOf(status),
    contributors: (seen.contributors ?? []).map(
      ({ phase, tasksDone, bytesDownloaded, bytesUploaded, error: why }) => ({
        phase,
        tasksDone,
        bytesDownloaded,
        bytesUploaded,
        error: why,
      }),
    ),
    segments: status?.segments ?? [],
  };
}

function trimOf(trim: Trim | undefined): TranscodeReport["trim"] {
  if (trim === undefined) return null;
  const toSeconds = (ticks: number) => ticks / TICKS_PER_SECOND;
  return {
    startSeconds: toSeconds(trim.startTicks),
    endSeconds: toSeconds(trim.endTicks),
    sourceDurationSeconds: toSeconds(trim.sourceDurationTicks),
  };
}

/** @param path of an address on the site; null: there is none */
function addressOf({ job }: Observations, path: string | null | undefined): string | null {
  return job === undefined || path == null ? null : new URL(path, job.watchUrl).href;
}

function fastRefusalOf(state: ShownState | undefined): FastRefusal | null {
  const { fastRefusal: message, fastRefusalCode: code } = state?.inspection ?? {};
  return message && code ? { code, message } : null;
}

/** How many segments each lease holder made, by engine and kind of verification. */
export function makersOf({ segments, holders }: JobStatus): Maker[] {
  const makers = new Map<string, Maker>();
  for (const { holder, role, engine, verified } of segments) {
    const key = [holder, engine, verified].join();
    const name = holders.find(({ id }) => id === holder)?.name ?? "";
    const maker = makers.get(key) ?? { holder, name, role, engine, verified, segments: 0 };
    makers.set(key, { ...maker, segments: maker.segments + 1 });
  }
  return [...makers.values()];
}

const HELPERS_RESULTS: Readonly<Record<Maker["verified"], string>> = {
  hash: "proven, made again by somebody trusted with the same bytes",
  picture: "proven, looked at by somebody trusted",
  sampled: "not looked at; others of the link, drawn by lot, were proven",
  evidence: "not proven; a helper in another network made the same",
  gate: "not verified",
};

/** The report of several files, for people. */
export function describeBatch({ files }: BatchReport): string {
  const ready = files.filter(({ ok }) => ok).length;
  const lines = files.map((report) => `${report.file}\n${describeReport(report)}`);
  return [...lines, `${ready} of ${files.length} ready`].join("\n");
}

/** The report for people. */
export function describeReport(report: TranscodeReport): string {
  if (report.error !== null) return `${report.error.code}: ${report.error.message}`;
  const seconds = (ms: number | null) => (ms === null ? "?" : `${(ms / 1000).toFixed(1)} s`);
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  const { times } = report;
  const lines = [
    `Ready: ${report.masterUrl}`,
    `  ${report.segments.length} segments of ${report.renditions.length} renditions by ${report.engines.join(", ")}, ${megabytes(report.bytesStored)}`,
    `  first playable after ${seconds(times.firstPlayableMs)}, ready after ${seconds(times.readyMs)} (file read in ${seconds(times.inspectedMs)})`,
  ];
  const failed = report.tasks.reduce((sum, { attempts }) => sum + attempts, 0);
  if (failed > 0) lines.push(`  ${failed} failed attempts, made good`);
  if (report.poolBusyShare !== null) {
    lines.push(
      `  ${report.slots} encoders, busy ${Math.round(report.poolBusyShare * 100)} % of the time`,
    );
  }
  if (report.contributors.length > 0) {
    for (const { name, role, engine, verified, segments } of report.makers) {
      const how = role === "contributor" ? HELPERS_RESULTS[verified] : "made by somebody trusted";
      lines.push(`  ${segments} segments by ${name || role} (${role}, ${engine}): ${how}`);
    }
  }
  if (report.tabMemory !== null) {
    lines.push(`  ${megabytes(report.tabMemory.peakBytes)}: ${report.tabMemory.measured}`);
  }
  if (report.captions.length > 0) {
    const tracks = report.captions.map(
      ({ name, language, cues }) => `${name} (${language}, ${cues})`,
    );
    lines.push(`  captions: ${tracks.join(", ")}`);
  }
  if (report.outDir !== null) lines.push(`  copied to ${report.outDir}/master.m3u8`);
  for (const warning of report.warnings) lines.push(`  Note: ${warning}`);
  return lines.join("\n");
}
