import {
  DEFAULT_JOB_SETTINGS,
  TICKS_PER_SECOND,
  type VideoRendition,
} from "../../../shared/job/job.ts";
import type { LadderRung } from "../../../shared/plan/rungs.ts";
import type { HolderView, JobView, TaskView } from "../../../shared/wire/job-view.ts";
import type {
  Inspection,
  JobAddress,
  OwnerState,
  RunningState,
  Work,
} from "../../../web/owner/owner-api.ts";

/**
 * States of the upload page by name, for looking at and testing single views. These are inputs of views only; real
 * states are tested with the real holder.
 */

const NAME = "harbour-walk-2026.mp4";

export function videoRenditions(ladder: readonly LadderRung[]): VideoRendition[] {
  return ladder.map(({ shortSide, kilobitsPerSecond }) => ({
    id: `v${shortSide}`,
    kind: "video",
    width: Math.round((shortSide * 16) / 18) * 2,
    height: shortSide,
    bitsPerSecond: kilobitsPerSecond * 1000,
    level: 31,
  }));
}

const LADDER: LadderRung[] = [
  { shortSide: 720, kilobitsPerSecond: 3000 },
  { shortSide: 480, kilobitsPerSecond: 1400 },
  { shortSide: 360, kilobitsPerSecond: 800 },
  { shortSide: 240, kilobitsPerSecond: 400 },
];

/** An HDR video from a camera, as the page reads it. */
export const INSPECTION: Inspection = {
  source: {
    name: NAME,
    sizeBytes: 184_220_131,
    fingerprint: "5".repeat(64),
    container: "mov",
    durationTicks: 312 * TICKS_PER_SECOND,
    video: {
      codec: "hvc1.2.4.L93.B0",
      width: 1280,
      height: 720,
      displayWidth: 1280,
      displayHeight: 720,
      rotation: 0,
      frames: 9350,
      frameRate: 29.97,
      interlaced: false,
      bitDepth: 10,
      transfer: "hlg",
      frameStep: 1,
    },
    audio: [
      {
        track: 0,
        codec: "mp4a.40.2",
        channels: 2,
        sampleRate: 48_000,
        language: "en",
        title: null,
        isDefault: true,
        startTicks: 0,
        durationTicks: 312 * TICKS_PER_SECOND,
      },
      {
        track: 1,
        codec: "ac-3",
        channels: 6,
        sampleRate: 48_000,
        language: "pt",
        title: "Comentário",
        isDefault: false,
        startTicks: 0,
        durationTicks: 312 * TICKS_PER_SECOND,
      },
    ],
    warnings: [],
    notices: [],
  },
  ladder: LADDER,
  video: videoRenditions(LADDER),
  audio: [
    {
      id: "a0",
      kind: "audio",
      track: 0,
      sampleRate: 48_000,
      channels: 2,
      bitsPerSecond: 128_000,
      language: "en",
      name: "English",
      isDefault: true,
    },
  ],
  audioChoice: {},
  segmentCount: 52,
  taskCount: 58,
  estimatedBytes: 222_600_000,
  pictureEngine: "ffmpeg-wasm",
  fastRefusal: "The browser does not hand out pictures of this kind as they are.",
  fastRefusalCode: "HDR",
  remuxed: false,
};

type CellPlan = TaskView["state"][];

/** A job with a video task for each given state, of one segment each, and audio tasks of ten segments. */
export function job(states: CellPlan, change: Partial<JobView> = {}): JobView {
  const task = (state: TaskView["state"], index: number): TaskView => ({
    id: `v-${index}`,
    kind: "video",
    firstSegment: index,
    segmentCount: 1,
    state,
    attempts: state === "backoff" ? 1 : state === "failed" ? 3 : 0,
    progress: state === "leased" ? 0.2 + ((index * 37) % 70) / 100 : 0,
    holder: "tab",
    lastError: state === "failed" || state === "backoff" ? "DECODE_FAILED" : null,
  });
  const audioDone = states.filter((state) => state === "done").length;
  const audio: TaskView[] = [];
  for (let first = 0; first < states.length; first += 10) {
    const segmentCount = Math.min(10, states.length - first);
    const state = first < audioDone + 10 ? "done" : "ready";
    audio.push({ ...task(state, first), id: `a-${first}`, kind: "audio", segmentCount });
  }
  return {
    id: "story",
    state: "running",
    name: NAME,
    durationTicks: states.length * 6 * TICKS_PER_SECOND,
    segmentCount: states.length,
    error: null,
    warnings: [],
    createdAtMs: 1_795_000_000_000,
    firstPlayableAtMs: null,
    settings: DEFAULT_JOB_SETTINGS,
    tasksNeedingSource: 0,
    endedAtMs: null,
    bytesStored: 0,
    progress: audioDone / Math.max(1, states.length),
    tasks: [...states.map(task), ...audio],
    holders: [OWNER],
    ...change,
  };
}

const OWNER: HolderView = {
  id: "tab",
  role: "owner",
  name: "This tab",
  device: "Chrome",
  connected: true,
  slots: 4,
  tasksDone: 19,
  speed: 1.3,
  engines: ["ffmpeg-wasm"],
  trust: "trusted",
};

