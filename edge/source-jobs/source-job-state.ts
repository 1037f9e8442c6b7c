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
import { wholeSourceSchema } from "../servers/calls.ts";

/** The state of a source job outside its coordinator, and the next step for it. Pure. */

/** The version of the stored row. Rows before version 1 say none; their shape is the same. */
export const SOURCE_JOB_VERSION = 1;

/** The stored row. A field that is added later has a default, for the rows that were written before. */
export const sourceJobSchema = z.object({
  /** A row of a newer version is not understood. */
  schemaVersion: z.int().max(SOURCE_JOB_VERSION).default(0),
  jobId: z.string(),
  origin: z.string(),
  ownerTokenHash: z.string(),
  createdAtMs: z.number(),
  settings: jobSettingsSchema,
  /** A whole video in storage; null where a tab has the source. */
  source: wholeSourceSchema.omit({ needsPlan: true }).nullable(),
  /** `preparing`: a server reads the source, there is no coordinator's job yet. */
  phase: z.enum(["preparing", "running", "ended"]),
  /** Servers called for the source so far, and when the next one is due unless the last is heard of. */
  calls: z.number().default(0),
  callDueAtMs: z.number().default(0),
  /** Hashes of the tokens that those servers have. */
  serverTokenHashes: z.array(z.string()).default([]),
  /** The source could not be prepared. */
  error: reasonSchema.nullable().default(null),
  failures: z.number().default(0),
  endedAtMs: z.number().nullable().default(null),
  webhook: webhookSchema.nullable(),
  /** Body of every delivery to the webhook, fixed when the job ends. */
  event: webhookEventSchema.nullable().default(null),
  deliveries: webhookStatusSchema.shape.attempts.default([]),
  deliveredAtMs: z.number().nullable().default(null),
  /** The next delivery, once the job has ended. */
  deliveryDueAtMs: z.number().default(0),
});
export type SourceJobState = Omit<z.infer<typeof sourceJobSchema>, "schemaVersion">;

/** A server that is at the source says so every 20 s. */
export const HEARD_WITHIN_MS = 90_000;
/** A call may wait in the queue, and a container has to start. */
export const CALLED_WITHIN_MS = 240_000;
const MAX_PREPARE_FAILURES = 3;
/** A job's end is looked for this often. */
export const LOOK_EVERY_MS = 5_000;
/** Waits before a webhook is tried again; then it is given up. */
const WEBHOOK_BACKOFF_MS = [10_000, 60_000, 300_000, 1_800_000, 7_200_000] as const;
/** After the end, as the coordinator. */
const KEPT_MS = 3_600_000;

/** A server is to read the source (again). */
export function needsServer(
  kept: SourceJobState,
  job: { state: JobState; hasSource: boolean; tasksNeedingSource: number } | null,
  nowMs: number,
): boolean {
  if (kept.source === null || kept.phase === "ended" || nowMs < kept.callDueAtMs) return false;
  if (kept.phase === "preparing") return true;
  return job !== null && !job.hasSource && job.tasksNeedingSource > 0;
}

/** A server was called. @param tokenHash of the token that it got */
export function called(kept: SourceJobState, tokenHash: string, nowMs: number): SourceJobState {
  return {
    ...kept,
    calls: kept.calls + 1,
    callDueAtMs: nowMs + CALLED_WITHIN_MS,
    serverTokenHashes: [...kept.serverTokenHashes, tokenHash],
  };
}

/** A server could not prepare the source. */
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

/** The job has ended: the webhook's event is fixed from now on, and due at once. */
export function ended(kept: SourceJobState, outcome: Outcome, nowMs: number): SourceJobState {
  const event = webhookEvent({ ...kept, endedAtMs: nowMs }, outcome);
  return { ...kept, phase: "ended", endedAtMs: nowMs, event, deliveryDueAtMs: nowMs };
}

/** @param status what the receiver answered; null where it did not */
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

/** Whether the event is still to be delivered, now or later. */
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

/** Nothing is left to be done or told. */
export function isOver(kept: SourceJobState, nowMs: number): boolean {
  return kept.endedAtMs !== null && !owesWebhook(kept) && nowMs - kept.endedAtMs >= KEPT_MS;
}

/** When to look again. */
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
