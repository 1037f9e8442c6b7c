import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { get } from "node:https";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type LocalCertificate, localCertificate } from "./certificate.ts";
import { keepContainer } from "./container.ts";

/** The repository's folder. */
export const root = fileURLToPath(new URL("../..", import.meta.url));

const MIGRATIONS_DIR = "edge/catalog/migrations";
const BUILD_STAMP = ".cache/built";
const READY_TIMEOUT_MS = 60_000;
const ANSWER_TIMEOUT_MS = 10_000;

/** `preview` serves the production build; `dev` serves the sources, each module at its own address. */
export type ServerMode = "preview" | "dev";

/** A running app with its edge: pages, API, local R2, D1 and Durable Objects on one port. */
export interface RunningServer {
  /** Without a slash at the end. */
  readonly url: string;
  /** Output of the server so far, for failing tests. */
  readonly output: () => string;
  /** Settles once the process has ended, for any reason. */
  readonly exited: Promise<void>;
  readonly stop: () => Promise<void>;
}

export interface ServerOptions {
  readonly mode: ServerMode;
  /** Folder with the data of R2, D1 and Durable Objects. Each server needs its own. */
  readonly stateDir: string;
  /** Default: a free port. */
  readonly port?: number | undefined;
  /** More arguments for Vite, e.g. `--host`. */
  readonly viteArguments?: readonly string[];
  /** Whether what the server prints is shown. */
  readonly verbose?: boolean;
  /**
   * Address of the server process that is used instead of containers; null for none. Default: a new process is started,
   * where native ffmpeg is installed.
   */
  readonly containerUrl?: string | null;
}

/**
 * Builds if the sources have changed, applies the D1 migrations, starts Vite in a separate process, and returns once it
 * answers.
 *
 * @throws Error with the server's output, when the server ends or does not answer
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  if (options.mode === "preview") await buildIfStale();
  await applyMigrations(options.stateDir);
  const port = options.port ?? (await freePort());
  // A server that is open to the network needs https, because browsers encode only on secure pages.
  const isOpen = options.viteArguments?.some((each) => /^--host(=|$)/.test(each)) === true;
  const certificate = isOpen ? await localCertificate(join(options.stateDir, "tls")) : null;
  const trust = certificate === null ? {} : { NODE_EXTRA_CA_CERTS: certificate.caPath };
  const container =
    options.containerUrl === undefined
      ? await keepContainer(console.error, {
          verbose: options.verbose === true,
          env: trust,
        })
      : null;
  const containerUrl = container?.url ?? options.containerUrl ?? "";
  const subcommand = options.mode === "preview" ? ["preview"] : [];
  const child = spawn(
    process.execPath,
    [
      vite(),
      ...subcommand,
      join(root, "web"),
      "--config",
      join(root, "vite.config.ts"),
      ...(options.viteArguments ?? []),
    ],
    {
      cwd: root,
      env: {
        ...environment(),
        PORT: String(port),
        TRIBUTARY_STATE: options.stateDir,
        CONTAINER_URL: containerUrl,
        TRIBUTARY_TLS_KEY: certificate?.keyPath ?? "",
        TRIBUTARY_TLS_CERT: certificate?.certPath ?? "",
        WEBHOOK_ALLOW_PRIVATE: "on",
      },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let output = "";
  const keep = (text: string) => {
    output = (output + text).slice(-100_000);
    if (options.verbose) process.stdout.write(text);
  };
  child.stdout.setEncoding("utf8").on("data", keep);
  child.stderr.setEncoding("utf8").on("data", keep);
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const killWithUs = () => child.kill("SIGKILL");
  process.once("exit", killWithUs);
  const stop = async () => {
    process.off("exit", killWithUs);
    await Promise.all([end(child, exited), container?.stop()]);
  };

  const url = `${certificate === null ? "http" : "https"}://localhost:${port}`;
  try {
    await answers(url, exited, certificate);
  } catch (cause) {
    await stop();
    throw new Error(`The server did not start.\n${output}`, { cause });
  }
  return { url, output: () => output, exited, stop };
}

/** Builds pages and Worker into dist/. */
export async function build(): Promise<void> {
  const fingerprint = await sourcesFingerprint();
  await runToEnd([vite(), "build", join(root, "web"), "--config", join(root, "vite.config.ts")]);
  // The build copies secrets to this file. A preview would then read no other variables, such as CONTAINER_URL.
  await rm(join(root, "dist/tributary/.dev.vars"), { force: true });
  // This file has the secret of the emulated storage.
  await chmod(join(root, "dist/tributary/wrangler.json"), 0o600);
  await mkdir(join(root, ".cache"), { recursive: true });
  await writeFile(join(root, BUILD_STAMP), fingerprint);
}

