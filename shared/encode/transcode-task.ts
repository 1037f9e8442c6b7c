import type { CutSegment } from "../cmaf/cut.ts";
import { type Segment, segmentDurationTicks } from "../job/job.ts";
import type { Notice } from "../job/notice.ts";
import type { ChunkInfo, LeaseGrant } from "../wire/lease.ts";

/** Input and output of every engine. */

export interface TranscodeTask {
  grant: Pick<LeaseGrant, "task" | "segments" | "renditions" | "source" | "engine">;
  info: ChunkInfo;
  chunk: Uint8Array;
}

/** An output before it is hashed. */
export interface RawOutput {
  rendition: string;
  kind: "init" | "media";
  segment: number;
  frames: number;
  bytes: Uint8Array<ArrayBuffer>;
}

export interface TranscodedTask {
  /** Inits first, then media by segment. */
  outputs: RawOutput[];
  /** Damage of the source that is missing or concealed in the outputs. */
  notices: Notice[];
  /** Milliseconds in which the engine was loaded; they are part of the task's time. */
  loadMs?: number;
}

export function initOutput(
  rendition: string,
  segments: readonly Segment[],
  bytes: Uint8Array<ArrayBuffer>,
): RawOutput {
  return { rendition, kind: "init", segment: segments[0]?.index ?? 0, frames: 0, bytes };
}

export function mediaOutput(rendition: string, cut: CutSegment): RawOutput {
  return {
    rendition,
    kind: "media",
    segment: cut.segment.index,
    frames: cut.frames,
    bytes: cut.bytes,
  };
}

export function bySegment(outputs: readonly RawOutput[]): RawOutput[] {
  return [...outputs].sort((a, b) => a.segment - b.segment);
}

export function durationTicks(segments: readonly Segment[]): number {
  return segments.reduce((total, segment) => total + segmentDurationTicks(segment), 0);
}
