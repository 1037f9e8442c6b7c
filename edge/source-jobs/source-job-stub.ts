import type { CoordinatorStatus } from "../../shared/wire/job-status.ts";
import { coordinatorOf, jobNotFound, unwrap } from "../coordinator/coordinator-stub.ts";
import type { Listener } from "../coordinator/event-streams.ts";
import { isJobId } from "../http/auth.ts";
import type { SourceJob } from "./source-job.ts";

/** The object that has a job's source and webhook, where there are any. @throws TributaryError JOB_NOT_FOUND */
export function sourceJobOf(env: Cloudflare.Env, jobId: string): DurableObjectStub<SourceJob> {
  if (!isJobId(jobId)) throw jobNotFound();
  return env.SOURCE_JOBS.getByName(jobId);
}

/**
 * Asks whichever of the two has the job: its coordinator, or its source job before there is a plan. Between
 * the two questions it may go from the one to the other, so that neither would know of it.
 * @returns null where there is no job
 */
export async function askJob<T>(
  ofCoordinator: () => Promise<T | null>,
  ofSourceJob: () => Promise<T | null>,
): Promise<T | null> {
  return (await ofCoordinator()) ?? (await ofSourceJob()) ?? ofCoordinator();
}

/** As `jobSummary`, for an event stream. @throws TributaryError RATE_LIMITED where a new one is too many */
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
