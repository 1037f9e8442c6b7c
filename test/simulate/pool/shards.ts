import type { JobReport } from "../../../edge/pool/model/messages.ts";

/**
 * A shard's part of a job's report, by the design in edge/pool/README.md. Each shard is to give the job an equal
 * part of what it could use. Work and leases are listed by member, and each shard knows its own members.
 */
export function partOf(report: JobReport, shards: number): JobReport {
  return {
    ...report,
    totalSeconds: report.totalSeconds / shards,
    remainingSeconds: report.remainingSeconds / shards,
    openTasks: report.openTasks / shards,
    takenTasks: report.takenTasks / shards,
    uplinkPixels: report.uplinkPixels === null ? null : report.uplinkPixels / shards,
    storedPixels: report.storedPixels / shards,
    ownPixels: report.ownPixels / shards,
  };
}
