import {
  type JobPlan,
  type Rendition,
  type Segment,
  segmentDurationTicks,
  type Task,
  TICKS_PER_SECOND,
} from "../../../../shared/job/job.ts";
import { taskRenditions, taskSegments } from "../../../../shared/job/task-parts.ts";
import { type LeaseGrant, MAX_INIT_BYTES, type Output } from "../../../../shared/wire/lease.ts";
import type { Lease } from "../state/records.ts";

/** The most bytes of a media segment. The gate reads it as a whole. */
const MAX_MEDIA_BYTES = 64 * 1024 * 1024;
/** Rate control may exceed the planned size by this factor, plus this many bytes for short segments. */
const SIZE_FACTOR = 4;
const SIZE_SLACK_BYTES = 1024 * 1024;

/** A lease in the form that its holder gets. */
export function leaseGrant(
  plan: JobPlan,
  task: Task,
  lease: Pick<Lease, "id" | "attempt"> & Partial<Pick<Lease, "engine">>,
  chunk: LeaseGrant["chunk"],
  compare?: LeaseGrant["compare"],
): LeaseGrant {
  const { durationTicks, video, audio } = plan.source;
  return {
    leaseId: lease.id,
    attempt: lease.attempt,
    task,
    segments: taskSegments(plan, task),
    renditions: taskRenditions(plan, task),
    ...(lease.engine == null ? {} : { engine: lease.engine }),
    ...(compare === undefined ? {} : { compare }),
    source: { durationTicks, video, audio },
    chunk,
  };
}

/**
 * Checks that the outputs are those of the task: one media segment for each (segment, rendition), one init segment for
 * each rendition, and sizes within bounds. Their contents are checked by the gate.
 * @returns a sentence that says what is wrong; null when nothing is
 */
export function offerFault(plan: JobPlan, task: Task, outputs: readonly Output[]): string | null {
  const renditions = new Map(taskRenditions(plan, task).map((each) => [each.id, each]));
  const segments = new Map(taskSegments(plan, task).map((each) => [each.index, each]));
  const seen = new Set<string>();
  for (const output of outputs) {
    const rendition = renditions.get(output.rendition);
    if (rendition === undefined) return `The task has no rendition ${output.rendition}.`;
    const name =
      output.kind === "init"
        ? `the init segment of ${output.rendition}`
        : `segment ${output.segment} of ${output.rendition}`;
    if (seen.has(name)) return `More than one output is offered as ${name}.`;
    seen.add(name);
    const segment = segments.get(output.segment);
    if (output.kind === "init") {
      if (output.segment !== task.firstSegment) return `The task does not begin with ${name}.`;
      if (output.sizeBytes > MAX_INIT_BYTES) return `Too many bytes for ${name}.`;
    } else {
      if (segment === undefined) return `The task does not have ${name}.`;
      if (output.sizeBytes > maxMediaBytes(rendition, segment))
        return `Too many bytes for ${name}.`;
    }
  }
  const expected = renditions.size * (segments.size + 1);
  return seen.size === expected ? null : `${seen.size} outputs are offered, not ${expected}.`;
}

function maxMediaBytes(rendition: Rendition, segment: Segment): number {
  const seconds = segmentDurationTicks(segment) / TICKS_PER_SECOND;
  const planned = (rendition.bitsPerSecond * seconds) / 8;
  return Math.min(MAX_MEDIA_BYTES, SIZE_SLACK_BYTES + SIZE_FACTOR * planned);
}
