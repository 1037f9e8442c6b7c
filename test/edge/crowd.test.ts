import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { only, readBoxes, readChildren } from "../../shared/isobmff/box.ts";
import { type JobPlan, segmentDurationTicks, segmentFrames } from "../../shared/job/job.ts";
import { namedHashes } from "../../shared/job/object-keys.ts";
import type { OutputFacts } from "../../shared/wire/lease.ts";
import { parseMediaPlaylist } from "../playlist/media-playlist.ts";
import { LoopingHolder } from "./looping-holder.ts";
import type { MadeOutput } from "./made-job.ts";
import {
  bytesOf,
  createJob,
  hashed,
  lies,
  made,
  madeOutputs,
  plan,
  playlist,
  status,
} from "./scripted-holder.ts";
import { ENGINE, ownerWithChunks, share } from "./scripted-swarm.ts";

// Many at once: everything is real but the encoders, whose result was made before.

beforeAll(() => applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS));

const CONTRIBUTORS = 200;
/** They vanish in the middle of their first encode, without a word. */
const VANISHING = 20;
/** 20 minutes of video. */
const SEGMENTS = 200;
const RENDITION = plan.video.at(-1)?.id ?? "";

test(`${CONTRIBUTORS} sockets on one coordinator, some of which vanish: no task is lost`, {
  timeout: 900_000,
}, async () => {
  const long = planOfEqualSegments();
  const truth = await Promise.all(long.tasks.map(({ firstSegment }) => outputsOf(firstSegment)));
  const job = await createJob(long);
  const staging = await ownerWithChunks(job, { tasks: long.tasks.length });
  const token = await share(job, { maxContributors: CONTRIBUTORS });

  const beganAtMs = performance.now();
  const crowd = Array.from({ length: CONTRIBUTORS }, (_, index) => {
    return new LoopingHolder(job, ({ firstSegment }) => truth[firstSegment] ?? [], {
      identity: { role: "contributor", engines: [ENGINE] },
      token,
      encodeMs: 300 + (index % 10) * 50,
      vanishes: index < VANISHING,
    });
  });
  // One tab that is trusted, for what it takes to prove something of all.
  const outputs = ({ firstSegment }: { firstSegment: number }) => truth[firstSegment] ?? [];
  const auditor = new LoopingHolder(job, outputs, {
    identity: { role: "owner", token: job.ownerToken, engines: [ENGINE] },
    encodeMs: 50,
  });
  staging.close();
  await Promise.all([auditor, ...crowd].map((holder) => holder.ended()));
  const tookMs = performance.now() - beganAtMs;

  const { state, tasks, segments, warnings, holders } = await status(job);
  expect({ state, warnings }).toEqual({ state: "ready", warnings: [] });
  expect(tasks.filter(({ attempts }) => attempts > 0)).toEqual([]);
  const inOrder = [...segments].sort((a, b) => a.segment - b.segment);
  expect(inOrder.map(({ sha256 }) => sha256)).toEqual(
    truth.map((outputs) => outputs.find(({ kind }) => kind === "media")?.sha256),
  );
  expect(holders.filter(({ trust }) => trust === "banned")).toEqual([]);
  const theirs = segments.filter(({ role }) => role === "contributor");
  const ways = new Set(theirs.map(({ verified }) => verified));
  expect([...ways].sort()).toEqual(["hash", "sampled"]);

  const results = [auditor, ...crowd].reduce((sum, { accepted }) => sum + accepted, 0);
  expect(results).toBeGreaterThanOrEqual(SEGMENTS);
  const messages = crowd.reduce((sum, each) => sum + each.sent + each.received, 0);
  // Coordinator, gate, storage and all the clients share one process and its few cores.
  const aSecond = (count: number) => ((1000 * count) / tookMs).toFixed(1);
  console.log(
    `${CONTRIBUTORS} sockets, ${SEGMENTS} tasks in ${(tookMs / 1000).toFixed(1)} s: ` +
      `${results} results, audits included (${aSecond(results)} a second), ` +
      `${messages} messages (${aSecond(messages)} a second)`,
  );
});

test("ten jobs at once with three contributors each: all ready, exact, and nobody's but its own", {
  timeout: 600_000,
}, async () => {
  // Three videos of one plan: what came from another job would have another hash.
  const videos = [madeOutputs, lies.black, lies.shifted];
  const beganAtMs = performance.now();
  await Promise.all(
    Array.from({ length: 10 }, (_, nth) => makeWithThree(videos[nth % videos.length] ?? {})),
  );
  console.log(`ten jobs of 20 s: ${((performance.now() - beganAtMs) / 1000).toFixed(1)} s`);
});

