import { lowerBounds } from "../bounds.ts";
import type { Traits } from "../holder.ts";
import { atSchool, job, laptops, schoolJobs, stageMs } from "./days.ts";
import {
  type FinishedJob,
  HOUR_MS,
  ownerOf,
  type PoolCounts,
  PoolWorld,
  type SimulatedJob,
  type SimulatedMember,
} from "./pool-world.ts";

export interface PoolScenario {
  name: string;
  members: SimulatedMember[];
  jobs: SimulatedJob[];
  startsAtMs?: number;
  seed?: number;
  /** Number of pool objects, each with a part of the members; default: 1. Jobs report to all of them. */
  shards?: number;
}

export interface PoolJobRow {
  id: string;
  owner: string;
  minutes: number;
  isReady: boolean;
  /** Time from its creation until the pool sent the first member; null: it never did. */
  waitedMs: number | null;
  /** Time from its creation to its end. */
  tookMs: number;
  /** Lower bound, audits included, if the job had the whole pool for itself from its arrival on. */
  aloneMs: number;
  audits: number;
  results: number;
  copiesSeconds: number;
  lostSeconds: number;
  liesPublished: number;
}

export interface PoolRow {
  name: string;
  members: number;
  jobs: PoolJobRow[];
  /** Jain's index of each window in which several owners waited. */
  fairness: number[];
  counts: PoolCounts;
  /** Number of sockets opened to coordinators. */
  sockets: number;
  /** Number of holders' messages. */
  messages: number;
  banned: number;
}

const LIMIT_MS = 20 * HOUR_MS;
const SEGMENT_SECONDS = 6;

/** Scenarios by the name for `npm run simulate -- --pool NAME`. The seed determines the machines and the day. */
export const POOL_SCENARIOS: Readonly<Record<string, (seed: number) => PoolScenario>> = {
  hour: (seed) => hour("an hour of 1080p, 30 known laptops", 100, seed),
  "hour-new": (seed) => hour("an hour of 1080p, 30 new laptops", 0, seed),
  short: (seed) => ({
    name: "5 minutes that come behind 90",
    members: laptops(30, { seed, proven: 100 }),
    jobs: [job("90-minutes", "one", 90, 0), job("5-minutes", "two", 5, 120_000)].map(fast),
  }),
  "short-alone": (seed) => ({
    name: "5 minutes alone",
    members: laptops(30, { seed, proven: 100 }),
    jobs: [job("5-minutes", "two", 5, 120_000)].map(fast),
  }),
  day: (seed) => day("a school day, known laptops", 100, seed),
  "day-new": (seed) => day("a school day, new laptops", 0, seed),
  liars: (seed) => {
    const { members, ...rest } = day("a school day, 3 of 30 begin to lie", 100, seed);
    const lies = (result: number) => result > 5;
    return {
      ...rest,
      members: members.map((each, i) => (i % 10 === 3 ? { ...each, lies } : each)),
    };
  },
  crowd: (seed) => crowd(1, seed),
  "crowd-shards": (seed) => crowd(4, seed),
};

function crowd(shards: number, seed: number): PoolScenario {
  return {
    name: `1,000 machines, 100 jobs of 10 to 60 minutes${shards > 1 ? `, ${shards} shards` : ""}`,
    shards,
    members: laptops(1_000, { seed: seed + 4, proven: 100, slots: 1 }),
    jobs: Array.from({ length: 100 }, (_, index) => {
      const minutes = 10 + ((index * 37) % 51);
      return fast(job(`job-${index}`, `owner-${index % 40}`, minutes, (index % 10) * 60_000));
    }),
  };
}

function hour(name: string, proven: number, seed: number): PoolScenario {
  const members = laptops(30, { seed, proven });
  return { name, seed, members, jobs: [fast(job("60-minutes", "one", 60, 0))] };
}

function day(name: string, proven: number, seed: number): PoolScenario {
  const members = atSchool(laptops(30, { seed, proven }), seed + 1);
  return { name, seed, members, jobs: schoolJobs(seed + 2), startsAtMs: 8 * HOUR_MS };
}

/** The same job with a fast uplink, like an owner's in the school's own network. */
function fast(of: SimulatedJob): SimulatedJob {
  return { ...of, stageMs: stageMs(1_000) };
}

export async function simulatePool(scenario: PoolScenario): Promise<PoolRow> {
  const { name, members, jobs, startsAtMs = 0, seed = 1, shards = 1 } = scenario;
  const world = new PoolWorld(members, jobs, { startsAtMs, seed, shards });
  await world.run(LIMIT_MS);
  const finished = world.finished();
  const records = world.models.flatMap(({ state }) => state.all("member"));
  return {
    name,
    members: members.length,
    jobs: finished.map((each) => rowOf(each, members)),
    fairness: world.fairness.indices,
    counts: world.counts,
    sockets: world.counts.assignments + finished.length,
    messages: finished.reduce((sum, { outcome }) => sum + outcome.messages + outcome.heartbeats, 0),
    banned: records.filter(({ bannedAtMs }) => bannedAtMs !== null).length,
  };
}

function rowOf(finished: FinishedJob, members: readonly SimulatedMember[]): PoolJobRow {
  const { id, owner, minutes, startedAtMs, helpedAtMs, endedAtMs, outcome } = finished;
  const { audits, copies, lost } = outcome.encodedSeconds;
  return {
    ...{
      id,
      owner,
      minutes,
      isReady: outcome.isReady,
      waitedMs: helpedAtMs === null ? null : helpedAtMs - startedAtMs,
      tookMs: (endedAtMs ?? LIMIT_MS) - startedAtMs,
    },
    aloneMs: aloneMs(finished, members),
    audits: audits / SEGMENT_SECONDS,
    results: outcome.results,
    copiesSeconds: copies,
    lostSeconds: lost,
    liesPublished: outcome.liesPublished,
  };
}

function aloneMs(finished: FinishedJob, members: readonly SimulatedMember[]): number {
  const { arrivesAtMs, minutes, stageMs: chunkMs, outcome } = finished;
  const none = { link: "", network: "", lie: "", lies: () => false };
  // Each stay of a member counts as a holder of its own.
  const stays: Traits[] = members.flatMap(({ id, speed, slots, stays: all }) =>
    all
      .filter(({ toMs }) => toMs > arrivesAtMs)
      .map(({ fromMs, toMs, leaves }) => ({
        ...{ ...none, id, role: "contributor", speed, slots, leaves },
        comesAtMs: Math.max(0, fromMs - arrivesAtMs),
        leavesAtMs: toMs - arrivesAtMs,
      })),
  );
  return lowerBounds([ownerOf(finished), ...stays], {
    tasks: Math.max(1, Math.round((minutes * 60) / SEGMENT_SECONDS)),
    audits: outcome.encodedSeconds.audits / SEGMENT_SECONDS,
    taskSeconds: SEGMENT_SECONDS,
    stageMs: chunkMs,
  }).tightMs;
}
