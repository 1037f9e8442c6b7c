import type { Simulation } from "./arguments.ts";
import { lowerBounds } from "./bounds.ts";
import { type Crowd, gather } from "./crowd.ts";
import type { Row } from "./report.ts";
import { Swarm } from "./swarm.ts";

const SEGMENT_SECONDS = 6;

/** The row of a swarm. With several runs its numbers are means. */
export async function simulate(simulation: Simulation): Promise<Row> {
  const { crowd, runs } = simulation;
  const rows: Row[] = [];
  for (let run = 0; run < runs; run += 1) {
    rows.push(await simulateOnce({ ...simulation, crowd: { ...crowd, seed: crowd.seed + run } }));
  }
  return mean(rows);
}

async function simulateOnce(simulation: Simulation): Promise<Row> {
  const { crowd, hours, verify, unverified, stageMs, timeline } = simulation;
  const tasks = Math.max(1, Math.round((hours * 3600) / SEGMENT_SECONDS));
  const holders = gather(crowd, tasks * SEGMENT_SECONDS);
  const { seed } = crowd;
  const swarm = new Swarm({ tasks, holders, verify, unverified, stageMs, seed });
  const outcome = await swarm.run();
  const work = { tasks, taskSeconds: SEGMENT_SECONDS, stageMs };
  const audits = outcome.encodedSeconds.audits / SEGMENT_SECONDS;
  return {
    name: nameOf(simulation),
    bounds: lowerBounds(holders, { ...work, audits: 0 }),
    withAudits: lowerBounds(holders, { ...work, audits }),
    outcome,
    runs: 1,
    escaped: outcome.liesPublished > 0 ? 1 : 0,
    timeline: swarm.timeline.lines(timeline, holders),
  };
}

function nameOf({ crowd, verify, unverified }: Simulation): string {
  const { contributors, churn, heavyTail, liars, lying, collude, links, ownerSlots } = crowd;
  const words = [
    String(contributors),
    links > 1 && `${links} links`,
    churn && "churn",
    heavyTail && "heavy tail",
    liars > 0 && `${Math.round(100 * liars)}% ${collude ? "colluders" : "liars"} (${lying})`,
    `verify ${verify}`,
    ownerSlots === 0 && "no owner",
    ownerSlots > 1 && `${ownerSlots} slots of the owner`,
    unverified === "publish" && "publish",
  ];
  return words.filter((word) => word !== false).join(", ");
}

/** The first row, with each number replaced by the mean of all rows. */
function mean(rows: readonly Row[]): Row {
  const [first] = rows;
  if (first === undefined) throw new Error("There is no run.");
  const { outcome } = first;
  const all = (of: (row: Row) => number) =>
    rows.reduce((sum, row) => sum + of(row), 0) / rows.length;
  return {
    ...first,
    runs: rows.length,
    escaped: all(({ escaped }) => escaped),
    outcome: {
      ...outcome,
      isReady: rows.every((row) => row.outcome.isReady),
      makespanMs: all((row) => row.outcome.makespanMs),
      lies: all((row) => row.outcome.lies),
      liesPublished: all((row) => row.outcome.liesPublished),
      escape: all((row) => row.outcome.escape),
      liars: all((row) => row.outcome.liars),
      liarsBanned: all((row) => row.outcome.liarsBanned),
      honestBanned: all((row) => row.outcome.honestBanned),
    },
  };
}

const HONEST: Crowd = {
  contributors: 100,
  churn: false,
  heavyTail: false,
  liars: 0,
  lying: "always",
  collude: false,
  links: 1,
  ownerSlots: 1,
  seed: 1,
};

type Choices = Partial<Pick<Simulation, "verify" | "unverified" | "runs" | "hours">>;

function swarm(crowd: Partial<Crowd>, choices: Choices = {}): Simulation {
  return {
    crowd: { ...HONEST, ...crowd },
    hours: 2,
    verify: "adaptive",
    unverified: "wait",
    stageMs: null,
    timeline: 0,
    runs: 1,
    ...choices,
  };
}

const OFF = { verify: "off" } as const;
const ALL = { verify: "all" } as const;
/** A third of a hundred contributors lie, and all tell the same lies. */
const COLLUDERS = { contributors: 100, liars: 1 / 3, collude: true };
/** A hundred names that each tell one lie after three right results, and a hundred honest ones. */
const SYBILS = { contributors: 200, liars: 0.5, collude: true, lying: "once" } as const;
const LATE = { contributors: 100, liars: 0.1, lying: "late" } as const;
const ALONE = { ownerSlots: 0 };
const PUBLISH = { unverified: "publish" } as const;

/** The swarms in the README's tables. */
export const README_SWARMS: readonly Simulation[] = [
  ...[1, 10, 100, 1000].map((contributors) => swarm({ contributors }, OFF)),
  ...[10, 100, 1000].map((contributors) => {
    return swarm({ contributors, churn: true, heavyTail: true }, OFF);
  }),
  ...[1, 10, 100, 1000].map((contributors) => swarm({ contributors })),
  ...[10, 100].map((contributors) => swarm({ contributors, ownerSlots: 8 })),
  ...[10, 100, 1000].map((contributors) => swarm({ contributors, churn: true, heavyTail: true })),
  swarm({ contributors: 10, liars: 0.1 }),
  swarm({ contributors: 100, liars: 0.1 }),
  swarm({ contributors: 100, liars: 0.1, lying: "after-some" }),
  swarm({ contributors: 100, liars: 0.1, lying: "now-and-then" }),
  swarm({ contributors: 10, liars: 0.1, lying: "now-and-then" }, ALL),
  ...[COLLUDERS, SYBILS, LATE].flatMap((liars) => [
    swarm(liars),
    swarm({ ...liars, ownerSlots: 8 }, ALL),
    swarm({ ...liars, ...ALONE }),
    swarm({ ...liars, ...ALONE, links: 2 }, PUBLISH),
  ]),
];

/** How often lies get past `adaptive`, by their number. Each has enough runs for a reliable share. */
export const README_ESCAPES: readonly Simulation[] = [
  ...[1, 3, 10].map((liars) => {
    return swarm(
      { contributors: 20, liars: liars / 20, lying: "once" },
      { hours: 0.25, runs: 100 },
    );
  }),
  swarm({ ...COLLUDERS, contributors: 30 }, { hours: 0.25, runs: 30 }),
  swarm({ ...SYBILS, contributors: 60 }, { hours: 0.5, runs: 30 }),
  swarm({ ...LATE, contributors: 20 }, { hours: 0.5, runs: 30 }),
];
