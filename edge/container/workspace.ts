import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TributaryError } from "../../shared/job/errors.ts";

/** Keeps a source that makes a decoder complain without end from filling the memory. */
const MAX_LOG_LINES = 250_000;
/** After SIGTERM, before SIGKILL. */
const KILL_AFTER_MS = 1_000;

export interface ProgramRun {
  exitCode: number;
  stdout: string;
  /** Of stderr. */
  lines: string[];
}

export interface ProgramOptions {
  signal: AbortSignal;
  /** Each line of stdout, as it comes; stdout is then not collected. */
  onLine?: (line: string) => void;
}

/** A temporary folder in which native ffmpeg works. */
export class Workspace {
  readonly dir: string;

  private constructor(dir: string) {
    this.dir = dir;
  }

  /** Makes a folder for `work`; it is gone afterwards with everything in it, however `work` ended. */
  static async use<T>(work: (workspace: Workspace) => Promise<T>): Promise<T> {
    const dir = await mkdtemp(join(tmpdir(), "tributary-task-"));
    try {
      return await work(new Workspace(dir));
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  }

  path(name: string): string {
    return join(this.dir, name);
  }

  async write(name: string, bytes: Uint8Array | ArrayBuffer): Promise<void> {
    await writeFile(this.path(name), bytes instanceof ArrayBuffer ? new Uint8Array(bytes) : bytes);
  }

  /** The caller owns the bytes. */
  async read(name: string): Promise<Uint8Array<ArrayBuffer>> {
    const buffer = await readFile(this.path(name));
    // Small files share Node's buffer pool, and what is given away must be whole.
    return new Uint8Array(buffer);
  }

  async remove(name: string): Promise<void> {
    await rm(this.path(name), { force: true });
  }

  /**
   * Runs ffmpeg or ffprobe in this folder, so that plain file names do. Settles only once the process
   * is gone; an abort kills it. Does not judge the exit code.
   * @throws TributaryError ENGINE_UNAVAILABLE where the program is missing, or what the signal aborts with
   */
  async run(
    program: "ffmpeg" | "ffprobe",
    argv: readonly string[],
    { signal, onLine }: ProgramOptions,
  ): Promise<ProgramRun> {
    signal.throwIfAborted();
    const quiet = program === "ffmpeg" ? ["-nostdin", "-y"] : [];
    const child = spawn(program, [...quiet, ...argv], {
      cwd: this.dir,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const stdout: Buffer[] = [];
    const lines: string[] = [];
    if (onLine === undefined) child.stdout.on("data", (bytes: Buffer) => stdout.push(bytes));
    else eachLine(child.stdout, onLine);
    eachLine(child.stderr, (line) => {
      if (lines.length < MAX_LOG_LINES) lines.push(line);
    });
    let killTimer: NodeJS.Timeout | undefined;
    const kill = (): void => {
      child.kill("SIGTERM");
      killTimer = setTimeout(() => child.kill("SIGKILL"), KILL_AFTER_MS);
    };
    signal.addEventListener("abort", kill, { once: true });
    try {
      const exitCode = await new Promise<number>((resolve, reject) => {
        child.once("error", (cause) => {
          const message = `${program} could not be started.`;
          reject(new TributaryError("ENGINE_UNAVAILABLE", message, { cause }));
        });
        child.once("close", (code) => resolve(code ?? -1));
      });
      signal.throwIfAborted();
      return { exitCode, stdout: Buffer.concat(stdout).toString(), lines };
    } finally {
      clearTimeout(killTimer);
      signal.removeEventListener("abort", kill);
    }
  }
}

/** ffmpeg ends its progress lines with a carriage return. */
function eachLine(stream: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (text: string) => {
    const lines = (rest + text).split(/[\r\n]+/);
    rest = lines.pop() ?? "";
    for (const line of lines) if (line !== "") onLine(line);
  });
  stream.on("end", () => {
    if (rest !== "") onLine(rest);
  });
}
