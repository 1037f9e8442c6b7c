import { readdirSync, readFileSync } from "node:fs";

/** Processor time and memory of this process and all its descendants. Linux only. */

/** USER_HZ, the same on all Linux machines. */
const TICKS_PER_SECOND = 100;
const SAMPLE_EVERY_MS = 250;

export interface TreeUse {
  /** User and system time, summed over all cores. */
  processorSeconds: number;
  /**
   * Peak memory of all processes below this one together, in bytes above the level before; shared memory
   * counts once.
   */
  peakMemoryBytes: number;
}

/**
 * Measures the process tree until `stop`.
 * @returns null where there is no `/proc`
 */
export function watchTree(): { stop(): TreeUse | null } {
  const before = processorTicks();
  if (before === null) return { stop: () => null };
  const memoryBefore = memoryBytes();
  const first = new Map<number, number>();
  const last = new Map<number, number>();
  let peakMemoryBytes = 0;
  const sample = (): void => {
    peakMemoryBytes = Math.max(peakMemoryBytes, memoryBytes() - memoryBefore);
    for (const { pid, ownTicks } of tree() ?? []) last.set(pid, ownTicks);
  };
  for (const { pid, ownTicks } of tree() ?? []) first.set(pid, ownTicks);
  const timer = setInterval(sample, SAMPLE_EVERY_MS);
  return {
    stop() {
      clearInterval(timer);
      sample();
      const reaped = (processorTicks() ?? before) - before;
      // Some parents do not wait for their children. The time of such a child is known from its last sample only.
      const seen = [...last].reduce((sum, [pid, ticks]) => sum + ticks - (first.get(pid) ?? 0), 0);
      const ticks = Math.max(reaped, seen);
      return { processorSeconds: ticks / TICKS_PER_SECOND, peakMemoryBytes };
    },
  };
}

interface Process {
  pid: number;
  parent: number;
  /** Processor time of the process alone. `ticks` adds that of the children it has waited for. */
  ownTicks: number;
  ticks: number;
}

/** Processor time of the running processes, and of ended ones that their parents waited for. */
function processorTicks(): number | null {
  const all = tree();
  return all === null ? null : all.reduce((sum, { ticks }) => sum + ticks, 0);
}

function memoryBytes(): number {
  return (tree() ?? [])
    .filter(({ pid }) => pid !== process.pid)
    .reduce((sum, { pid }) => sum + proportionalBytes(pid), 0);
}

function tree(): Process[] | null {
  const all = processes();
  const own = all.find(({ pid }) => pid === process.pid);
  if (own === undefined) return null;
  const found = [own];
  // The list grows while it is read: each process adds its children.
  for (const { pid } of found) found.push(...all.filter(({ parent }) => parent === pid));
  return found;
}

function processes(): Process[] {
  try {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => readProcess(Number(name)) ?? []);
  } catch {
    return [];
  }
}

/** Reads proc_pid_stat(5). Null where the process has ended. */
function readProcess(pid: number): Process | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name may hold any character, so fields count from behind it: 0 state, 1 parent, 11 to 14 utime, stime,
    // cutime, cstime.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [user = 0, system = 0, ...ofChildren] = fields.slice(11, 15).map(Number);
    const ownTicks = user + system;
    const ticks = ofChildren.reduce((sum, each) => sum + each, ownTicks);
    return { pid, parent: Number(fields[1]), ownTicks, ticks };
  } catch {
    return null;
  }
}

function proportionalBytes(pid: number): number {
  try {
    const kibibytes = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"));
    return Number(kibibytes?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
