// npm runs this when the package is installed from its repository, and after `npm ci`: writes the typed client
// (`tributary/client`) as JavaScript and declarations into dist-client/. Without the development packages there
// is no compiler, and whoever installs so needs no client.

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
