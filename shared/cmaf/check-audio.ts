import { invalid } from "../isobmff/box.ts";
import {
  AAC_FRAME_SAMPLES,
  type AudioRendition,
  audioFrameAt,
  type Segment,
  segmentDurationTicks,
  TICKS_PER_SECOND,
} from "../job/job.ts";
import {
  checkCount,
  checkJoined,
  decodeTicksOf,
  fragmentFacts,
  type MediaFacts,
} from "./check-fragments.ts";
import type { InitFacts } from "./check-init.ts";
import { readFragments } from "./read-fragment.ts";

/** `checkMedia` for audio. @throws TributaryError OUTPUT_INVALID, FRAME_COUNT_WRONG */
export function checkAudio(
  media: Uint8Array,
  init: InitFacts,
  rendition: AudioRendition,
  segment: Segment,
): MediaFacts {
  const { sampleRate } = rendition;
  const endTicks = segment.startTicks + segmentDurationTicks(segment);
  const firstFrame = audioFrameAt(segment.startTicks, sampleRate);
  const frames = audioFrameAt(endTicks, sampleRate) - firstFrame;
  const fragments = readFragments(media, frames);
  checkJoined(fragments, init, firstFrame * AAC_FRAME_SAMPLES);
  checkCount(fragments, frames);
  for (const { samples } of fragments) {
    for (const sample of samples) {
      if (
        sample.durationTicks !== AAC_FRAME_SAMPLES ||
        sample.compositionOffsetTicks !== 0 ||
        !sample.isSync ||
        sample.sizeBytes === 0
      ) {
        throw invalid("An AAC frame is not a plain one of 1,024 samples.");
      }
    }
  }
  return {
    frames,
    durationTicks: Math.round((frames * AAC_FRAME_SAMPLES * TICKS_PER_SECOND) / sampleRate),
    fragments: fragments.map((fragment) => {
      const ticks = Math.round((decodeTicksOf(fragment) * TICKS_PER_SECOND) / sampleRate);
      return { ...fragmentFacts(fragment, ticks), keyFrameBytes: 0 };
    }),
  };
}
