import type { CoordinatorStatus } from "../../shared/wire/job-status.ts";
import { coordinatorOf, jobNotFound, unwrap } from "../coordinator/coordinator-stub.ts";
import type { Listener } from "../coordinator/event-streams.ts";
import { isJobId } from "../http/auth.ts";
import type { SourceJob } from "./source-job.ts";

/**
 * The object with a job's source and webhook, if any.
 * @throws TributaryError JOB_NOT_FOUND for text that cannot be a job's id
 */
export function sourceJobOf(env: Cloudflare.Env, jobId: string): DurableObjectStub<SourceJob> {
  if (!isJobId(jobId)) throw jobNotFound();
  return env.SOURCE_JOBS.getByName(jobId);
}

/**
 * Asks the object that has the job: its coordinator, or its source job before there is a plan. The coordinator is asked
 * twice, because the job may pass to it between the two questions.
 * @returns null where there is no job
 */
export async function askJob<T>(
  ofCoordinator: () => Promise<T | null>,
  ofSourceJob: () => Promise<T | null>,
): Promise<T | null> {
  return (await ofCoordinator()) ?? (await ofSourceJob()) ?? ofCoordinator();
}

/**
 * As `jobSummary`, for an event stream.
 * @throws TributaryError RATE_LIMITED where there are too many streams for a new one
 */
export function streamedSummary(
  env: Cloudflare.Env,
  jobId: string,
  streamId: string,
  listener: Listener,
): Promise<CoordinatorStatus | null> {
  return askJob<CoordinatorStatus>(
    async () => unwrap(await coordinatorOf(env, jobId).streamed(streamId, listener)),
    () => sourceJobOf(env, jobId).summary(),
  );
}

/** A job's counts, from its coordinator or its source job; null where there is no job. */
export function jobSummary(env: Cloudflare.Env, jobId: string): Promise<CoordinatorStatus | null> {
  return askJob<CoordinatorStatus>(
    () => coordinatorOf(env, jobId).summary(),
    () => sourceJobOf(env, jobId).summary(),
  );
}
