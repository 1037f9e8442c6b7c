import { spawn, spawnSync } from "node:child_process";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { pause, REAL_CLOCK } from "../../shared/clock.ts";

const PROGRAM = fileURLToPath(new URL("../container/server.ts", import.meta.url));
const READY_TIMEOUT_MS = 20_000;

/** The server of `edge/container` as a plain process on this machine. */
export interface RunningContainer {
  /** Without a slash at the end. */
  readonly url: string;
  readonly pid: number;
  /** Output of the process so far. */
  readonly output: () => string;
  /** Resolves with the reason when the process has ended: "exit status 1", "killed by SIGKILL". */
  readonly exited: Promise<string>;
  readonly stop: () => Promise<void>;
}

export interface ContainerOptions {
  /** Shows the output of the process. Default: false. */
  verbose?: boolean;
  program?: string;
  /** Variables that are added to the environment. */
  env?: Readonly<Record<string, string>>;
  /** Default: a free port. */
  port?: number;
}

/**
 * Starts a container process; null where native ffmpeg is not installed.
 * @throws Error when it does not answer
 */
export async function startContainer({
  verbose = false,
  program = PROGRAM,
  env = {},
  port: wanted,
}: ContainerOptions = {}): Promise<RunningContainer | null> {
  if (spawnSync("ffmpeg", ["-version"]).status !== 0) return null;
  const port = wanted ?? (await freePort());
  const child = spawn(process.execPath, [...process.execArgv, program], {
    env: { ...process.env, ...env, PORT: String(port), HOST: "127.0.0.1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const keep = (text: string): void => {
    output = (output + text).slice(-100_000);
    if (verbose) process.stdout.write(text);
  };
  child.stdout.setEncoding("utf8").on("data", keep);
  child.stderr.setEncoding("utf8").on("data", keep);
  const exited = new Promise<string>((resolve) => {
    child.once("exit", (code, signal) => {
      resolve(signal === null ? `exit status ${code}` : `killed by ${signal}`);
    });
  });
  const killWithUs = (): void => void child.kill("SIGKILL");
  process.once("exit", killWithUs);
  const stop = async (): Promise<void> => {
    process.off("exit", killWithUs);
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), 5_000);
    await exited;
    clearTimeout(timer);
  };
  const url = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + READY_TIMEOUT_MS;
  for (;;) {
    const response = await fetch(`${url}/health`).catch(() => undefined);
    if (response?.ok) break;
    const isGone = child.exitCode !== null || child.signalCode !== null;
    if (isGone || Date.now() > deadline) {
      await stop();
      throw new Error(`The server with native ffmpeg did not start.\n${output}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { url, pid: child.pid ?? 0, output: () => output, exited, stop };
}

/** A container process that is started again whenever it ends. */
export interface KeptContainer {
  /** The same for all processes. */
  readonly url: string;
  /** Id of the current process. */
  readonly pid: () => number;
  readonly stop: () => Promise<void>;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/**
 * After running this many milliseconds, a process counts as started successfully, and the pauses begin again at the
 * shortest.
 */
const RAN_MS = 60_000;

/**
 * As `startContainer`, but a process that ends is followed by another one at the same address. The pause between them
 * is doubled each time.
 * @param say prints a line for people at each end and start
 */
export async function keepContainer(
  say: (line: string) => void,
  options: ContainerOptions = {},
): Promise<KeptContainer | null> {
  const first = await startContainer(options);
  if (first === null) return null;
  const { url } = first;
  const stopping = new AbortController();
  let running = first;
  const kept = (async () => {
    const again = { ...options, port: Number(new URL(url).port) };
    let pauseMs = FIRST_PAUSE_MS;
    let startedAtMs = Date.now();
    let why = await running.exited;
    while (!stopping.signal.aborted) {
      if (Date.now() - startedAtMs > RAN_MS) pauseMs = FIRST_PAUSE_MS;
      say(`The server with native ffmpeg ended (${why}). Starting it again ...`);
      await pause(REAL_CLOCK, pauseMs, stopping.signal);
      if (stopping.signal.aborted) return;
      pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
      startedAtMs = Date.now();
      try {
        running = (await startContainer(again)) ?? running;
        if (stopping.signal.aborted) await running.stop();
        else say("The server with native ffmpeg runs again.");
        why = await running.exited;
      } catch (thrown) {
        why = thrown instanceof Error ? thrown.message : String(thrown);
      }
    }
  })();
  return {
    url,
    pid: () => running.pid,
    stop: async () => {
      stopping.abort();
      await running.stop();
      await kept;
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      const port = typeof address === "object" && address ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
