// npm run simulate: swarms of up to thousands of contributors, on the real scheduler and lease loop.

import { toWireError } from "../../shared/errors.ts";
import { parseArguments, type SimulateArguments, USAGE } from "./arguments.ts";
import { LEGEND, table } from "./report.ts";
import { README_SWARMS, simulate } from "./scenarios.ts";

process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  let given: SimulateArguments | "help";
  try {
    given = parseArguments(argv);
  } catch (thrown) {
    console.error(`${toWireError(thrown).message}\n\n${USAGE}`);
    return 2;
  }
  if (given === "help") {
    console.log(USAGE);
    return 0;
  }
  const swarms = given.simulation === null ? README_SWARMS : [given.simulation];
  const rows = [];
  for (const swarm of swarms) {
    const row = await simulate(swarm);
    rows.push(row);
    if (process.stderr.isTTY) console.error(`${row.name}: done`);
  }
  console.log(given.json ? JSON.stringify(rows, null, 2) : `${table(rows)}\n\n${LEGEND}`);
  return rows.every(({ outcome }) => outcome.isReady) ? 0 : 1;
}
