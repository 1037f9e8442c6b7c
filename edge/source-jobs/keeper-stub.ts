import type { CoordinatorStatus } from "../../shared/wire/job-status.ts";
import { coordinatorOf, jobNotFound, unwrap } from "../coordinator/coordinator-stub.ts";
import type { Listener } from "../coordinator/event-streams.ts";
import { isJobId } from "../http/auth.ts";
import type { Keeper } from "./keeper.ts";

/** What keeps a job's source and webhook, where it has any. @throws TributaryError JOB_NOT_FOUND */
export function keeperOf(env: Cloudflare.Env, jobId: string): DurableObjectStub<Keeper> {
  if (!isJobId(jobId)) throw jobNotFound();
  return env.KEEPER.getByName(jobId);
}

/**
 * What whoever has the job says of it: its coordinator, or its keeper before there is a plan. Between
 * the two questions it may go from the one to the other, so that neither would know of it.
 * @returns null where there is no job
 */
export async function askJob<T>(
  ofCoordinator: () => Promise<T | null>,
  ofKeeper: () => Promise<T | null>,
): Promise<T | null> {
  return (await ofCoordinator()) ?? (await ofKeeper()) ?? ofCoordinator();
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
    () => keeperOf(env, jobId).summary(),
  );
}

/** A job's counts, from its coordinator or its keeper; null where there is no job. */
export function jobSummary(env: Cloudflare.Env, jobId: string): Promise<CoordinatorStatus | null> {
  return askJob<CoordinatorStatus>(
    () => coordinatorOf(env, jobId).summary(),
    () => keeperOf(env, jobId).summary(),
  );
}
