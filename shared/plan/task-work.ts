import { type JobPlan, runRateShare, segmentDurationTicks, type Task } from "../job/job.ts";
import { taskSegments } from "../job/task-parts.ts";

/** Work of decoding, which each task of a segment does again, as a share of the work of encoding all renditions. */
const DECODING = 0.1;

/** Encoders take longer over busy pictures; measured, the time grows more slowly than the bits. */
const BUSYNESS_EXPONENT = 0.5;

/**
 * How much work a video task is, in ticks. A tick of work is a tick of video that is as busy as the source on
 * average, made in all renditions.
 */
export function videoWorkTicks(plan: Pick<JobPlan, "segments" | "video">, task: Task): number {
  const segments = taskSegments(plan, task);
  const ticks = segments.reduce((sum, segment) => sum + segmentDurationTicks(segment), 0);
  const busyness = runRateShare(segments) ** BUSYNESS_EXPONENT;
  return Math.round(ticks * busyness * renditionShare(plan, task));
}

function renditionShare({ video }: Pick<JobPlan, "video">, { renditions }: Task): number {
  if (renditions.length >= video.length) return 1;
  let [own, all] = [0, 0];
  for (const { id, width, height } of video) {
    all += width * height;
    if (renditions.includes(id)) own += width * height;
  }
  return all === 0 ? 1 : (own / all + DECODING) / (1 + DECODING);
}
