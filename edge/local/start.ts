// npm start and npm run dev: the app and its edge on one local port, until Ctrl+C.
//
//     npm start [-- --host]        PORT=8787 and TRIBUTARY_STATE=.wrangler/state by default

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { ADMIN_TOKEN_FILE } from "./local-secrets.ts";
import { networkAddresses } from "./own-network.ts";
import { root, type ServerMode, startServer } from "./server.ts";

const [mode, ...viteArguments] = process.argv.slice(2);
const stateDir = resolve(root, process.env["TRIBUTARY_STATE"] ?? ".wrangler/state");
const lockPath = join(stateDir, "served-by");
const port = Number(process.env["PORT"] ?? 8787);

const other = runningServer();
if (other) {
  console.error(
    `Process ${other} already serves ${stateDir}. Stop it, or start this one with another ` +
      "TRIBUTARY_STATE and PORT.",
  );
  process.exit(1);
}
mkdirSync(stateDir, { recursive: true });
writeFileSync(lockPath, String(process.pid));
process.on("exit", () => rmSync(lockPath, { force: true }));

try {
  const server = await startServer({
    mode: mode as ServerMode,
    stateDir,
    port,
    viteArguments,
    verbose: mode === "dev" || process.env["TRIBUTARY_VERBOSE"] === "1",
  });
  let stopping = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      stopping = true;
      void server.stop();
    });
  }
  console.log(`\n  Tributary is at ${server.url}/   (Ctrl+C stops it)`);
  if (server.url.startsWith("https:")) {
    for (const address of networkAddresses()) {
      console.log(`  In this network: https://${address}:${port}/`);
    }
    console.log(
      `  Other devices trust it once they have ${join(stateDir, "tls/ca.pem")}: see edge/README.md.`,
    );
  }
  const token = process.env["ADMIN_TOKEN"]
    ? "ADMIN_TOKEN"
    : `in ${join(stateDir, ADMIN_TOKEN_FILE)}`;
  console.log(`  Its operator's page is ${server.url}/admin; the token is ${token}.\n`);
  await server.exited;
  if (stopping) process.exit(0);
  console.error(`The server ended.\n${server.output()}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
}
process.exit(1);

function runningServer(): number | undefined {
  try {
    const pid = Number(readFileSync(lockPath, "utf8"));
    process.kill(pid, 0);
    return pid;
  } catch {
    return undefined;
  }
}
