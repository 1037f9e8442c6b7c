// npm runs this when the package is installed from its repository, and after `npm ci`. It writes the typed client
// (`tributary/client`) as JavaScript and declarations into dist-client/. An install without the development packages
// has no compiler and needs no client, so nothing is written then.

import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const compiler = join(root, "node_modules/typescript/bin/tsc");
if (existsSync(compiler)) {
  rmSync(join(root, "dist-client"), { recursive: true, force: true });
  const { status } = spawnSync(process.execPath, [compiler, "-p", "tsconfig.client.json"], {
    cwd: root,
    stdio: "inherit",
  });
  process.exit(status ?? 1);
}
