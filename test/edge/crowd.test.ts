import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { namedHashes } from "../../shared/job/object-keys.ts";
import { parseMediaPlaylist } from "../playlist/media-playlist.ts";
import { outputsOfEqualSegments, planOfEqualSegments } from "./equal-segments.ts";
import { LoopingHolder } from "./looping-holder.ts";
import type { MadeOutput } from "./made-job.ts";
import { createJob, lies, madeOutputs, plan, playlist, status } from "./scripted-holder.ts";
import { ENGINE, ownerWithChunks, share } from "./scripted-swarm.ts";

// Many holders at once. Everything is real except the encoders: their results were made before.

beforeAll(() => applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS));

const CONTRIBUTORS = 200;
/** Contributors that vanish in the middle of their first encode, without a message. */
const VANISHING = 20;
/** 20 minutes of video. */
const SEGMENTS = 200;

test(`${CONTRIBUTORS} sockets on one coordinator, some of which vanish: no task is lost`, {
  timeout: 900_000,
}, async () => {
  const long = planOfEqualSegments(SEGMENTS);
  const truth = await outputsOfEqualSegments(SEGMENTS, madeOutputs);
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
  // One trusted tab, which makes the audits that need a trusted holder.
  const outputs = ({ firstSegment }: { firstSegment: number }) => truth[firstSegment] ?? [];
  const auditor = new LoopingHolder(job, outputs, {
    identity: { role: "owner", engines: [ENGINE] },
    token: job.ownerToken,
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
  // All contributors are new. How many of their results are only sampled depends on the auditor's speed.
  expect(["hash", "sampled"]).toEqual(expect.arrayContaining([...ways]));
  expect(ways).toContain("hash");

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
  // Three videos of one plan: a segment from another job would have another hash.
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
  // The playlists name exactly these segments, and all of them.
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
