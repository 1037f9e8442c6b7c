import { type LeaseEnd, LeaseLoop } from "../../shared/holder/lease-loop.ts";
import type { LeaseWork, MadeTask } from "../../shared/holder/lease-work.ts";
import { DEFAULT_JOB_SETTINGS } from "../../shared/job/job.ts";
import type { CoordinatorMessage } from "../../shared/wire/coordinator-messages.ts";
import type { HolderMessage } from "../../shared/wire/holder-messages.ts";
import type { LeaseGrant } from "../../shared/wire/lease.ts";

/** A lease loop with its coordinator, encoders and storage by hand. */

/** Time that moves only when told to; timers run in order. */
class ManualClock {
  #nowMs = 0;
  #timers: { atMs: number; callback: () => void }[] = [];
  nowMs = () => this.#nowMs;
  random = () => 0.5;
  after = (ms: number, callback: () => void) => {
    const timer = { atMs: this.#nowMs + ms, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  };

  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      await settled();
      const next = this.#timers.toSorted((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined || next.atMs > untilMs) break;
      this.#timers = this.#timers.filter((other) => other !== next);
      this.#nowMs = next.atMs;
      next.callback();
    }
    this.#nowMs = untilMs;
    await settled();
  }
}

/** Lets everything that can run now run. */
export const settled = () => new Promise((resolve) => setImmediate(resolve));

const sha256 = "a".repeat(64);
export const made: MadeTask = {
  engine: "ffmpeg-wasm",
  encodeMs: 1,
  warnings: [],
  outputs: [
    {
      rendition: "v480",
      kind: "media",
      segment: 0,
      sizeBytes: 3,
      sha256,
      md5: `${"A".repeat(22)}==`,
      frames: 1,
      bytes: new ArrayBuffer(3),
    },
  ],
};

export function grantOf(n: number): LeaseGrant {
  return {
    leaseId: `lease-${n}`,
    attempt: 1,
    task: { id: `v-${n}`, kind: "video", renditions: ["v480"], firstSegment: n, segmentCount: 1 },
    segments: [{ index: n, startTicks: 0, durations: [[1, 3000]] }],
    renditions: [
      { id: "v480", kind: "video", width: 854, height: 480, bitsPerSecond: 1_400_000, level: 31 },
    ],
    source: {
      durationTicks: 3000,
      audio: [],
      video: {
        codec: "avc1.64001f",
        width: 854,
        height: 480,
        displayWidth: 854,
        displayHeight: 480,
        rotation: 0,
        frames: 1,
        frameRate: 30,
        interlaced: false,
        bitDepth: 8,
        transfer: "sdr",
        frameStep: 1,
      },
    },
    chunk: { from: "local" },
  };
}

export const welcome = (adopted: string[]): Extract<CoordinatorMessage, { type: "welcome" }> => ({
  type: "welcome",
  holderId: "me",
  adopted,
  heartbeatMs: 4000,
  job: {
    id: "job",
    state: "running",
    name: "clip",
    durationTicks: 3000,
    segmentCount: 1,
    error: null,
    warnings: [],
    createdAtMs: 0,
    firstPlayableAtMs: null,
    settings: DEFAULT_JOB_SETTINGS,
    tasksNeedingSource: 0,
    endedAtMs: null,
    bytesStored: 0,
    progress: 0,
    tasks: [],
    holders: [],
  },
});

export const put = { output: 0, url: "https://storage.test/object", headers: {} };

export function start(
  options: { slots?: number; prefetch?: number; work?: Partial<LeaseWork> } = {},
) {
  const clock = new ManualClock();
  const sent: HolderMessage[] = [];
  const ends: LeaseEnd[] = [];
  const link = { up: true };
  const running = new Map<string, (result: MadeTask | Error) => void>();
  const loop = new LeaseLoop({
    slots: options.slots ?? 1,
    prefetch: options.prefetch ?? 0,
    clock,
    send: (message) => {
      if (link.up) sent.push(message);
      return link.up;
    },
    onEnd: (_, end) => ends.push(end),
    work: {
      fetchChunk: async (grant) => ({
        info: {
          taskId: grant.task.id,
          sizeBytes: 1,
          baseTicks: 0,
          trimStartTicks: 0,
          trimEndTicks: 1,
        },
        bytes: new ArrayBuffer(1),
      }),
      transcode: (grant, _chunk, _onProgress, signal) =>
        new Promise((resolve, reject) => {
          running.set(grant.leaseId, (result) => {
            running.delete(grant.leaseId);
            if (result instanceof Error) reject(result);
            else resolve(result);
          });
          signal.addEventListener("abort", () => {
            running.delete(grant.leaseId);
            reject(signal.reason);
          });
        }),
      put: async () => {},
      ...options.work,
    },
  });
  const types = () => sent.map(({ type }) => type);
  const last = () => sent.at(-1);
  const take = async (...numbers: number[]) => {
    loop.receive({ type: "grant", grants: numbers.map(grantOf) });
    await settled();
  };
  loop.receive(welcome([]));
  return { clock, sent, ends, link, running, loop, types, last, take };
}