/** States of tasks in the middle of a job. @param done number of finished tasks */
export function cells(count: number, done: number): CellPlan {
  return Array.from({ length: count }, (_, index) => {
    if (index < done) return "done";
    if (index === done) return "checking";
    if (index < done + 4) return "leased";
    if (index === done + 4 && count > 20) return "backoff";
    return index < done + 12 ? "ready" : "waiting";
  });
}

const ADDRESS: JobAddress = {
  jobId: "story",
  watchUrl: "https://tributary.example/watch/Yw3kT9qGm2",
  masterUrl: "https://tributary.example/v/Yw3kT9qGm2/master.m3u8",
  visibility: "unlisted" as const,
};

const WORK = {
  connected: true,
  overHttp: false,
  job: job(cells(52, 19)),
  slots: [
    { state: "encoding", taskId: "v-20", progress: 0.62, engine: "ffmpeg-wasm" },
    { state: "encoding", taskId: "v-21", progress: 0.31, engine: "ffmpeg-wasm" },
    { state: "uploading", taskId: "v-22", progress: 0.85, engine: null },
    { state: "idle", taskId: null, progress: 0, engine: null },
  ],
  share: 0.41,
  paused: false,
  busyShare: 0.94,
  bytesUploaded: 82_400_000,
  speed: 1.42,
  etaSeconds: 139,
  stalledSeconds: null,
  disconnectedSeconds: null,
} satisfies Work;

/** On a site without servers, the page says nothing about who does the work. */
const ALONE = { part: "alone", reason: "no-servers", measuredSpeed: null } as const;

const FILE = { fileName: NAME, inspection: INSPECTION, part: ALONE };

const RUNNING = { ...FILE, phase: "running", address: ADDRESS, work: WORK } satisfies RunningState;

const ENDED = { fileName: NAME, inspection: INSPECTION, part: FILE.part, address: ADDRESS };

export const STATES = {
  idle: { phase: "idle" },
  inspecting: { phase: "inspecting", fileName: "camcorder.avi", progress: 0.42 },
  inspected: { ...FILE, phase: "inspected", error: null },
  choices: {
    ...FILE,
    phase: "inspected",
    inspection: {
      ...INSPECTION,
      pictureEngine: "webcodecs",
      fastRefusal: null,
      fastRefusalCode: null,
    },
    part: { part: "helped", reason: "few-cores", measuredSpeed: null },
    error: null,
  },
  starting: { ...FILE, phase: "starting" },
  running: RUNNING,
  playing: {
    ...RUNNING,
    work: { ...WORK, job: job(cells(52, 19), { firstPlayableAtMs: 1_795_000_009_000 }) },
  },
  short: { ...RUNNING, work: { ...WORK, job: job(cells(5, 1)), etaSeconds: 12 } },
  long: { ...RUNNING, work: { ...WORK, job: job(cells(3000, 1240)), etaSeconds: 6200 } },
  helped: {
    ...RUNNING,
    work: { ...WORK, job: job(cells(52, 19), { tasksNeedingSource: 0 }) },
    part: { part: "helped", reason: "measured", measuredSpeed: 0.31 },
  },
  overHttp: { ...RUNNING, work: { ...WORK, overHttp: true } },
  offline: { ...RUNNING, work: { ...WORK, connected: false } },
  unconnected: {
    ...RUNNING,
    work: { ...WORK, job: null, share: 0, connected: false, disconnectedSeconds: 12, slots: [] },
  },
  "storage-silent": {
    ...RUNNING,
    work: {
      ...WORK,
      etaSeconds: null,
      stalledSeconds: 45,
      slots: [{ state: "uploading", taskId: "v-20", progress: 1, engine: null }],
    },
  },
  ready: {
    ...ENDED,
    phase: "ready",
    done: {
      ...WORK,
      job: job(Array(52).fill("done"), {
        state: "ready",
        firstPlayableAtMs: 1_795_000_009_000,
        endedAtMs: 1_795_000_214_000,
        bytesStored: 219_480_113,
        warnings: ["The sound begins 0.4 s after the picture; the gap is filled with silence."],
      }),
    },
  },
  unreadable: {
    phase: "failed",
    fileName: "download (3).mp4",
    inspection: null,
    part: null,
    address: null,
    done: null,
    error: {
      code: "SOURCE_TRUNCATED",
      message: "The index (moov) at the end of the file is missing.",
      retryable: false,
    },
  },
  failed: {
    ...ENDED,
    phase: "failed",
    done: {
      ...WORK,
      job: job([...Array(30).fill("done"), "failed", ...Array(21).fill("done")], {
        state: "failed",
        endedAtMs: 1_795_000_214_000,
      }),
    },
    error: { code: "TASK_FAILED", message: "Task v-30 failed in 3 attempts.", retryable: false },
  },
  "needs-file": {
    phase: "needs-file",
    fileName: NAME,
    address: ADDRESS,
    work: { ...WORK, slots: [] },
    comparing: null,
    error: null,
  },
  cancelled: { ...ENDED, phase: "cancelled", done: WORK },
} as const satisfies Record<string, OwnerState>;

export type StateName = keyof typeof STATES;
