import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** The ffmpeg processes that this process has started. Linux only. */

export function children(): number[] {
  return readdirSync("/proc").filter(isChild).map(Number);
}

function isChild(pid: string): boolean {
  try {
    const [name = "", rest = ""] = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ");
    return name.endsWith("(ffmpeg") && rest.split(" ")[1] === String(process.pid);
  } catch {
    return false;
  }
}

/** Waits until an ffmpeg process runs. @returns its pid */
export async function oneChild(): Promise<number> {
  for (;;) {
    const [pid] = children();
    if (pid !== undefined) return pid;
    await sleep(5);
  }
}

/** Processor time of all threads of a process, in hundredths of a second. */
export function cpuTicks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.split(" ") ?? [];
  return Number(fields[11]) + Number(fields[12]);
}
