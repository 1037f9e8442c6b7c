import type { JobPlan, Rendition, Segment, Task } from "./job.ts";

/** The segments that a task makes, in order. */
export function taskSegments(
  { segments }: Pick<JobPlan, "segments">,
  { firstSegment, segmentCount }: Task,
): Segment[] {
  return segments.slice(firstSegment, firstSegment + segmentCount);
}

/** The renditions that a task makes. */
export function taskRenditions(
  { video, audio }: Pick<JobPlan, "video" | "audio">,
  { renditions }: Task,
): Rendition[] {
  return [...video, ...audio].filter(({ id }) => renditions.includes(id));
}
