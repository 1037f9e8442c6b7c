import type { Bounds } from "./bounds.ts";
import type { Outcome } from "./swarm.ts";

/** The result of a swarm. */
export interface Row {
  name: string;
  /** Bounds for the work itself. */
  bounds: Bounds;
  /** Bounds for the work and the audits that were made. */
  withAudits: Bounds;
  outcome: Outcome;
  /** Number of runs. The figures in `outcome` are means over them. */
  runs: number;
  /** Share of the runs in which a lie was published. */
  escaped: number;
  /** Lines of text; see `--timeline`. */
  timeline: string[];
}

const HEAD = [
  "swarm",
  "makespan",
  "/ plain bound",
  "/ tight bound",
  "/ with audits",
  "audits",
  "copies",
  "lost",
  "messages",
  "heartbeats",
  "lies told, published",
  "liars, banned",
];

/** A table in Markdown. */
export function table(rows: readonly Row[]): string {
  const lines = [HEAD, HEAD.map(() => "---"), ...rows.map(cells)];
  return lines.map((line) => `| ${line.join(" | ")} |`).join("\n");
}

function cells({ name, bounds, withAudits, outcome }: Row): string[] {
  const { makespanMs, encodedSeconds, results, liars, liarsBanned, honestBanned } = outcome;
  const { useful, audits, copies, lost } = encodedSeconds;
  const all = useful + audits + copies + lost;
  const percent = (seconds: number) => `${((100 * seconds) / all).toFixed(1)}%`;
  const wrongly = honestBanned > 0 ? ` (${honestBanned} honest!)` : "";
  return [
    name,
    `${outcome.waits ? "waits after " : outcome.isReady ? "" : "NOT READY "}${(makespanMs / 1000).toFixed(0)} s`,
    (makespanMs / bounds.plainMs).toFixed(2),
    (makespanMs / bounds.tightMs).toFixed(2),
    (makespanMs / withAudits.tightMs).toFixed(2),
    percent(audits),
    percent(copies),
    percent(lost),
    (outcome.messages / results).toFixed(2),
    (outcome.heartbeats / results).toFixed(2),
    liars === 0 ? "" : `${figure(outcome.lies)}, ${figure(outcome.liesPublished)}`,
    liars === 0 ? "" : `${figure(liars)}, ${figure(liarsBanned)}${wrongly}`,
  ];
}

function figure(mean: number): string {
  return Number.isInteger(mean) ? String(mean) : mean.toFixed(1);
}

/** A table of how often a lie was published, compared with the formula. */
export function escapeTable(rows: readonly Row[]): string {
  const head = ["swarm", "runs", "lies told", "published", "any published", "formula"];
  const lines = [
    head,
    head.map(() => "---"),
    ...rows.map(({ name, runs, escaped, outcome }) => [
      name,
      String(runs),
      figure(outcome.lies),
      figure(outcome.liesPublished),
      `${(100 * escaped).toFixed(0)} %`,
      `${(100 * outcome.escape).toFixed(1)} %`,
    ]),
  ];
  return lines.map((line) => `| ${line.join(" | ")} |`).join("\n");
}

export const LEGEND = `makespan: until the job is ready. Bounds: plain is all work by all speed of the honest, or one task by
the fastest; tight counts whole tasks, the first download and the last upload; "with audits" is the tight
bound of the work and of the audits that were made. audits, copies, lost: shares of all that was
encoded. messages and heartbeats: both ways, for each lease that was granted (audits and copies too).
any published: share of the runs in which a lie was published. formula: (1-p1)(1-p2)... of the chances with
which the lies were drawn that came before the first proven one; the last audits are not in it.`;
