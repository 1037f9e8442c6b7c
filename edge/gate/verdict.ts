import type { ErrorCode } from "../../shared/job/errors.ts";
import type { AudioRendition, Fragment, Segment, VideoRendition } from "../../shared/job/job.ts";
import type { Output } from "../../shared/wire/lease.ts";

/** A request to the gate: a committed lease's outputs, and what the plan expects of them. */
export interface GateRequest {
  jobId: string;
  /** The lease whose keys the media has in storage. */
  leaseId: string;
  outputs: Output[];
  renditions: (VideoRendition | AudioRendition)[];
  /** The task's segments, in order. */
  segments: Segment[];
  /** Keys of the init segments of accepted results, which are in storage. */
  storedInits: string[];
}

/** A media segment that has passed the gate. */
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
  /** The outputs are wrong. */
  | { verdict: "refused"; code: ErrorCode; message: string }
  /** The gate could not check the outputs, which may be right. */
  | { verdict: "unknown"; message: string };
