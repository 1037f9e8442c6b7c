import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { totalmem } from "node:os";
import { type Clock, REAL_CLOCK, Timer } from "../../shared/clock.ts";
import { TributaryError } from "../../shared/job/errors.ts";

/** Native ffmpeg and ffprobe as processes that cannot hang, grow or write without end. */

export type Program = "ffmpeg" | "ffprobe";

export interface ProgramLimits {
  /** Writable memory: beyond it allocations fail. Default: three quarters of the machine's or container's. */
  memoryBytes: number;
  /** Size of each file that it writes, at most. */
  fileBytes: number;
  /** Processor time of all its threads. */
  cpuSeconds: number;
  /** Processor time without progress in what it makes: a decoder may have minutes to skip at first. */
  idleCpuSeconds: number;
  /** Time in which it neither used the processor nor made progress: it is stopped, or waits in vain. */
  stillMs: number;
  /** Size of the standard output, where it is collected, at most. */
  stdoutBytes: number;
}

const GIB = 1024 ** 3;
const DEFAULT_LIMITS: ProgramLimits = {
  memoryBytes: Math.floor(0.75 * Math.min(totalmem(), process.constrainedMemory() || totalmem())),
  fileBytes: 4 * GIB,
  cpuSeconds: 3_600,
  idleCpuSeconds: 600,
  stillMs: 30_000,
  stdoutBytes: 64 * 1024 ** 2,
};

/** Keeps a source that makes a decoder complain without end from filling the memory. */
const MAX_LOG_LINES = 250_000;
const MAX_LINE_CHARS = 4_000;
const LOOK_EVERY_MS = 1_000;
/** Unit of `/proc/PID/stat`: USER_HZ, which is 100 on every Linux that Node runs on (proc(5)). */
const TICKS_PER_CPU_SECOND = 100;
/** The kernel's own limit comes after ours, which has an error code. */
const KERNEL_GRACE_SECONDS = 30;
/** A shell's, as env(1)'s, where there is no such program (POSIX, "Exit Status for Commands"). */
const NO_SUCH_PROGRAM = 127;

export interface ProgramRun {
  exitCode: number;
  /** Empty where `onLine` took it. */
  stdout: string;
  /** Lines of stderr. */
  lines: string[];
}

export interface ProgramOptions {
  signal: AbortSignal;
  /** Each line of stdout, as it comes; stdout is then not collected. Returns true for progress. */
  onLine?: (line: string) => boolean;
  limits?: Partial<ProgramLimits> | undefined;
  clock?: Clock | undefined;
}

/**
 * Runs a program in a folder, with nothing of this process's environment but the way to programs. Settles
 * only once the process is gone; an abort kills it. Does not judge the exit code.
 * @throws TributaryError ENGINE_UNAVAILABLE where the program is missing; WORKER_STALLED,
 * OUT_OF_MEMORY, ENCODE_FAILED at a limit; WORKER_CRASHED after any other signal; or what `signal`
 * aborts with
 */
