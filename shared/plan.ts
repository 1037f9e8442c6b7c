import { TributaryError } from "./errors.ts";
import type { JobPlan, SourceFacts } from "./job.ts";
import { planAudio } from "./plan/audio.ts";
import { type LadderRung, planLadder } from "./plan/ladder.ts";
import { type FrameTimeline, planSegments } from "./plan/segments.ts";
import { planTasks } from "./plan/tasks.ts";

export { outputSampleRate } from "./plan/audio.ts";
export {
  frameStepFor,
  type LadderRung,
  parseLadder,
  planLadder,
} from "./plan/ladder.ts";
export { type FrameTimeline, planSegments, TARGET_SEGMENT_TICKS } from "./plan/segments.ts";
export { planTasks } from "./plan/tasks.ts";
export { validatePlan } from "./plan/validate.ts";

/** As in `jobPlanSchema`: 33 hours. */
const MAX_SEGMENTS = 20_000;

/**
 * The whole plan of a job: what comes out, cut where, done in which order.
 * @param rungs default: by the source's size
 * @param slots see `planTasks`
 * @throws TributaryError LADDER_INVALID, SOURCE_TOO_LARGE
 */
export function planJob(
  facts: SourceFacts,
  timeline: FrameTimeline,
  rungs?: readonly LadderRung[],
  slots = 1,
): JobPlan {
  const video = planLadder(facts, rungs);
  const audio = planAudio(facts);
  const segments = planSegments(timeline, facts.video.frameStep);
  if (segments.length > MAX_SEGMENTS) {
    throw new TributaryError("SOURCE_TOO_LARGE", "The video is longer than a day and a quarter.");
  }
  const tasks = planTasks(segments, video, audio, timeline.keyTicks, slots);
  return { source: facts, video, audio, segments, tasks };
}
