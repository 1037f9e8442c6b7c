import { TICKS_PER_SECOND } from "../../job/ticks.ts";
import { TARGET_SEGMENT_TICKS } from "../../plan/plan.ts";
import type { VideoIndex } from "./source-index.ts";

/**
 * Average bits a second of the pictures. A picture that is held counts as a further key frame for each further
 * segment, because each segment has to encode it again.
 */
export function bitRate(index: VideoIndex, durationTicks: number): number {
  const { packetBytes, packetIsKey, framePackets, frameTicks } = index;
  let keys = 0;
  let keyBytes = 0;
  let bytes = 0;
  for (const packet of framePackets) {
    bytes += packetBytes[packet] ?? 0;
    if (packetIsKey[packet] !== 1) continue;
    keys++;
    keyBytes += packetBytes[packet] ?? 0;
  }
  let repeats = 0;
  for (let frame = 0; frame < framePackets.length; frame++) {
    const heldTicks = (frameTicks[frame + 1] ?? 0) - (frameTicks[frame] ?? 0);
    repeats += Math.floor(heldTicks / TARGET_SEGMENT_TICKS);
  }
  const all = bytes + (repeats * keyBytes) / Math.max(1, keys);
  return Math.max(1, Math.round((8 * all * TICKS_PER_SECOND) / durationTicks));
}

/** Average frames a second: (frames - 1) / (last time - first time). One frame alone: by how long it is shown. */
export function meanFrameRate(frameTicks: Float64Array): number {
  const frames = frameTicks.length - 1;
  const span = frameTicks[frames - 1] ?? 0;
  const rate =
    frames > 1 && span > 0
      ? ((frames - 1) * TICKS_PER_SECOND) / span
      : TICKS_PER_SECOND / (frameTicks[frames] ?? TICKS_PER_SECOND);
  // Slides: rates below 1 are of no use to encoders and playlists.
  return Math.max(1, Math.min(1000, Math.round(rate * 10_000) / 10_000));
}
