import { readFile } from "node:fs/promises";
import type { Browser } from "playwright";

/** Memory of a tab, as the operating system sees it. */
export interface TabMemory {
  /** Description of `peakBytes`. */
  measured: string;
  peakBytes: number;
}

/**
 * The largest peak resident set of any renderer process so far. It includes the tab's workers and their ffmpeg.wasm
 * heaps, which live in the renderer. Linux only (VmHWM of /proc); null elsewhere.
 */
export async function peakTabMemory(browser: Browser): Promise<TabMemory | null> {
  if (process.platform !== "linux") return null;
  const session = await browser.newBrowserCDPSession();
  try {
    const { processInfo } = await session.send("SystemInfo.getProcessInfo");
    const renderers = processInfo.filter(({ type }) => type === "renderer");
    const peaks = await Promise.all(renderers.map(({ id }) => peakResidentBytes(id)));
    const peakBytes = Math.max(0, ...peaks);
    return peakBytes === 0
      ? null
      : {
          measured: "peak resident set of the tab's renderer process, workers included",
          peakBytes,
        };
  } finally {
    await session.detach();
  }
}

async function peakResidentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}
