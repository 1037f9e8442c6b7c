import type { ErrorCode } from "../../shared/job/errors.ts";
import type { AudioRendition, Fragment, Segment, VideoRendition } from "../../shared/job/job.ts";
import type { Output } from "../../shared/wire/lease.ts";

/** A request to the gate: a committed lease's outputs, and the plan's expectations of them. */
export interface GateRequest {
  jobId: string;
  /** Media lies under its keys. */
  leaseId: string;
  outputs: Output[];
  renditions: (VideoRendition | AudioRendition)[];
  /** The task's segments, in order. */
  segments: Segment[];
  /** Keys of init segments that accepted results brought: they are in storage. */
  storedInits: string[];
}

/** A media segment as the gate found it. */
export interface CheckedSegment {
  rendition: string;
  segment: number;
  frames: number;
  durationTicks: number;
  fragments: Fragment[];
  /** RFC 6381, from the init segment. */
  codec: string;
}

export type GateVerdict =
  | { verdict: "passed"; segments: CheckedSegment[] }
  /** The outputs are at fault. */
  | { verdict: "refused"; code: ErrorCode; message: string }
  /** The gate could not look; the outputs may be right. */
  | { verdict: "unknown"; message: string };
