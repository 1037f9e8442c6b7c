import { z } from "zod";
import type { ErrorCode } from "../../shared/job/errors.ts";
import { type EndState, type JobState, jobSettingsSchema } from "../../shared/job/job.ts";
import {
  type WebhookEvent,
  type WebhookStatus,
  webhookEventSchema,
  webhookSchema,
  webhookStatusSchema,
} from "../../shared/wire/api.ts";
import { type Reason, reasonSchema } from "../../shared/wire/problem.ts";
import { jobRecordSchema } from "../coordinator/schedule/state/records.ts";
import { wholeSourceSchema } from "../servers/calls.ts";

/** The state of a source job that its coordinator does not have, and the next step for it. Pure functions. */

/** The version of the stored row. Rows before version 1 have none; their shape is the same. */
export const SOURCE_JOB_VERSION = 1;

/** The stored row. A field that is added later has a default, for rows that were written before. */
export const sourceJobSchema = z.object({
  /** A row of a newer version cannot be read. */
  schemaVersion: z.int().max(SOURCE_JOB_VERSION).default(0),
  jobId: z.string(),
  origin: z.string(),
  ownerTokenHash: z.string(),
  createdAtMs: z.number(),
  settings: jobSettingsSchema,
  /** A whole video in storage; null where a tab has the source. */
  source: wholeSourceSchema.omit({ needsPlan: true }).nullable(),
  /** The pool that was asked for help; null: none was. */
  pool: jobRecordSchema.shape.pool,
  /** `preparing`: a server reads the source, and the coordinator has no job yet. */
  phase: z.enum(["preparing", "running", "ended"]),
  /** Number of servers called for the source so far, and when the next call is due unless the last server reports. */
  calls: z.number().default(0),
  callDueAtMs: z.number().default(0),
  /** Hashes of the tokens of these servers. */
  serverTokenHashes: z.array(z.string()).default([]),
  /** Why the source could not be prepared; null: it could, or not yet. */
  error: reasonSchema.nullable().default(null),
  failures: z.number().default(0),
  endedAtMs: z.number().nullable().default(null),
  webhook: webhookSchema.nullable(),
  /** Body of every delivery to the webhook, fixed when the job ends. */
  event: webhookEventSchema.nullable().default(null),
  deliveries: webhookStatusSchema.shape.attempts.default([]),
  deliveredAtMs: z.number().nullable().default(null),
  /** When the next delivery is due, once the job has ended. */
  deliveryDueAtMs: z.number().default(0),
});
export type SourceJobState = Omit<z.infer<typeof sourceJobSchema>, "schemaVersion">;

/** Milliseconds of silence after which a server that reads the source counts as lost. It reports every 20 s. */
export const HEARD_WITHIN_MS = 90_000;
/**
 * The same for a server that was called and has not reported yet. The call may wait in the queue, and a container has
 * to start.
 */
export const CALLED_WITHIN_MS = 240_000;
const MAX_PREPARE_FAILURES = 3;
/** Interval, in milliseconds, at which the job's state is checked. */
export const LOOK_EVERY_MS = 5_000;
/** Milliseconds before each repeated delivery to a webhook. After the last one no more are tried. */
const WEBHOOK_BACKOFF_MS = [10_000, 60_000, 300_000, 1_800_000, 7_200_000] as const;
/** Milliseconds for which the state is kept after the end, like that of the coordinator. */
const KEPT_MS = 3_600_000;

/** Whether a server has to be called to read the source (again). */
export function needsServer(
  kept: SourceJobState,
  job: { state: JobState; hasSource: boolean; tasksNeedingSource: number } | null,
  nowMs: number,
): boolean {
  if (kept.source === null || kept.phase === "ended" || nowMs < kept.callDueAtMs) return false;
  if (kept.phase === "preparing") return true;
  return job !== null && !job.hasSource && job.tasksNeedingSource > 0;
}

/**
 * The state after a server was called.
 * @param tokenHash hash of the server's token
 */
