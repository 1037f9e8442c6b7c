// npm test: sees to browsers and a native ffmpeg, then runs every test.
//
//     npm test [-- VITEST ARGUMENTS]        e.g. npm test -- --project node plan

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { root } from "../../edge/local/server.ts";
import { installSystemPrograms } from "../../web/headless/system-programs.ts";

installSystemPrograms(process.env["TRIBUTARY_CLIPS"] === "all" ? ["firefox", "webkit"] : []);

const { status } = spawnSync(
  process.execPath,
  [
    join(root, "node_modules/vitest/vitest.mjs"),
    ...["run", "--config", join(root, "test/vitest.config.ts"), ...process.argv.slice(2)],
  ],
  {
    cwd: root,
    stdio: "inherit",
    // Or wrangler warns at each start that local storage credentials are experimental.
    env: { ...process.env, WRANGLER_LOG: process.env["WRANGLER_LOG"] ?? "error" },
  },
);
process.exit(status ?? 1);
