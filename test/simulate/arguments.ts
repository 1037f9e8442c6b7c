import { parseArgs } from "node:util";
import { TributaryError, toWireError } from "../../shared/job/errors.ts";
import type { JobSettings } from "../../shared/job/job.ts";
import type { Crowd } from "./crowd.ts";
import { POOL_SCENARIOS } from "./pool/scenarios.ts";

export const USAGE = `npm run simulate [-- options]

Without options: the tables of its README. With any: one swarm.

  --contributors N    default 100
  --hours H           length of the video; default 2
  --verify POLICY     off, adaptive or all; default adaptive
  --publish           what nobody trusted verified is published all the same
  --churn             a third leaves at some time, half of them without a word
  --heavy-tail        speeds are lognormal, from a tenth to ten times the usual
  --liars PERCENT     contributors whose results are lies, e.g. 10%
  --lying HOW         always, after-some (right results), now-and-then, once (the fourth result) or late
                      (the last tenth of the job); default always
  --collude           liars tell the same lies
  --links N           by which helpers come in turn, each in a network of its own; default 1
  --owner-stages      the owner only cuts and uploads, and audits nothing
  --owner-slots N     encoders of the owner's tab; default 1
  --runs N            so many seeds, and the mean of each figure; default 1
  --uplink MBIT       the owner uploads chunks of 3 MB as they are needed; default: all are there
  --seed N            default 1
  --timeline N        who had the last N tasks, when and how it went
  --pool NAME         a standing pool instead: hour, hour-new, short, short-alone, day, day-new, liars,
                      crowd and crowd-shards (minutes each), or all; with --seed and --runs
  --json              the figures as JSON
  --help              this text`;

export interface Simulation {
  crowd: Crowd;
  hours: number;
  verify: JobSettings["verify"];
  unverified: JobSettings["unverified"];
  /** Number of runs, each with the next seed. */
  runs: number;
  /** See `Scenario` in swarm.ts. */
  stageMs: number | null;
  /** Number of last tasks whose leases are printed. */
  timeline: number;
}

/** Names of pool scenarios. Each is run with `runs` consecutive seeds. */
export interface PoolRequest {
  names: string[];
  seed: number;
  runs: number;
}

export interface SimulateArguments {
  /** Null: the simulations of the README. */
  simulation: Simulation | null;
  /** Null: no pool is simulated. */
  pools: PoolRequest | null;
  json: boolean;
}

const CHUNK_MEGABITS = 24;
const POLICIES: readonly JobSettings["verify"][] = ["off", "adaptive", "all"];
const WAYS: readonly Crowd["lying"][] = ["always", "after-some", "now-and-then", "once", "late"];

/** @throws TributaryError REQUEST_INVALID */
export function parseArguments(argv: readonly string[]): SimulateArguments | "help" {
  const { values } = parse(argv);
  if (values.help === true) return "help";
  const { json = false, pool, ...rest } = values;
  const seed = Math.floor(number("seed", values.seed ?? "1", 0, 2 ** 31));
  const runs = Math.floor(number("runs", values.runs ?? "1", 1, 10_000));
  if (pool !== undefined) {
    const names = Object.keys(POOL_SCENARIOS);
    const asked = pool === "all" ? names : [one("pool", names, pool)];
    return { simulation: null, pools: { names: asked, seed, runs }, json };
  }
  if (Object.keys(rest).length === 0) return { simulation: null, pools: null, json };
  const uplink = values.uplink === undefined ? null : number("uplink", values.uplink, 0.1, 1e5);
  const crowd: Crowd = {
    contributors: Math.floor(number("contributors", values.contributors ?? "100", 0, 5_000)),
    churn: values.churn === true,
    heavyTail: values["heavy-tail"] === true,
    liars: number("liars", (values.liars ?? "0").replace("%", ""), 0, 100) / 100,
    lying: one("lying", WAYS, values.lying ?? "always"),
    collude: values.collude === true,
    links: Math.floor(number("links", values.links ?? "1", 1, 20)),
    ownerSlots:
      values["owner-stages"] === true
        ? 0
        : Math.floor(number("owner-slots", values["owner-slots"] ?? "1", 1, 64)),
    seed,
  };
  const simulation: Simulation = {
    crowd,
    hours: number("hours", values.hours ?? "2", 0.01, 24),
    verify: one("verify", POLICIES, values.verify ?? "adaptive"),
    unverified: values.publish === true ? "publish" : "wait",
    runs,
    stageMs: uplink === null ? null : (CHUNK_MEGABITS / uplink) * 1000,
    timeline: Math.floor(number("timeline", values.timeline ?? "0", 0, 100_000)),
  };
  return { simulation, pools: null, json };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        contributors: { type: "string" },
        hours: { type: "string" },
        verify: { type: "string" },
        churn: { type: "boolean" },
        "heavy-tail": { type: "boolean" },
        liars: { type: "string" },
        lying: { type: "string" },
        "owner-stages": { type: "boolean" },
        publish: { type: "boolean" },
        collude: { type: "boolean" },
        links: { type: "string" },
        "owner-slots": { type: "string" },
        runs: { type: "string" },
        uplink: { type: "string" },
        seed: { type: "string" },
        timeline: { type: "string" },
        pool: { type: "string" },
        json: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (thrown) {
    throw new TributaryError("REQUEST_INVALID", toWireError(thrown).message);
  }
}

function number(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= least && value <= most) return value;
  throw new TributaryError("REQUEST_INVALID", `--${name} is a number from ${least} to ${most}.`);
}

function one<T extends string>(name: string, known: readonly T[], text: string): T {
  const found = known.find((each) => each === text);
  if (found !== undefined) return found;
  throw new TributaryError("REQUEST_INVALID", `--${name} is one of ${known.join(", ")}.`);
}
