// npm test: installs browsers and native ffmpeg where they are missing, then runs every test.
//
//     npm test [-- VITEST ARGUMENTS]        e.g. npm test -- --project node plan

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { root } from "../../edge/local/server.ts";
import { installSystemPrograms } from "../../web/headless/system-programs.ts";

const isAll = process.env["TRIBUTARY_CLIPS"] === "all";
const projects = process.argv.filter((_, at, all) => all[at - 1] === "--project");
const hasFirefox = isAll || projects.length === 0 || projects.includes("browsers");
installSystemPrograms([
  ...(hasFirefox ? (["firefox"] as const) : []),
  ...(isAll ? (["webkit"] as const) : []),
  ...(process.argv.includes("test/browsers/players") ? (["players"] as const) : []),
]);

const { status } = spawnSync(
  process.execPath,
  [
    join(root, "node_modules/vitest/vitest.mjs"),
    ...["run", "--config", join(root, "test/vitest.config.ts"), ...process.argv.slice(2)],
  ],
  {
    cwd: root,
    stdio: "inherit",
    // Without it, wrangler warns at each start that local storage credentials are experimental.
    env: { ...process.env, WRANGLER_LOG: process.env["WRANGLER_LOG"] ?? "error" },
  },
);
process.exit(status ?? 1);
