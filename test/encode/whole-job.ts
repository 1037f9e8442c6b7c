import { openAsBlob } from "node:fs";
import { basename } from "node:path";
import { leaseGrant } from "../../edge/coordinator/schedule/results/offers.ts";
import { checkInit, checkMedia, type InitFacts, type MediaFacts } from "../../shared/cmaf/check.ts";
import type { RawOutput, TranscodedTask, TranscodeTask } from "../../shared/encode/ffmpeg/task.ts";
import { openSource } from "../../shared/ingest/read/source.ts";
import type { JobPlan, Rendition, Segment } from "../../shared/job/job.ts";
import { messagesOf } from "../../shared/job/notice.ts";
import type { LadderRung } from "../../shared/plan/plan.ts";

/** One media output, with the rendition and segment that it has to fit. */
export interface CheckedMedia {
  rendition: Rendition;
  segment: Segment;
  bytes: Uint8Array;
  facts: MediaFacts;
}

/** A rendition whose outputs have passed the gate. */
export interface CheckedRendition {
  rendition: Rendition;
  /** Init segments of every task that made part of it. */
  inits: Uint8Array[];
  init: InitFacts;
  /** Media segments in order. */
  media: CheckedMedia[];
}

/** A plan with all of its outputs. */
export interface WholeJob {
  plan: JobPlan;
  renditions: CheckedRendition[];
  warnings: string[];
}

/** An engine that runs single tasks. */
export type Transcode = (task: TranscodeTask) => Promise<TranscodedTask>;

/** Plans a clip and cuts its tasks as the page does. */
export async function cutTasks(
  path: string,
  ladder: readonly LadderRung[],
): Promise<{ plan: JobPlan; tasks: TranscodeTask[] }> {
  const { signal } = new AbortController();
  const file = new File([await openAsBlob(path)], basename(path));
  const source = await openSource(file, { signal });
  try {
    const plan = source.planJob(ladder);
    const tasks: TranscodeTask[] = [];
    for (const task of plan.tasks) {
      const grant = leaseGrant(plan, task, { id: "engine", attempt: 1 }, { from: "local" });
      const { info, bytes } = await source.cutChunk(grant, signal);
      tasks.push({ grant, info, chunk: new Uint8Array(bytes) });
    }
    return { plan, tasks };
  } finally {
    source.close();
  }
}

/** Runs all tasks with one engine, and checks each output with the gate. @throws TributaryError of the gate */
export async function makeWholeJob(
  path: string,
  ladder: readonly LadderRung[],
  transcode: Transcode,
): Promise<WholeJob> {
  const { plan, tasks } = await cutTasks(path, ladder);
  const outputs: RawOutput[] = [];
  const warnings: string[] = [];
  for (const task of tasks) {
    // An engine may transfer its chunk away, so each run gets a copy.
    const done = await transcode({ ...task, chunk: task.chunk.slice() });
    outputs.push(...done.outputs);
    warnings.push(...messagesOf(done.notices));
  }
  const renditions = [...plan.video, ...plan.audio].map((rendition) =>
    checkRendition(
      plan,
      rendition,
      outputs.filter((one) => one.rendition === rendition.id),
    ),
  );
  return { plan, renditions, warnings };
}

function checkRendition(
  plan: JobPlan,
  rendition: Rendition,
  outputs: readonly RawOutput[],
): CheckedRendition {
  const inits = outputs.filter(({ kind }) => kind === "init").map(({ bytes }) => bytes);
  const [firstInit] = inits;
  if (firstInit === undefined) throw new Error(`${rendition.id} has no init segment.`);
  const init = checkInit(firstInit, rendition);
  const media = outputs
    .filter(({ kind }) => kind === "media")
    .sort((a, b) => a.segment - b.segment)
    .map(({ segment: index, bytes }) => {
      const segment = plan.segments[index];
      if (segment === undefined) throw new Error(`Segment ${index} is not planned.`);
      const facts = checkMedia({ media: bytes, init, rendition, segment });
      return { rendition, segment, bytes, facts };
    });
  return { rendition, inits, init, media };
}

/** The init segment and all media segments in one file, as a player reads them. */
export function wholeFile({ inits, media }: CheckedRendition): Uint8Array {
  return Buffer.concat([inits[0] ?? new Uint8Array(), ...media.map(({ bytes }) => bytes)]);
}
