import type { Engine } from "../../shared/job.ts";
import type { Lane } from "../worker/api.ts";

/** How many single-threaded encoders this device gets by default: one a core. */
export function defaultSlots(
  hardwareConcurrency: number,
  deviceMemoryGiB: number | undefined,
): number {
  const cores = Math.max(1, Math.floor(hardwareConcurrency) || 1);
  // A heap takes 115 to 350 MB (480p to 1080p ladder); leave most of the memory to the person.
  const byMemory =
    deviceMemoryGiB === undefined ? 16 : Math.max(1, Math.floor(deviceMemoryGiB * 2));
  return Math.min(16, cores, byMemory);
}

/** Whether the browser has codecs that pages can use at all; which ones is asked for each task. */
export function hasWebCodecs(): boolean {
  return "VideoDecoder" in self && "VideoEncoder" in self;
}

/** What this tab's results may be made by, for the coordinator to know. */
export function enginesOf(lane: Lane): Engine[] {
  return lane === "ffmpeg" || !hasWebCodecs() ? ["ffmpeg-wasm"] : ["webcodecs", "ffmpeg-wasm"];
}
