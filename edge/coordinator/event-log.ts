import { log } from "../../shared/log.ts";
import type { Changes, State } from "./schedule/state/state.ts";

/**
 * Logs one line for each change of the job's state and each failed attempt.
 * @param state the state before `changes`
 */
export function logChanges({ job, tasks }: State, changes: Changes): void {
  const jobId = job.id;
  for (const [taskId, { failures, lastError }] of changes.tasks) {
    if (failures > (tasks.get(taskId)?.failures ?? 0)) {
      log("task-failed", { jobId, taskId, attempt: failures, code: lastError });
    }
  }
  if (changes.job !== null && changes.job.state !== job.state) {
    const { state, error, createdAtMs } = changes.job;
    log("job", { jobId, state, code: error?.code, ms: Date.now() - createdAtMs });
  }
}
