import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { hasEnded } from "../../shared/job/job.ts";
import type { CreateJobResponse } from "../../shared/wire/api.ts";
import type { JobStatus } from "../../shared/wire/job-status.ts";
import type { EdgeClient } from "../../web/edge-client.ts";

export async function fileOf(path: string): Promise<File> {
  return new File([await readFile(path)], basename(path));
}

/** Polls the job until it has ended, successfully or not. */
export async function untilEnd(client: EdgeClient, job: CreateJobResponse): Promise<JobStatus> {
  for (;;) {
    const status = await client.jobStatus(job.jobId, job.ownerToken);
    if (hasEnded(status.state)) return status;
    await sleep(500);
  }
}
