import { invalid } from "../isobmff/box.ts";
import type { Rendition, Segment } from "../job/job.ts";
import { checkAudio } from "./check-audio.ts";
import type { MediaFacts } from "./check-fragments.ts";
import { checkInit, type InitFacts } from "./check-init.ts";
import { checkVideo } from "./check-video.ts";

export type { MediaFacts } from "./check-fragments.ts";
export { checkInit, type InitFacts } from "./check-init.ts";

/**
 * The checks that every output must pass before it counts, whoever made it. They are pure and compare bytes
 * with the plan. A lease holder runs them before it offers, the edge after the upload. The bytes may be
 * hostile: every length is checked, and no length that they state decides how much memory is used.
 */

export interface MediaCheck {
  media: Uint8Array;
  /** From `checkInit` of the init segment it is played with. */
  init: InitFacts;
  rendition: Rendition;
  segment: Segment;
}

/**
 * Checks a media segment against the plan: fragments that join without a gap, exactly the planned samples
 * at the planned times, and an IDR picture at the start of each fragment. Any other IDR picture has to be
 * flagged as a sync sample.
 * @throws TributaryError OUTPUT_INVALID, FRAME_COUNT_WRONG
 */
export function checkMedia({ media, init, rendition, segment }: MediaCheck): MediaFacts {
  if (rendition.kind === "audio") return checkAudio(media, init, rendition, segment);
  return checkVideo(media, init, segment);
}

/**
 * Checks all outputs of a task against the plan, before a lease holder offers them.
 * @param outputs init segments first
 * @throws TributaryError OUTPUT_INVALID, INIT_MISMATCH, FRAME_COUNT_WRONG
 */
export function checkOutputs(
  outputs: readonly {
    rendition: string;
    kind: "init" | "media";
    segment: number;
    bytes: Uint8Array;
  }[],
  { renditions, segments }: { renditions: readonly Rendition[]; segments: readonly Segment[] },
): void {
  const inits = new Map<string, InitFacts>();
  for (const output of outputs) {
    const rendition = renditions.find(({ id }) => id === output.rendition);
    if (rendition === undefined) throw invalid("An output of no planned rendition.");
    if (output.kind === "init") {
      inits.set(rendition.id, checkInit(output.bytes, rendition));
      continue;
    }
    const init = inits.get(rendition.id);
    const segment = segments.find(({ index }) => index === output.segment);
    if (init === undefined || segment === undefined) {
      throw invalid("A media segment without its init segment or plan.");
    }
    checkMedia({ media: output.bytes, init, rendition, segment });
  }
}
