// npm run simulate: simulates swarms of up to thousands of contributors, with the real scheduler and lease loop.

import { runCommand } from "../../edge/local/command.ts";
import type { Simulation } from "./arguments.ts";
import { type PoolRequest, parseArguments, USAGE } from "./arguments.ts";
import { poolTables } from "./pool/report.ts";
import { POOL_SCENARIOS, type PoolRow, simulatePool } from "./pool/scenarios.ts";
import { escapeTable, LEGEND, type Row, table } from "./report.ts";
import { README_ESCAPES, README_SWARMS, simulate } from "./scenarios.ts";

await runCommand({
  usage: USAGE,
  parse: parseArguments,
  run: async (given) => {
    const all = async (swarms: readonly Simulation[]): Promise<Row[]> => {
      const rows: Row[] = [];
      for (const swarm of swarms) {
        const row = await simulate(swarm);
        rows.push(row);
        if (process.stderr.isTTY) console.error(`${row.name}: done`);
        if (!given.json) for (const line of row.timeline) console.log(line);
      }
      return rows;
    };
    if (given.pools !== null) return simulatePools(given.pools, given.json);
    const { simulation } = given;
    const swarms = await all(simulation === null ? README_SWARMS : [simulation]);
    const escapes = simulation === null ? await all(README_ESCAPES) : swarms;
    const tables = [table(swarms), escapeTable(escapes), LEGEND].join("\n\n");
    const rows = simulation === null ? [...swarms, ...escapes] : swarms;
    console.log(given.json ? JSON.stringify(rows, null, 2) : tables);
    return swarms.every(({ outcome }) => outcome.isReady || outcome.waits) ? 0 : 1;
  },
});

async function simulatePools({ names, seed, runs }: PoolRequest, json: boolean): Promise<number> {
  const rows: PoolRow[] = [];
  for (const name of names) {
    const scenario = POOL_SCENARIOS[name];
    for (let run = 0; scenario !== undefined && run < runs; run++)
      rows.push(await simulatePool(scenario(seed + run)));
  }
  console.log(json ? JSON.stringify(rows, null, 2) : poolTables(rows));
  return rows.every(({ jobs }) => jobs.every(({ isReady }) => isReady)) ? 0 : 1;
}
