import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { totalmem } from "node:os";
import { type Clock, REAL_CLOCK, Timer } from "../../shared/clock.ts";
import { TributaryError } from "../../shared/job/errors.ts";

/** Runs native ffmpeg and ffprobe with limits of time, memory and written bytes. */

export type Program = "ffmpeg" | "ffprobe";

export interface ProgramLimits {
  /** Writable memory, beyond which allocations fail. Default: three quarters of that of the machine or container. */
  memoryBytes: number;
  /** The largest size of each file that it writes. */
  fileBytes: number;
  /** Processor time of all its threads. */
  cpuSeconds: number;
  /** Processor time without progress in the output. At the start a decoder may have to skip minutes of video. */
  idleCpuSeconds: number;
  /** Milliseconds without processor time and progress, after which the process counts as stopped or deadlocked. */
  stillMs: number;
  /** The largest size of the standard output, where it is collected. */
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

/** A decoder may print endless errors about a damaged source. This keeps them from filling the memory. */
const MAX_LOG_LINES = 250_000;
const MAX_LINE_CHARS = 4_000;
const LOOK_EVERY_MS = 1_000;
/** Unit of `/proc/PID/stat`: USER_HZ, which is 100 on every Linux that Node runs on (proc(5)). */
const TICKS_PER_CPU_SECOND = 100;
/** The kernel's limit is this much above ours, so that ours, which has an error code, is reached first. */
const KERNEL_GRACE_SECONDS = 30;
/** Exit status of a shell where a program does not exist (POSIX, "Exit Status for Commands"). */
const NO_SUCH_PROGRAM = 127;

/** The outcome of a program that has ended by itself. */
export interface ProgramRun {
  exitCode: number;
  /** Empty where `onLine` received the lines. */
  stdout: string;
  /** Lines of stderr. */
  lines: string[];
}

export interface ProgramOptions {
  signal: AbortSignal;
  /**
   * Receives each line of stdout as it is printed; stdout is then not collected. Returns true if the line shows
   * progress.
   */
  onLine?: (line: string) => boolean;
  limits?: Partial<ProgramLimits> | undefined;
  clock?: Clock | undefined;
}

/**
 * Runs a program in a folder. Of this process's environment it gets only PATH. Settles only once the process has ended;
 * an abort kills it. The exit code is returned without a check.
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
    // Killed, but not by us: usually for lack of memory.
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

/** The messages of libav* and x264. */
const OUT_OF_MEMORY = /Cannot allocate memory|malloc of size \d+ failed/;

function unavailable(program: Program, cause?: unknown): TributaryError {
  return new TributaryError("ENGINE_UNAVAILABLE", `${program} could not be started.`, { cause });
}

/**
 * Wraps the command in a shell that sets the kernel's limits and then executes the program. An existing lower limit
 * stays. Windows has no such limits, so only `Watch` limits the program there.
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
 * Checks a process every second. Processor time is the sign of life: even a slow encode on a loaded machine uses some
 * in every second, while a stopped or deadlocked one uses none. (Progress lines are no such sign. ffmpeg prints none
 * while it skips to the first frame, and from version 7 on it prints them even when its other threads are stuck.)
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
  /**
   * Number of checks in a row without a sign of life. They are counted instead of timed, because after this process was
   * frozen itself, its clock is far ahead.
   */
  #stillLooks = 0;

  constructor(child: ChildProcess, program: Program, limits: ProgramLimits, clock: Clock) {
    this.#child = child;
    this.#program = program;
    this.#limits = limits;
    this.#timer = new Timer(clock);
    this.#lookAgain();
  }

  /** To be called when the process has printed something. */
  heard(): void {
    this.#isHeard = true;
  }

  /** To be called when the output has grown. */
  progressed(): void {
    this.#hasProgress = true;
  }

  /**
   * Kills the process with SIGKILL, because a stopped process reacts to no other signal. Its unfinished output is not
   * needed.
   */
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
    // Where the processor time cannot be read, printed lines are the sign of life, and elapsed time stands in for it.
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

/** Processor time of a process in seconds; null where it cannot be read (no `/proc`, or the process has ended). */
function usedCpuSeconds(pid: number | undefined): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // Fields are counted from behind the name, which may contain any characters: state is field 3, utime 14, stime 15.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_CPU_SECOND;
  } catch {
    return null;
  }
}

/** Calls `onLine` for each line. ffmpeg ends progress lines with a carriage return. */
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