export async function runProgram(
  program: Program,
  argv: readonly string[],
  dir: string,
  { signal, onLine, limits: given, clock = REAL_CLOCK }: ProgramOptions,
): Promise<ProgramRun> {
  signal.throwIfAborted();
  const limits = { ...DEFAULT_LIMITS, ...given };
  const [command = program, ...args] = limited([program, ...argv], limits);
  const { PATH } = process.env;
  const child = spawn(command, args, {
    cwd: dir,
    env: { PATH },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const watch = new Watch(child, program, limits, clock);
  const aborted = (): void => watch.end(signal.reason);
  signal.addEventListener("abort", aborted, { once: true });
  const stdout: Buffer[] = [];
  let stdoutBytes = 0;
  const lines: string[] = [];
  if (onLine !== undefined) {
    eachLine(child.stdout, (line) => {
      watch.heard();
      if (onLine(line)) watch.progressed();
    });
  } else {
    child.stdout.on("data", (bytes: Buffer) => {
      stdoutBytes += bytes.length;
      if (stdoutBytes <= limits.stdoutBytes) stdout.push(bytes);
      else watch.end(new TributaryError("ENCODE_FAILED", `${program} printed too much.`));
    });
  }
  eachLine(child.stderr, (line) => {
    if (lines.length < MAX_LOG_LINES) lines.push(line);
  });
  try {
    const exit = await new Promise<{ code: number; killedBy: NodeJS.Signals | null }>(
      (resolve, reject) => {
        child.once("error", (cause) => reject(unavailable(program, cause)));
        child.once("close", (code, killedBy) => resolve({ code: code ?? -1, killedBy }));
      },
    );
    watch.throwIfEnded();
    if (exit.code === NO_SUCH_PROGRAM) throw unavailable(program);
    if (exit.killedBy === "SIGXFSZ") {
      throw new TributaryError("ENCODE_FAILED", `${program} wrote more than the task can have.`);
    }
    // Not by us: out of memory, as a rule.
    if (exit.killedBy !== null)
      throw new TributaryError("WORKER_CRASHED", `${program} was killed.`);
    if (exit.code !== 0 && lines.some((line) => OUT_OF_MEMORY.test(line))) {
      throw new TributaryError("OUT_OF_MEMORY", `There is not enough memory for ${program}.`);
    }
    return { exitCode: exit.code, stdout: Buffer.concat(stdout).toString(), lines };
  } finally {
    watch.stop();
    signal.removeEventListener("abort", aborted);
  }
}

/** As libav* and x264 say it. */
const OUT_OF_MEMORY = /Cannot allocate memory|malloc of size \d+ failed/;

function unavailable(program: Program, cause?: unknown): TributaryError {
  return new TributaryError("ENGINE_UNAVAILABLE", `${program} could not be started.`, { cause });
}

/**
 * The command under the kernel's limits, by the shell that every Unix has; it becomes the program. A lower
 * limit that is there already stays. Windows has no such limits: there only the watch holds.
 */
function limited(
  command: string[],
  { memoryBytes, cpuSeconds, fileBytes }: ProgramLimits,
): string[] {
  if (process.platform === "win32") return command;
  // POSIX counts files in blocks of 512 bytes; memory is in KiB.
  const limits: [string, number][] = [
    ["-c", 0],
    ["-d", Math.ceil(memoryBytes / 1024)],
    ["-t", cpuSeconds + KERNEL_GRACE_SECONDS],
    ["-f", Math.ceil(fileBytes / 512)],
  ];
  const set = limits.map(([flag, value]) => `ulimit ${flag} ${value} 2>/dev/null;`).join(" ");
  return ["/bin/sh", "-c", `${set} exec "$@"`, "sh", ...command];
}

/**
 * Looks at a process each second. Processor time is the sign of life: a slow encode on a loaded machine
 * uses a little in every second, a stopped or deadlocked one uses none. (Progress lines would not do:
 * ffmpeg prints none while it skips to the first frame, and from version 7 on it prints them
 * whatever its other threads do.)
 */
class Watch {
  readonly #child: ChildProcess;
  readonly #program: Program;
  readonly #limits: ProgramLimits;
  readonly #timer: Timer;
  #ended: { reason: unknown } | null = null;
  #isHeard = false;
  #hasProgress = false;
  #cpuSeconds = 0;
  #cpuAtProgress = 0;
  /** In a row. Counted, because a process that was itself frozen finds its clock far ahead. */
  #stillLooks = 0;

  constructor(child: ChildProcess, program: Program, limits: ProgramLimits, clock: Clock) {
    this.#child = child;
    this.#program = program;
    this.#limits = limits;
    this.#timer = new Timer(clock);
    this.#lookAgain();
  }

  /** It printed something. */
  heard(): void {
    this.#isHeard = true;
  }

  /** Tells that the output has grown. */
  progressed(): void {
    this.#hasProgress = true;
  }

  /** SIGKILL: a stopped process heeds nothing else, and nothing that it has begun is wanted. */
  end(reason: unknown): void {
    this.#ended ??= { reason };
    this.#timer.clear();
    this.#child.kill("SIGKILL");
  }

  throwIfEnded(): void {
    if (this.#ended !== null) throw this.#ended.reason;
  }

  stop(): void {
    this.#timer.clear();
  }

  #lookAgain(): void {
    this.#timer.set(LOOK_EVERY_MS, () => {
      this.#look();
      if (this.#ended === null) this.#lookAgain();
    });
  }

  #look(): void {
    const { cpuSeconds, idleCpuSeconds, stillMs } = this.#limits;
    const known = usedCpuSeconds(this.#child.pid);
    // Where nobody can say, lines are the sign of life, and time stands for the processor's.
    const used = known ?? this.#cpuSeconds + LOOK_EVERY_MS / 1_000;
    const isStill =
      !this.#hasProgress && (known === null ? !this.#isHeard : known <= this.#cpuSeconds);
    this.#isHeard = false;
    this.#stillLooks = isStill ? this.#stillLooks + 1 : 0;
    this.#cpuSeconds = used;
    if (this.#hasProgress) this.#cpuAtProgress = used;
    this.#hasProgress = false;
    if (this.#stillLooks * LOOK_EVERY_MS >= stillMs)
      this.#stalled(`stood still for ${stillMs / 1_000} s`);
    else if (used > cpuSeconds) this.#stalled(`used more than ${cpuSeconds} s of processor time`);
    else if (used - this.#cpuAtProgress > idleCpuSeconds) {
      this.#stalled(`made nothing in ${idleCpuSeconds} s of processor time`);
    }
  }

  #stalled(what: string): void {
    this.end(new TributaryError("WORKER_STALLED", `${this.#program} ${what}.`));
  }
}

/** Null where that cannot be read: there is no `/proc`, or the process is gone. */
function usedCpuSeconds(pid: number | undefined): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // After the name, which may hold anything: state is field 3, utime 14, stime 15.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_CPU_SECOND;
  } catch {
    return null;
  }
}

/** ffmpeg ends its progress lines with a carriage return. */
function eachLine(stream: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (text: string) => {
    const lines = (rest + text).split(/[\r\n]+/);
    rest = (lines.pop() ?? "").slice(0, MAX_LINE_CHARS);
    for (const line of lines) if (line !== "") onLine(line.slice(0, MAX_LINE_CHARS));
  });
  stream.on("end", () => {
    if (rest !== "") onLine(rest);
  });
}
