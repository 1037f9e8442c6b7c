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

/**
 * The whole plan of a job: what comes out, cut where, done in which order.
 * @param rungs default: by the source's size
 * @param slots see `planTasks`
 * @throws TributaryError LADDER_INVALID
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
  const tasks = planTasks(segments, video, audio, timeline.keyTicks, slots);
  return { source: facts, video, audio, segments, tasks };
}
