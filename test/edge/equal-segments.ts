import { only, readBoxes, readChildren } from "../../shared/isobmff/box.ts";
import { type JobPlan, segmentDurationTicks, segmentFrames } from "../../shared/job/job.ts";
import type { OutputFacts } from "../../shared/wire/lease.ts";
import type { MadeOutput } from "./made-job.ts";
import { bytesOf, hashed, plan } from "./scripted-holder.ts";

/** A job of any length, with one rendition. */

/** Outputs of the real job, by task. */
type Video = Readonly<Record<string, readonly MadeOutput[]>>;

const RENDITION = plan.video.at(-1)?.id ?? "";

/** A plan that repeats the first segment of the real job. */
export function planOfEqualSegments(count: number): JobPlan {
  const [first] = plan.segments;
  const task = plan.tasks.find(({ kind }) => kind === "video");
  if (first === undefined || task === undefined) throw new Error("There is nothing to repeat.");
  const ticks = segmentDurationTicks(first);
  const every = Array.from({ length: count }, (_, index) => index);
  const { source } = plan;
  return {
    source: {
      ...source,
      durationTicks: count * ticks,
      video: { ...source.video, frames: count * segmentFrames(first) },
      audio: [],
    },
    video: plan.video.filter(({ id }) => id === RENDITION),
    audio: [],
    segments: every.map((index) => ({ ...first, index, startTicks: index * ticks })),
    tasks: every.map((index) => ({
      ...task,
      id: `v-${index}`,
      renditions: [RENDITION],
      firstSegment: index,
    })),
  };
}

/**
 * Outputs for each segment of `planOfEqualSegments(count)`: the first segment of `video`, moved to the segment's
 * time.
 */
export function outputsOfEqualSegments(count: number, video: Video): Promise<MadeOutput[][]> {
  return Promise.all(Array.from({ length: count }, (_, segment) => outputsOf(segment, video)));
}

async function outputsOf(segment: number, video: Video): Promise<MadeOutput[]> {
  const [first] = plan.segments;
  const task = plan.tasks.find(({ kind }) => kind === "video");
  const outputs = (video[task?.id ?? ""] ?? []).filter(
    (output) => output.rendition === RENDITION && (output.kind === "init" || output.segment === 0),
  );
  if (first === undefined || outputs.length !== 2) throw new Error("There is nothing to repeat.");
  return Promise.all(
    outputs.map((output) => {
      if (output.kind === "init") return { ...output, segment };
      const bytes = bytesOf(output);
      delay(bytes, segment * segmentDurationTicks(first));
      const { base64: _, ...offered } = output;
      return hashed({ ...offered, segment } satisfies OutputFacts, bytes);
    }),
  );
}

/** Adds ticks to the decode time of each fragment (ISO/IEC 14496-12, 8.8.12: version 1 has 64 bits). */
function delay(bytes: Uint8Array, ticks: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const moof of readBoxes(bytes).filter(({ type }) => type === "moof")) {
    const traf = only(readChildren(bytes, moof), "traf");
    const { bodyStart } = only(readChildren(bytes, traf), "tfdt");
    view.setBigUint64(bodyStart + 4, view.getBigUint64(bodyStart + 4) + BigInt(ticks));
  }
}
