import type { Simulation } from "./arguments.ts";
import { lowerBounds } from "./bounds.ts";
import { type Crowd, gather } from "./crowd.ts";
import type { Row } from "./report.ts";
import { Swarm } from "./swarm.ts";

const SEGMENT_SECONDS = 6;

export async function simulate(simulation: Simulation): Promise<Row> {
  const { crowd, hours, verify, stageMs, timeline } = simulation;
  const tasks = Math.max(1, Math.round((hours * 3600) / SEGMENT_SECONDS));
  const holders = gather(crowd, tasks * SEGMENT_SECONDS);
  const { seed } = crowd;
  const swarm = new Swarm({ tasks, holders, verify, stageMs, seed });
  const outcome = await swarm.run();
  const work = { tasks, taskSeconds: SEGMENT_SECONDS, stageMs };
  const audits = outcome.encodedSeconds.audits / SEGMENT_SECONDS;
  return {
    name: nameOf(crowd, verify),
    bounds: lowerBounds(holders, { ...work, audits: 0 }),
    withAudits: lowerBounds(holders, { ...work, audits }),
    outcome,
    timeline: swarm.timeline.lines(timeline, holders),
  };
}

function nameOf(crowd: Crowd, verify: Simulation["verify"]): string {
  const { contributors, churn, heavyTail, liars, lying } = crowd;
  const words = [
    String(contributors),
    churn && "churn",
    heavyTail && "heavy tail",
    liars > 0 && `${Math.round(100 * liars)}% liars (${lying})`,
    `verify ${verify}`,
  ];
  return words.filter((word) => word !== false).join(", ");
}

const HONEST: Crowd = {
  contributors: 100,
  churn: false,
  heavyTail: false,
  liars: 0,
  lying: "always",
  ownerWorks: true,
  seed: 1,
};

function swarm(crowd: Partial<Crowd>, verify: Simulation["verify"] = "adaptive"): Simulation {
  return { crowd: { ...HONEST, ...crowd }, hours: 2, verify, stageMs: null, timeline: 0 };
}

/** The table of the README. */
export const README_SWARMS: readonly Simulation[] = [
  ...[1, 10, 100, 1000].map((contributors) => swarm({ contributors }, "off")),
  ...[10, 100, 1000].map((contributors) => {
    return swarm({ contributors, churn: true, heavyTail: true }, "off");
  }),
  ...[1, 10, 100, 1000].map((contributors) => swarm({ contributors })),
  ...[10, 100, 1000].map((contributors) => swarm({ contributors, churn: true, heavyTail: true })),
  swarm({ contributors: 10, liars: 0.1 }),
  swarm({ contributors: 100, liars: 0.1 }),
  swarm({ contributors: 100, liars: 0.1, lying: "after-some" }),
  swarm({ contributors: 100, liars: 0.1, lying: "now-and-then" }),
  swarm({ contributors: 10, liars: 0.1, lying: "now-and-then" }, "all"),
];