/** Builds unless dist/ has the build of the present sources. */
export async function buildIfStale(): Promise<void> {
  const built = await readFile(join(root, BUILD_STAMP), "utf8").catch(() => "");
  const isBuilt = existsSync(join(root, "dist/client/index.html"));
  if (isBuilt && built === (await sourcesFingerprint())) return;
  console.error("Building ...");
  await build();
}

async function applyMigrations(stateDir: string): Promise<void> {
  const migrations = await filesBelow(join(root, MIGRATIONS_DIR));
  if (migrations.length === 0) return;
  // The stamp saves the 2 s that wrangler needs to find that there is nothing to do.
  const stampPath = join(stateDir, "migrated");
  const wanted = migrations.map((path) => path.slice(root.length)).join("\n");
  if ((await readFile(stampPath, "utf8").catch(() => "")) === wanted) return;
  await runToEnd([
    join(root, "node_modules/wrangler/bin/wrangler.js"),
    ...["d1", "migrations", "apply", "CATALOG", "--local", "--persist-to", stateDir],
  ]);
  await writeFile(stampPath, wanted);
}

/** Hash over the names, sizes and times of all files that a build reads. */
async function sourcesFingerprint(): Promise<string> {
  const paths = [
    ...["vite.config.ts", "wrangler.toml", "package-lock.json"].map((name) => join(root, name)),
    ...(
      await Promise.all(["web", "edge", "shared"].map((dir) => filesBelow(join(root, dir))))
    ).flat(),
  ];
  const hash = createHash("sha256");
  for (const path of paths) {
    const { size, mtimeMs } = await stat(path);
    hash.update(`${path} ${size} ${mtimeMs}\n`);
  }
  return hash.digest("hex");
}

async function filesBelow(dir: string): Promise<string[]> {
  if (!existsSync(dir)) return [];
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !entry.parentPath.includes(".wrangler"))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Runs a Node script. Its output is shown only if it fails. */
async function runToEnd(argv: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, argv, {
    cwd: root,
    env: { ...environment(), CI: "true" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const keep = (chunk: Buffer) => {
    output += chunk.toString();
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  if (code !== 0)
    throw new Error(`${argv.slice(0, 2).join(" ")} failed (exit status ${code}).\n${output}`);
}

function vite(): string {
  return join(root, "node_modules/vite/bin/vite.js");
}

function environment(): NodeJS.ProcessEnv {
  // Settings of Vitest, such as NODE_ENV and VITEST, would change what Vite builds.
  const inherited = Object.entries(process.env).filter(
    ([name]) =>
      name !== "NODE_ENV" &&
      name !== "MODE" &&
      name !== "DEV" &&
      name !== "PROD" &&
      !name.startsWith("VITEST"),
  );
  return {
    ...Object.fromEntries(inherited),
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
    WRANGLER_SEND_METRICS: "false",
  };
}

async function answers(
  url: string,
  exited: Promise<void>,
  certificate: LocalCertificate | null,
): Promise<void> {
  const ca = certificate === null ? null : await readFile(certificate.caPath, "utf8");
  let gone = false;
  void exited.then(() => {
    gone = true;
  });
  const deadline = Date.now() + READY_TIMEOUT_MS;
  for (;;) {
    if (gone) throw new Error("it ended");
    if (Date.now() > deadline) throw new Error(`no answer in ${READY_TIMEOUT_MS / 1000} s`);
    if (await (ca === null ? isFetched(url) : isFetchedSecurely(url, ca))) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function isFetched(url: string): Promise<boolean> {
  const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
  const response = await fetch(url, { signal }).catch(() => undefined);
  await response?.body?.cancel();
  return response?.ok === true;
}

/** Whether an https address answers. `fetch` accepts only the authorities with which Node was started. */
function isFetchedSecurely(url: string, ca: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(url, { ca, timeout: ANSWER_TIMEOUT_MS }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.once("timeout", () => request.destroy());
    request.once("error", () => resolve(false));
  });
}

async function end(child: ChildProcess, exited: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 5_000);
  await exited;
  clearTimeout(timer);
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "localhost", () => {
      const address = probe.address();
      const port = typeof address === "object" && address ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
