import { fromWireError, TributaryError } from "../../shared/job/errors.ts";
import { isJobId } from "../http/auth.ts";
import type { Coordinator, Result } from "./coordinator.ts";

/**
 * The coordinator of a job.
 * @throws TributaryError JOB_NOT_FOUND for text that cannot be a job's id; no object is woken for it
 */
export function coordinatorOf(env: Cloudflare.Env, jobId: string): DurableObjectStub<Coordinator> {
  if (!isJobId(jobId)) throw jobNotFound();
  return env.COORDINATOR.getByName(jobId);
}

/**
 * The value of a coordinator's answer.
 * @throws TributaryError with the code of the answer
 */
export function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw fromWireError(result.error);
}

export function jobNotFound(): TributaryError {
  return new TributaryError("JOB_NOT_FOUND", "There is no such job.");
}

/**
 * The answer about a job.
 * @throws TributaryError JOB_NOT_FOUND where the answer is null, because there is no such job
 */
export function ofJob<T>(answer: T | null): T {
  if (answer === null) throw jobNotFound();
  return answer;
}
