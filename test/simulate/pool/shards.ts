import type { JobReport } from "../../../edge/pool/model/messages.ts";

/**
 * A shard's part of a job's report, as edge/pool/README.md designs it: each of the shards gives the job the
 * same part of what it could use. Work and leases are by member, and each shard knows its own members.
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
