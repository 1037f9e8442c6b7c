import { TributaryError } from "../../shared/job/errors.ts";
import { isJobId } from "../http/auth.ts";
import type { Coordinator } from "./coordinator.ts";

/**
 * The coordinator of a job.
 * @throws {TributaryError} JOB_NOT_FOUND for what cannot be a job's id: no object is woken for it
 */
export function coordinatorOf(env: Cloudflare.Env, jobId: string): DurableObjectStub<Coordinator> {
  if (!isJobId(jobId)) throw new TributaryError("JOB_NOT_FOUND", "There is no such job.");
  return env.COORDINATOR.getByName(jobId);
}
