import { openAsBlob } from "node:fs";
import { basename } from "node:path";
import type { TestProject } from "vitest/node";
import { transcodeTask } from "../../edge/container/native-ffmpeg.ts";
import { leaseGrant } from "../../edge/coordinator/schedule/offers.ts";
import type { MadeTask } from "../../shared/lease-loop.ts";
import { openSource } from "../../web/ingest/source.ts";
import type { MadeJob, MadeOutput } from "../edge/made-job.ts";
import { fixture } from "./media.ts";

/** Small pictures: the coordinator does not care for them, and every test uploads them. */
const LADDER = [
  { shortSide: 144, kilobitsPerSecond: 120 },
  { shortSide: 90, kilobitsPerSecond: 60 },
];

/** A global setup: native ffmpeg makes the job once for all tests of the project. */
export default async function setup(project: TestProject): Promise<void> {
  project.provide("madeJob", await makeJob());
}

async function makeJob(): Promise<MadeJob> {
  const { signal } = new AbortController();
  const path = await fixture("long-gop-20s.mp4");
  const file = new File([await openAsBlob(path)], basename(path));
  const source = await openSource(file, { signal });
  try {
    const plan = source.planJob(LADDER);
    const outputs: MadeJob["outputs"] = {};
    for (const task of plan.tasks) {
      const grant = leaseGrant(plan, task, { id: "setup", attempt: 1 }, { from: "local" });
      const chunk = await source.cutChunk(grant, signal);
      outputs[task.id] = inBase64(await transcodeTask(grant, chunk, () => {}, signal));
    }
    return { plan, outputs };
  } finally {
    source.close();
  }
}

function inBase64({ outputs }: MadeTask): MadeOutput[] {
  return outputs.map(({ bytes, ...output }) => ({
    ...output,
    base64: Buffer.from(bytes as ArrayBuffer).toString("base64"),
  }));
}
