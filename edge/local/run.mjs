// The entry of every npm script. The machine may have nothing but npm and Node 20. The script installs the packages
// where they are missing or differ from the lock file, finds a Node that can run the command (22.12 or newer; the
// packages bring one for Linux x64), and runs the command with it. It runs before anything is installed, so it uses no
// packages, no TypeScript, and only Node 20 syntax.
//
//     node edge/local/run.mjs COMMAND [ARGUMENTS...]

import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const bin = join(root, "node_modules/.bin");

/** @type {Record<string, string[]>} */
const COMMANDS = {
  install: [],
  start: ["edge/local/start.ts", "preview"],
  dev: ["edge/local/start.ts", "dev"],
  build: ["edge/local/build.ts"],
  test: ["test/setup/run-tests.ts"],
  "test:clips": ["test/setup/run-clip-tests.ts"],
  browsers: ["test/setup/run-browser-matrix.ts"],
  check: ["test/setup/check.ts"],
  deploy: ["edge/local/deploy.ts"],
  transcode: ["web/headless/transcode.ts"],
  simulate: ["test/simulate/simulate.ts"],
  bench: ["test/bench/bench.ts"],
  contribute: ["web/headless/contribute.ts"],
};

const [command = "", ...given] = process.argv.slice(2);
const script = COMMANDS[command];
if (!script) fail(`Unknown command "${command}". Known: ${Object.keys(COMMANDS).join(", ")}.`);

if (!packagesAreInstalled()) installPackages();
if (script.length > 0) run(findNode(), [...script, ...given]);

/** Whether node_modules has the packages of the lock file. (npm keeps a lock file of the installed packages.) */
function packagesAreInstalled() {
  const installedPath = join(root, "node_modules/.package-lock.json");
  if (!existsSync(installedPath)) return false;
  const wanted = readLock(join(root, "package-lock.json"));
  const installed = readLock(installedPath);
  return Object.entries(wanted).every(
    ([path, { version, optional }]) =>
      // Optional packages may be missing on some platforms.
      path === "" || optional || installed[path]?.version === version,
  );
}

/**
 * @param {string} path
 * @returns {Record<string, { version?: string, optional?: boolean }>}
 */
function readLock(path) {
  return JSON.parse(readFileSync(path, "utf8")).packages;
}

function installPackages() {
  console.error("Installing packages (npm ci) ...");
  // loglevel: npm on Node 20 warns that some packages require a newer Node, which findNode() provides.
  const { status } = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    // The standard output is for the command's own output, such as a report of the driver.
    stdio: ["inherit", 2, "inherit"],
    shell: process.platform === "win32",
  });
  if (status !== 0) fail("npm ci failed: see its message above.");
}

/** @returns {{ path: string, flags: string[] }} */
function findNode() {
  const own = { path: process.execPath, version: process.versions.node };
  const brought = { path: join(bin, "node"), version: versionOf(join(bin, "node")) };
  for (const { path, version } of [own, brought]) {
    // Types are stripped without a flag since 22.18.
    if (atLeast(version, 22, 18)) return { path, flags: [] };
  }
  if (atLeast(own.version, 22, 12)) {
    return {
      path: own.path,
      flags: ["--experimental-strip-types", "--disable-warning=ExperimentalWarning"],
    };
  }
  return fail(
    `Node 22.12 or newer is needed and this is ${own.version}. (For Linux x64 npm brings one along; ` +
      "for other systems install it from https://nodejs.org.)",
  );
}

/** @param {string} path */
function versionOf(path) {
  if (!existsSync(path)) return "0.0.0";
  const { status, stdout } = spawnSync(path, ["-p", "process.versions.node"], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : "0.0.0";
}

/**
 * @param {string} version
 * @param {number} major
 * @param {number} minor
 */
function atLeast(version, major, minor) {
  const [haveMajor = 0, haveMinor = 0] = version.split(".").map(Number);
  return haveMajor > major || (haveMajor === major && haveMinor >= minor);
}

/**
 * @param {{ path: string, flags: string[] }} node
 * @param {string[]} argv
 */
function run(node, argv) {
  const [file = "", ...rest] = argv;
  const child = spawn(node.path, [...node.flags, join(root, file), ...rest], {
    stdio: "inherit",
    env: {
      ...process.env,
      PATH: [dirname(node.path), bin, process.env.PATH].join(delimiter),
      // Local servers and tests send no requests to Cloudflare.
      CLOUDFLARE_CF_FETCH_ENABLED: process.env.CLOUDFLARE_CF_FETCH_ENABLED ?? "false",
      WRANGLER_SEND_METRICS: process.env.WRANGLER_SEND_METRICS ?? "false",
    },
  });
  // The child gets Ctrl+C from the terminal and stops its servers. This process ends with it.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 1)));
}

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  console.error(message);
  process.exit(1);
}
