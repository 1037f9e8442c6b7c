import { type JobPlan, segmentFrames } from "../../shared/job/job.ts";
import { taskSegments } from "../../shared/job/task-parts.ts";
import type { Output } from "../../shared/wire/lease.ts";

/** Offers of holders. Each hash stands for a content. */

/** The task's id in a lease's id ("v-0" in "v-0_2"). */
export function taskIdOf(leaseId: string): string {
  return leaseId.slice(0, leaseId.lastIndexOf("_"));
}

/** An MD5 of zero bits in base64, for offers whose MD5 does not matter. */
export const NO_MD5 = `${"A".repeat(22)}==`;

/** The honest offer for a task, the same from every holder. @param twist text that makes it a lie */
export function outputsOf(plan: JobPlan, taskId: string, twist = ""): Output[] {
  const task = plan.tasks.find(({ id }) => id === taskId);
  if (task === undefined) return [];
  const md5 = NO_MD5;
  return task.renditions.flatMap((rendition) => [
    {
      rendition,
      kind: "init",
      segment: task.firstSegment,
      sizeBytes: 600,
      sha256: hash(rendition),
      base64: "AA==",
      md5,
      frames: 0,
    } as const,
    ...taskSegments(plan, task).map(
      (segment) =>
        ({
          rendition,
          kind: "media",
          segment: segment.index,
          sizeBytes: 1000,
          sha256: hash(`${twist}${rendition}${segment.index}`),
          md5,
          frames: segmentFrames(segment),
        }) as const,
    ),
  ]);
}

/** A text in the form of a SHA-256, without computing one. */
export function hash(text: string): string {
  return Buffer.from(text).toString("hex").padEnd(64, "0").slice(0, 64);
}

/** The hash that an honest holder offers for a segment. */
export function honestHash(rendition: string, segment: number): string {
  return hash(`${rendition}${segment}`);
}
