// npm run simulate: swarms of up to thousands of contributors, on the real scheduler and lease loop.

import { runCommand } from "../../edge/local/command.ts";
import { parseArguments, USAGE } from "./arguments.ts";
import { LEGEND, table } from "./report.ts";
import { README_SWARMS, simulate } from "./scenarios.ts";

await runCommand({
  usage: USAGE,
  parse: parseArguments,
  run: async (given) => {
    const swarms = given.simulation === null ? README_SWARMS : [given.simulation];
    const rows = [];
    for (const swarm of swarms) {
      const row = await simulate(swarm);
      rows.push(row);
      if (process.stderr.isTTY) console.error(`${row.name}: done`);
      if (!given.json) for (const line of row.timeline) console.log(line);
    }
    console.log(given.json ? JSON.stringify(rows, null, 2) : `${table(rows)}\n\n${LEGEND}`);
    return rows.every(({ outcome }) => outcome.isReady) ? 0 : 1;
  },
});
