import { sha256 } from "@noble/hashes/sha2.js";
import type { JobPlan } from "../../job/job.ts";

/**
 * A digest of what a file shows and holds. When two files have the same digest, a job planned with one can go
 * on with the other. It covers all frame times and key frames, size, rotation, colours and codec of the picture,
 * and each audio track's format, start and end. It does not cover the bytes: a phone's picture library makes
 * another copy of a video each time it is picked.
 *
 * @param keyTicks key frames of the source
 * @returns hex SHA-256
 */
export function contentDigest(
  { source, segments, tasks }: JobPlan,
  keyTicks: ArrayLike<number>,
): string {
  // How many decode times are rounded follows from the frames' own, and plans of older builds do not say it.
  const { codec, bitsPerSecond: _, roundedPictures: __, ...video } = source.video;
  const content = {
    durationTicks: source.durationTicks,
    trim: source.trim,
    video: { ...video, frameRate: video.frameRate.toFixed(3), codec: family(codec) },
    audio: source.audio.map(({ title: _, isDefault: __, bitsPerSecond: ___, ...audio }) => audio),
    // Not `rateShare`, which depends on the sizes of the file's packets.
    segments: segments.map(({ rateShare: _, ...segment }) => segment),
    tasks,
    keyTicks: Array.from(keyTicks),
  };
  const digest = sha256(new TextEncoder().encode(JSON.stringify(content)));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** "avc1" of "avc1.64001f": an encoder may choose another level each time. */
function family(codec: string): string {
  return codec.split(".")[0] ?? codec;
}
