import { spawn, spawnSync } from "node:child_process";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("../container/server.ts", import.meta.url));
const READY_TIMEOUT_MS = 20_000;

/** The server of `edge/container` as a plain process on this machine. */
export interface RunningContainer {
  /** Without a slash at the end. */
  readonly url: string;
  readonly pid: number;
  /** What it printed so far. */
  readonly output: () => string;
  readonly exited: Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Starts one; null where native ffmpeg is not installed. @throws Error when it does not answer */
export async function startContainer(
  verbose = false,
  program = PROGRAM,
): Promise<RunningContainer | null> {
  if (spawnSync("ffmpeg", ["-version"]).status !== 0) return null;
  const port = await freePort();
  const child = spawn(process.execPath, [...process.execArgv, program], {
    env: { ...process.env, PORT: String(port), HOST: "127.0.0.1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const keep = (text: string): void => {
    output = (output + text).slice(-100_000);
    if (verbose) process.stdout.write(text);
  };
  child.stdout.setEncoding("utf8").on("data", keep);
  child.stderr.setEncoding("utf8").on("data", keep);
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
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
    if (child.exitCode !== null || Date.now() > deadline) {
      await stop();
      throw new Error(`The server with native ffmpeg did not start.\n${output}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { url, pid: child.pid ?? 0, output: () => output, exited, stop };
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
