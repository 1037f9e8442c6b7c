import { TributaryError } from "../shared/errors.ts";
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
