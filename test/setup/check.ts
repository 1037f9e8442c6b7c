// npm run check: all automatic checks. Runs every part even if one fails, so that one run shows all faults.

import { spawnSync } from "node:child_process";
import { root } from "../../edge/local/server.ts";

const PARTS = ["check:types", "check:lint", "check:words", "check:unused"];

const failed = PARTS.filter((part) => {
  const { status } = spawnSync("npm", ["run", "--silent", part], { cwd: root, stdio: "inherit" });
  console.log(`${part}: ${status === 0 ? "right" : "FAILED"}`);
  return status !== 0;
});
process.exit(failed.length === 0 ? 0 : 1);