async function makeWithThree(video: Record<string, MadeOutput[]>): Promise<void> {
  const job = await createJob();
  const staging = await ownerWithChunks(job);
  const token = await share(job);
  const outputs = ({ id }: { id: string }) => video[id] ?? [];
  const helpers = Array.from({ length: 3 }, () => {
    const identity = { role: "contributor" as const, engines: [ENGINE] };
    return new LoopingHolder(job, outputs, { identity, token, encodeMs: 200 });
  });
  const owner = new LoopingHolder(job, outputs, {
    identity: { role: "owner", engines: [ENGINE] },
    token: job.ownerToken,
    encodeMs: 200,
    hasSource: true,
  });
  staging.close();
  await Promise.all([owner, ...helpers].map((holder) => holder.ended()));

  const { state, tasks, segments, warnings, holders } = await status(job);
  expect({ state, warnings }).toEqual({ state: "ready", warnings: [] });
  expect(tasks.filter(({ attempts }) => attempts > 0)).toEqual([]);
  const truth = plan.tasks.flatMap(outputs).filter(({ kind }) => kind === "media");
  expect(segments.map(({ sha256 }) => sha256).sort()).toEqual(
    truth.map(({ sha256 }) => sha256).sort(),
  );
  const ids = holders.map(({ id }) => id);
  for (const { holder } of segments) expect(ids).toContain(holder);
  expect(segments.some(({ role }) => role === "contributor")).toBe(true);
  // What is published is that, and all of it.
  for (const { id } of [...plan.video, ...plan.audio]) {
    const { endlist, segments: shown } = parseMediaPlaylist(
      await playlist(job, `${id}/playlist.m3u8`),
    );
    expect(endlist).toBe(true);
    const own = truth.filter(({ rendition }) => rendition === id);
    expect(shown.map(({ uri }) => namedHashes(`/${uri}`)?.sha256).sort()).toEqual(
      own.map(({ sha256 }) => sha256).sort(),
    );
  }
}

/** The first segment of the real job, over and over. */
function planOfEqualSegments(): JobPlan {
  const [first] = plan.segments;
  const task = plan.tasks.find(({ kind }) => kind === "video");
  if (first === undefined || task === undefined) throw new Error("There is nothing to repeat.");
  const ticks = segmentDurationTicks(first);
  const every = Array.from({ length: SEGMENTS }, (_, index) => index);
  const { source } = plan;
  return {
    source: {
      ...source,
      durationTicks: SEGMENTS * ticks,
      video: { ...source.video, frames: SEGMENTS * segmentFrames(first) },
      audio: [],
    },
    video: plan.video.filter(({ id }) => id === RENDITION),
    audio: [],
    segments: every.map((index) => ({ ...first, index, startTicks: index * ticks })),
    tasks: every.map((index) => ({
      ...task,
      id: `v-${index}`,
      renditions: [RENDITION],
      firstSegment: index,
    })),
  };
}

/** What was made of the first segment, at the time of another one. */
async function outputsOf(segment: number): Promise<MadeOutput[]> {
  const [first] = plan.segments;
  const task = plan.tasks.find(({ kind }) => kind === "video");
  const outputs = made(task?.id ?? "").filter(
    (output) => output.rendition === RENDITION && (output.kind === "init" || output.segment === 0),
  );
  if (first === undefined || outputs.length !== 2) throw new Error("There is nothing to repeat.");
  return Promise.all(
    outputs.map((output) => {
      if (output.kind === "init") return { ...output, segment };
      const bytes = bytesOf(output);
      delay(bytes, segment * segmentDurationTicks(first));
      const { base64: _, ...offered } = output;
      return hashed({ ...offered, segment } satisfies OutputFacts, bytes);
    }),
  );
}

/** Adds to the time of each fragment (ISO/IEC 14496-12, 8.8.12: version 1 has 64 bits). */
function delay(bytes: Uint8Array, ticks: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const moof of readBoxes(bytes).filter(({ type }) => type === "moof")) {
    const traf = only(readChildren(bytes, moof), "traf");
    const { bodyStart } = only(readChildren(bytes, traf), "tfdt");
    view.setBigUint64(bodyStart + 4, view.getBigUint64(bodyStart + 4) + BigInt(ticks));
  }
}
