// npm run deploy: builds and hands the Worker and its assets to Cloudflare.
//
//     npm run deploy [-- WRANGLER ARGUMENTS]        e.g. npm run dry-run, which asks nobody

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { build, root } from "./server.ts";

await build();
const { status } = spawnSync(
  process.execPath,
  [
    join(root, "node_modules/wrangler/bin/wrangler.js"),
    // The configuration that the build wrote, with the bundled Worker as its entry.
    ...["deploy", "--config", join(root, "dist/tributary/wrangler.json")],
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: "inherit" },
);
process.exit(status ?? 1);
