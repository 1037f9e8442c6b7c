import { TributaryError } from "../shared/job/errors.ts";
import { isJobId } from "./auth.ts";
import type { Coordinator } from "./coordinator/coordinator.ts";
import type { Keeper } from "./keeper/keeper.ts";

/**
 * The coordinator of a job.
 * @throws {TributaryError} JOB_NOT_FOUND for what cannot be a job's id: no object is woken for it
 */
export function coordinatorOf(env: Cloudflare.Env, jobId: string): DurableObjectStub<Coordinator> {
  if (!isJobId(jobId)) throw new TributaryError("JOB_NOT_FOUND", "There is no such job.");
  return env.COORDINATOR.getByName(jobId);
}

/** What keeps a job's source and webhook, where it has any. @throws {TributaryError} JOB_NOT_FOUND */
export function keeperOf(env: Cloudflare.Env, jobId: string): DurableObjectStub<Keeper> {
  if (!isJobId(jobId)) throw new TributaryError("JOB_NOT_FOUND", "There is no such job.");
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
