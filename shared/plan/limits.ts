import { TributaryError } from "../job/errors.ts";
import type { JobPlan } from "../job/job.ts";

/** Segments of one job: its coordinator holds a record of each task and of each segment of each rendition. */
export const MOST_SEGMENTS = 20_000;
const MOST_OUTPUTS = 60_000;
const MOST_TASKS = 24_000;

/** Checks that one coordinator can hold the plan. @throws TributaryError SOURCE_TOO_LARGE */
export function checkPlanSize({
  segments,
  video,
  audio,
  tasks,
}: Pick<JobPlan, "segments" | "video" | "audio" | "tasks">): void {
  const renditions = video.length + audio.length;
  if (segments.length > MOST_SEGMENTS) {
    throw new TributaryError("SOURCE_TOO_LARGE", "The video is longer than a day and a quarter.");
  }
  if (segments.length * renditions > MOST_OUTPUTS) {
    const most = Math.floor(MOST_OUTPUTS / segments.length);
    const message = `The video is too long for ${renditions} quality levels and sound tracks: ${most} are possible.`;
    throw new TributaryError("SOURCE_TOO_LARGE", message);
  }
  if (tasks.length > MOST_TASKS) {
    throw new TributaryError("SOURCE_TOO_LARGE", `A job has at most ${MOST_TASKS} tasks.`);
  }
}
