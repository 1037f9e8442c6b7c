import {
  AAC_FRAME_SAMPLES,
  type AcceptedSegment,
  type AudioRendition,
  audioFrameAt,
  type Segment,
  segmentDurationTicks,
  TICKS_PER_SECOND,
  type VideoRendition,
} from "../job/job.ts";

/** Input of all playlist renderers: a job's plan, and the segments that have passed the gate so far. */
export interface PlaylistInput {
  video: VideoRendition[];
  audio: AudioRendition[];
  /** The plan's segments, in order. */
  segments: Segment[];
  /** In any order; at most one for each (rendition, segment). */
  accepted: AcceptedSegment[];
  /** No further segment will be accepted. */
  ended: boolean;
}

/** The part of a job that playlists may show now. */
export interface Published {
  /** Segments in order, by rendition id; all lists have the same length. */
  byRendition: ReadonlyMap<string, AcceptedSegment[]>;
  /** Segments that begin with an EXT-X-DISCONTINUITY, in every rendition. */
  discontinuities: ReadonlySet<number>;
  count: number;
  /** No more segments will come, whether or not all planned ones are there. Playlists get their end tag. */
  hasEnd: boolean;
  /** All planned segments are there and the job is over. */
  complete: boolean;
  /** EXT-X-TARGETDURATION in seconds. It is the same in all media playlists of the job, and never changes. */
  targetSeconds: number;
}

/**
 * An EVENT playlist may only grow (RFC 8216, 4.3.3.5), and discontinuities must stand at the same points in all
 * renditions (6.2.4). Whether segment k begins with a discontinuity is known only when all renditions have segment k.
 * So segments are published up to the first one that any rendition lacks.
 */
export function published(input: PlaylistInput): Published {
  const byIndex = new Map<string, AcceptedSegment[]>();
  for (const { id } of [...input.video, ...input.audio]) byIndex.set(id, []);
  for (const accepted of input.accepted) {
    const list = byIndex.get(accepted.rendition);
    if (list !== undefined) list[accepted.segment] = accepted;
  }

  let count = input.segments.length;
  for (const list of byIndex.values()) {
    let have = 0;
    while (list[have] !== undefined) have += 1;
    count = Math.min(count, have);
  }

  const byRendition = new Map([...byIndex].map(([id, list]) => [id, list.slice(0, count)]));
  return {
    byRendition,
    discontinuities: initSwitches(byRendition),
    count,
    // With the last segment, not after it: video.js 8 looks for the end only when it appends a segment.
    hasEnd: input.ended || count === input.segments.length,
    complete: input.ended && count === input.segments.length,
    targetSeconds: targetSeconds(input),
  };
}

/** The number of segments, from the first on, that can be played now. A job with 1 or more is playable. */
export function playableSegments(input: PlaylistInput): number {
  return published(input).count;
}

/** Units per second of the rendition's own clock. Audio counts in samples, so that sums stay exact. */
export function unitsPerSecond(rendition: VideoRendition | AudioRendition): number {
  return rendition.kind === "video" ? TICKS_PER_SECOND : rendition.sampleRate;
}

/** Duration of a segment in `unitsPerSecond` of its rendition. */
export function durationUnits(
  rendition: VideoRendition | AudioRendition,
  accepted: AcceptedSegment,
): number {
  return rendition.kind === "video" ? accepted.durationTicks : accepted.frames * AAC_FRAME_SAMPLES;
}

function initSwitches(byRendition: ReadonlyMap<string, AcceptedSegment[]>): Set<number> {
  const switches = new Set<number>();
  for (const list of byRendition.values()) {
    list.forEach((accepted, index) => {
      const before = list[index - 1];
      if (before !== undefined && before.initKey !== accepted.initKey) switches.add(index);
    });
  }
  return switches;
}

/**
 * Apple's authoring specification (7.5) advises 6 s. The value is larger only when a planned segment rounds to more.
 */
function targetSeconds(input: PlaylistInput): number {
  let longest = 6;
  for (const segment of input.segments) {
    const ticks = segmentDurationTicks(segment);
    longest = Math.max(longest, Math.round(ticks / TICKS_PER_SECOND));
    for (const { sampleRate } of input.audio) {
      const frames =
        audioFrameAt(segment.startTicks + ticks, sampleRate) -
        audioFrameAt(segment.startTicks, sampleRate);
      longest = Math.max(longest, Math.round((frames * AAC_FRAME_SAMPLES) / sampleRate));
    }
  }
  return longest;
}
