import { invalid } from "../isobmff/box.ts";
import { TributaryError } from "../job/errors.ts";
import type { Fragment } from "../job/job.ts";
import type { InitFacts } from "./check-init.ts";
import type { ReadFragment } from "./read-fragment.ts";

export interface MediaFacts {
  /** Samples: pictures, or AAC frames. */
  frames: number;
  /** In ticks of TICKS_PER_SECOND, audio converted and rounded. */
  durationTicks: number;
  fragments: Fragment[];
}

/**
 * Checks that fragments follow each other without a gap and that their numbers rise.
 * @param startTicks planned decode time of the first one, in ticks of the track
 * @throws TributaryError OUTPUT_INVALID
 */
export function checkJoined(
  fragments: readonly ReadFragment[],
  init: InitFacts,
  startTicks: number,
): void {
  if (fragments.length === 0) throw invalid("A media segment without a fragment.");
  let dueTicks = startTicks;
  let sequence = 0;
  for (const fragment of fragments) {
    if (fragment.trackId !== init.trackId)
      throw invalid(`A fragment of track ${fragment.trackId}.`);
    if (fragment.samples.length === 0) throw invalid("A fragment without a sample.");
    if (fragment.baseDecodeTicks !== dueTicks) {
      throw invalid(`A fragment starts at ${fragment.baseDecodeTicks}, planned is ${dueTicks}.`);
    }
    if (fragment.sequence <= sequence) throw invalid("Fragment numbers do not rise.");
    sequence = fragment.sequence;
    dueTicks += decodeTicksOf(fragment);
  }
}

/** @throws TributaryError FRAME_COUNT_WRONG */
export function checkCount(fragments: readonly ReadFragment[], planned: number): void {
  const frames = fragments.reduce((total, fragment) => total + fragment.samples.length, 0);
  if (frames !== planned) {
    throw new TributaryError(
      "FRAME_COUNT_WRONG",
      `${frames} frames in a segment where ${planned} are planned.`,
    );
  }
}

/** @param durationTicks how long the fragment is shown or heard, in ticks of TICKS_PER_SECOND */
export function fragmentFacts(fragment: ReadFragment, durationTicks: number): Fragment {
  const [first] = fragment.samples;
  return {
    offsetBytes: fragment.offsetBytes,
    sizeBytes: fragment.sizeBytes,
    keyFrameBytes: fragment.dataOffset - fragment.offsetBytes + (first?.sizeBytes ?? 0),
    durationTicks,
  };
}

/** Sum of its samples' decode durations, in ticks of the track. */
export function decodeTicksOf(fragment: ReadFragment): number {
  return fragment.samples.reduce((total, sample) => total + sample.durationTicks, 0);
}
