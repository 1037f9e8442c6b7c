// npm run deploy: builds the Worker and its assets, and uploads them to Cloudflare.
//
//     npm run deploy [-- WRANGLER ARGUMENTS]        for example npm run dry-run, which needs no account

import { spawnSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build, root } from "./server.ts";

await build();
// The configuration that the build wrote, with the bundled Worker as its entry. ADMIN_TOKEN is removed from the
// required secrets, because a deployed site may have none.
const built = join(root, "dist/tributary/wrangler.json");
const config = JSON.parse(await readFile(built, "utf8")) as { secrets: { required: string[] } };
config.secrets.required = config.secrets.required.filter((name) => name !== "ADMIN_TOKEN");
const deployed = join(root, "dist/tributary/wrangler.deploy.json");
await writeFile(deployed, JSON.stringify(config), { mode: 0o600 });
const { status } = spawnSync(
  process.execPath,
  [
    join(root, "node_modules/wrangler/bin/wrangler.js"),
    ...["deploy", "--config", deployed],
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: "inherit" },
);
process.exit(status ?? 1);