export function called(kept: SourceJobState, tokenHash: string, nowMs: number): SourceJobState {
  return {
    ...kept,
    calls: kept.calls + 1,
    callDueAtMs: nowMs + CALLED_WITHIN_MS,
    serverTokenHashes: [...kept.serverTokenHashes, tokenHash],
  };
}

/** The state after a server could not prepare the source. */
export function prepareFailed(
  kept: SourceJobState,
  error: { code: ErrorCode; message: string; retryable: boolean },
  nowMs: number,
): SourceJobState {
  if (kept.phase !== "preparing") return kept;
  const { code, message } = error;
  const failures = kept.failures + 1;
  if (!error.retryable || failures >= MAX_PREPARE_FAILURES) {
    const reason = { code, message };
    return ended({ ...kept, failures, error: reason }, { state: "failed", error: reason }, nowMs);
  }
  return { ...kept, failures, callDueAtMs: nowMs + 30_000 * failures };
}

/** How a job ended. */
export interface Outcome {
  state: EndState;
  error: Reason | null;
}

/** The state after the job's end. The webhook's event is fixed from now on, and due at once. */
export function ended(kept: SourceJobState, outcome: Outcome, nowMs: number): SourceJobState {
  const event = webhookEvent({ ...kept, endedAtMs: nowMs }, outcome);
  return { ...kept, phase: "ended", endedAtMs: nowMs, event, deliveryDueAtMs: nowMs };
}

/** @param status HTTP status of the receiver's answer; null where there was none */
export function delivered(
  kept: SourceJobState,
  status: number | null,
  nowMs: number,
): SourceJobState {
  const deliveries = [...kept.deliveries, { atMs: nowMs, status }];
  if (status !== null && status >= 200 && status < 300) {
    return { ...kept, deliveries, deliveredAtMs: nowMs };
  }
  const waitMs = WEBHOOK_BACKOFF_MS[deliveries.length - 1];
  const deliveryDueAtMs = waitMs === undefined ? Number.MAX_SAFE_INTEGER : nowMs + waitMs;
  return { ...kept, deliveries, deliveryDueAtMs };
}

/** Whether the event still has to be delivered, now or later. */
export function owesWebhook({
  webhook,
  deliveredAtMs,
  deliveryDueAtMs,
  phase,
}: SourceJobState): boolean {
  return (
    phase === "ended" &&
    webhook !== null &&
    deliveredAtMs === null &&
    deliveryDueAtMs < Number.MAX_SAFE_INTEGER
  );
}

/** Whether everything is done, so that the state can be deleted. */
export function isOver(kept: SourceJobState, nowMs: number): boolean {
  return kept.endedAtMs !== null && !owesWebhook(kept) && nowMs - kept.endedAtMs >= KEPT_MS;
}

/** When to check again, in milliseconds since the epoch. */
export function dueAtMs(kept: SourceJobState, nowMs: number): number {
  if (kept.phase !== "ended") return nowMs + LOOK_EVERY_MS;
  return owesWebhook(kept) ? kept.deliveryDueAtMs : (kept.endedAtMs ?? nowMs) + KEPT_MS;
}

/** Status of deliveries for the API; null where there is no webhook. */
export function webhookStatus({
  webhook,
  deliveredAtMs,
  deliveries,
}: SourceJobState): WebhookStatus | null {
  return webhook === null ? null : { url: webhook.url, deliveredAtMs, attempts: deliveries };
}

/** The webhook's body at the end of a job. */
export function webhookEvent(
  { jobId, origin, createdAtMs, endedAtMs }: SourceJobState,
  { state, error }: Outcome,
): WebhookEvent {
  return {
    type: `job.${state}`,
    jobId,
    state,
    error,
    watchUrl: `${origin}/watch/${jobId}`,
    masterUrl: `${origin}/v/${jobId}/master.m3u8`,
    createdAtMs,
    endedAtMs,
  };
}
