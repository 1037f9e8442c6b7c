import type { JobReport } from "../../edge/pool/model/messages.ts";

/** A coordinator's report of a job of ten minutes that nobody has begun, with changes. */
export function reportOf(jobId: string, more: Partial<JobReport> = {}): JobReport {
  return {
    ...{ jobId, title: jobId, hasEnded: false, pixelsPerSecond: 1e6, totalSeconds: 600 },
    ...{ remainingSeconds: 600, openTasks: 100, takenTasks: 0, uplinkPixels: null },
    ...{ storedPixels: 0, ownPixels: 0, needsBrowser: false, takesServers: false },
    ...{ work: [], busy: [], ...more },
  };
}
