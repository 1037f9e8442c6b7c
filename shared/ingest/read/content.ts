import { sha256 } from "@noble/hashes/sha2.js";
import type { JobPlan } from "../../job/job.ts";

/**
 * Tells whether another file holds the same video, and a job that was planned by the one can go on with the
 * other: all frame times and key frames, size, turn, colours and codec of the picture, and each audio
 * track's form, start and end. Not the bytes: a phone's picture library makes another copy of a video each
 * time it is picked.
 *
 * @param keyTicks key frames of the source
 * @returns hex SHA-256
 */
export function contentDigest(
  { source, segments, tasks }: JobPlan,
  keyTicks: ArrayLike<number>,
): string {
  const { codec, bitsPerSecond: _, ...video } = source.video;
  const content = {
    durationTicks: source.durationTicks,
    trim: source.trim,
    video: { ...video, frameRate: video.frameRate.toFixed(3), codec: family(codec) },
    audio: source.audio.map(({ title: _, isDefault: __, bitsPerSecond: ___, ...audio }) => audio),
    // How bits are shared out follows from the file's own.
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
