import { TributaryError } from "./errors.ts";
import type { Fragment, Segment } from "./job.ts";
import type { Rendition } from "./protocol.ts";

/** What a checked init segment says; needed to check the media that belongs to it. */
export interface InitFacts {
  /** RFC 6381: "avc1.64001f", "mp4a.40.2". */
  codec: string;
  /** Ticks a second of the media's times: TICKS_PER_SECOND for video, the sample rate for audio. */
  timescale: number;
  trackId: number;
}

export interface MediaFacts {
  /** Samples: pictures, or AAC frames. */
  frames: number;
  /** In ticks of TICKS_PER_SECOND, audio converted and rounded. */
  durationTicks: number;
  fragments: Fragment[];
}

/**
 * An init segment as the plan wants it: ftyp and moov, one track of the rendition's kind and size,
 * H.264 High at the rendition's level or AAC-LC, no edit list. Throws OUTPUT_INVALID.
 */
export function checkInit(bytes: Uint8Array, rendition: Rendition): InitFacts {
  throw new TributaryError("OUTPUT_INVALID", `Not checked yet: ${rendition.id}, ${bytes.length}`);
}

export interface MediaCheck {
  media: Uint8Array;
  /** From `checkInit` of the init segment it is played with. */
  init: InitFacts;
  rendition: Rendition;
  segment: Segment;
}

/**
 * A media segment as the plan wants it: fragments that join without a gap, exactly the planned
 * samples at the planned times, key frames where they must be and nowhere else, the first an IDR.
 * Throws OUTPUT_INVALID, FRAME_COUNT_WRONG.
 */
export function checkMedia(check: MediaCheck): MediaFacts {
  throw new TributaryError("OUTPUT_INVALID", `Not checked yet: ${check.rendition.id}`);
}
