import type { HolderSource } from "../../shared/holder/chunk-stager.ts";
import { LeaseHolder } from "../../shared/holder/lease-holder.ts";
import type { LeaseEnd } from "../../shared/holder/lease-run.ts";
import type { Chunk, HolderEncoder, MadeTask } from "../../shared/holder/lease-work.ts";
import type { HttpFetch } from "../../shared/holder/storage-transfer.ts";
import { DEFAULT_JOB_SETTINGS } from "../../shared/job/job.ts";
import type { CoordinatorMessage } from "../../shared/wire/coordinator-messages.ts";
import type { HolderMessage } from "../../shared/wire/holder-messages.ts";
import type { LeaseGrant } from "../../shared/wire/lease.ts";
import { planOf } from "../schedule/plan-of.ts";
import { LocalSocket } from "./local-socket.ts";
import { ManualClock, settled } from "./manual-clock.ts";

/** A lease holder whose coordinator, encoder, storage and clock are controlled by the test. */

type Hello = Extract<HolderMessage, { type: "hello" }>;

const PLAN = planOf(2);

const sha256 = "a".repeat(64);
/** The result of every task. */
export const made: MadeTask = {
  engine: "ffmpeg-wasm",
  encodeMs: 1,
  notices: [],
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

/** A lease `lease-n` for segment n. */
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

/** A welcome of the coordinator. @param adopted leases that the coordinator still knows */
export const welcome = (adopted: string[]): Extract<CoordinatorMessage, { type: "welcome" }> => ({
  type: "welcome",
  holderId: "me",
  adopted,
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

/** The signed PUT for the output of `made`. */
export const put = { output: 0, url: "https://storage.test/object", headers: {} };

interface HandOptions {
  slots?: number;
  prefetch?: number;
  encoder?: Partial<HolderEncoder>;
  cutChunk?: HolderSource["cutChunk"];
  fetch?: HttpFetch;
}

/** A welcomed holder. Its encoder ends a task when the test calls its entry in `running`. */
export async function start(options: HandOptions = {}) {
  const clock = new ManualClock();
  /** All messages except hellos and pings. */
  const sent: HolderMessage[] = [];
  const hellos: Hello[] = [];
  const ends: LeaseEnd[] = [];
  const running = new Map<string, (result: MadeTask | Error) => void>();
  /** All sockets so far, with the newest one last. */
  const sockets: LocalSocket[] = [];
  const holder = new LeaseHolder({
    identity: {
      role: "owner",
      holderId: "me",
      name: "Me",
      device: "",
      engines: ["ffmpeg-wasm"],
    },
    slots: options.slots ?? 1,
    prefetch: options.prefetch ?? 0,
    clock,
    ticket: async () => "",
    connect: () => {
      const socket = new LocalSocket({
        onMessage: (message) => {
          if (message.type === "hello") hellos.push(message);
          else sent.push(message);
        },
        onPing: () => queueMicrotask(() => socket.pong()),
      });
      sockets.push(socket);
      queueMicrotask(() => socket.open());
      return socket;
    },
    onEnd: (_, end) => ends.push(end),
    source: {
      plan: PLAN,
      cutChunk: async ({ task }) => chunkOf(task.id),
      ...(options.cutChunk && { cutChunk: options.cutChunk }),
    },
    encoder: {
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
      ...options.encoder,
    },
    fetch: options.fetch ?? answering(200),
  });
  const types = () => sent.map(({ type }) => type);
  const last = () => sent.at(-1);
  const receive = (message: CoordinatorMessage) => sockets.at(-1)?.deliver(message);
  const take = async (...numbers: number[]) => {
    receive({ type: "grant", grants: numbers.map(grantOf) });
    await settled();
  };
  /** Breaks the connection. */
  const cut = () => sockets.at(-1)?.break();
  /** Waits until the holder has reconnected and sent its hello. The test sends the welcome. */
  const comeBack = async () => {
    const before = hellos.length;
    while (hellos.length === before) await clock.advance(500);
  };
  await settled();
  receive(welcome([]));
  return {
    clock,
    sent,
    hellos,
    sockets,
    ends,
    running,
    holder,
    types,
    last,
    take,
    receive,
    cut,
    comeBack,
  };
}

/** Storage that gives these answers to the calls in order, and the last one to all further calls. */
export function answering(...answers: (number | Error)[]): HttpFetch {
  let calls = 0;
  return async () => {
    const answer = answers[Math.min(calls, answers.length - 1)] ?? 200;
    calls += 1;
    if (answer instanceof Error) throw answer;
    return { status: answer, arrayBuffer: async () => new ArrayBuffer(0) };
  };
}

export function chunkOf(taskId: string): Chunk {
  const info = { taskId, sizeBytes: 1, baseTicks: 0, trimStartTicks: 0, trimEndTicks: 1 };
  return { info, bytes: new ArrayBuffer(1) };
}
