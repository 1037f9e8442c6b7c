import { DurableObject } from "cloudflare:workers";
import { createHmac } from "node:crypto";
import type { WireError } from "../../shared/job/errors.ts";
import { hasEnded, type JobPlan } from "../../shared/job/job.ts";
import { log } from "../../shared/log.ts";
import type { WebhookEvent, WebhookStatus } from "../../shared/wire/api.ts";
import type { CoordinatorStatus, JobStatus } from "../../shared/wire/job-status.ts";
import { deleteUnplanned } from "../catalog/delete-video.ts";
import { findOwnership } from "../catalog/owners.ts";
import { findVideoEnd } from "../catalog/videos.ts";
import type { JobStanding } from "../coordinator/coordinator.ts";
import { coordinatorOf } from "../coordinator/coordinator-stub.ts";
import { parseStored } from "../coordinator/parse-stored.ts";
import { hashToken, newToken, tokensMatch } from "../http/auth.ts";
import { poolOf } from "../pool/pool-stub.ts";
import {
  called,
  delivered,
  dueAtMs,
  ended,
  HEARD_WITHIN_MS,
  isOver,
  needsServer,
  type Outcome,
  owesWebhook,
  prepareFailed,
  SOURCE_JOB_VERSION,
  type SourceJobState,
  sourceJobSchema,
  webhookEvent,
  webhookStatus,
} from "./source-job-state.ts";
import { mayCall } from "./webhook-address.ts";

const WEBHOOK_TIMEOUT_MS = 15_000;

export type NewSourceJob = Pick<
  SourceJobState,
  "jobId" | "origin" | "ownerTokenHash" | "settings" | "source" | "webhook"
> &
  Partial<Pick<SourceJobState, "pool">>;

/**
 * Holds the parts of API jobs that the coordinator does not have: a source in storage with the servers that read it,
 * and the webhook. A thin shell around `source-job-state.ts`.
 */
export class SourceJob extends DurableObject<Cloudflare.Env> {
  async begin(request: NewSourceJob): Promise<void> {
    if ((await this.#load()) !== null) return;
    const nowMs = Date.now();
    const phase = request.source === null ? "running" : "preparing";
    await this.#save(
      sourceJobSchema.parse({ ...request, phase, createdAtMs: nowMs, callDueAtMs: nowMs }),
    );
    await this.alarm();
  }

  /** The job's status before the coordinator has it, or where it never got it; null otherwise. */
  async status(): Promise<JobStatus | null> {
    const kept = await this.#load();
    if (kept === null || kept.source === null || kept.phase === "running") return null;
    if (kept.phase === "ended" && kept.error === null) return null;
    return {
      id: kept.jobId,
      state:
        kept.error === null ? "planned" : kept.error.code === "CANCELLED" ? "cancelled" : "failed",
      name: kept.source.name,
      durationTicks: 0,
      segmentCount: 0,
      error: kept.error,
      warnings: [],
      createdAtMs: kept.createdAtMs,
      firstPlayableAtMs: null,
      endedAtMs: kept.endedAtMs,
      bytesStored: 0,
      progress: 0,
      settings: kept.settings,
      tasksNeedingSource: 0,
      tasks: [],
      holders: [],
      source: null,
      renditions: [],
      segments: [],
    };
  }

  /** As the coordinator's `summary`, for the time before the coordinator has the job. */
  async summary(): Promise<CoordinatorStatus | null> {
    const status = await this.status();
    if (status === null) return null;
    const none = { waiting: 0, ready: 0, leased: 0, checking: 0, backoff: 0, done: 0, failed: 0 };
    const { id, state, error, createdAtMs, firstPlayableAtMs, endedAtMs, bytesStored } = status;
    return {
      jobGroupId: id,
      state,
      error,
      createdAtMs,
      firstPlayableAtMs,
      endedAtMs,
      bytesStored,
      segments: { total: 0, done: 0 },
      tasks: { total: 0, failedAttempts: 0, ...none },
      holders: { total: 0, connected: 0 },
    };
  }

  async webhook(ownerToken: string): Promise<WebhookStatus | null> {
    const kept = await this.#load();
    if (kept === null || !tokensMatch(ownerToken, kept.ownerTokenHash)) return null;
    return webhookStatus(kept);
  }

  /**
   * To be called when a server that reads the source reports. False for a token that is not of a server of this job.
   */
  async heard(serverToken: string): Promise<boolean> {
    const kept = await this.#authorized(serverToken);
    if (kept === null) return false;
    await this.#save({ ...kept, callDueAtMs: Date.now() + HEARD_WITHIN_MS });
    return true;
  }

  /** Takes the plan, and creates the job at its coordinator. False where the token is wrong or the job has ended. */
  async planned(serverToken: string, plan: JobPlan): Promise<boolean> {
    const kept = await this.#authorized(serverToken);
    if (kept === null || kept.phase === "ended") return false;
    const { jobId, origin, ownerTokenHash, settings, serverTokenHashes } = kept;
    const ownership = await findOwnership(this.env.CATALOG, jobId);
    // It may have become private while its source was read.
    const isKeptFrom = ownership?.visibility === "private" && kept.pool?.sharePrivate === false;
    if (isKeptFrom) this.#leavePool(kept);
    await coordinatorOf(this.env, jobId).create({
      jobId,
      plan,
      title: ownership?.details.title ?? null,
      pool: isKeptFrom ? null : kept.pool,
      ownerTokenHash,
      settings,
      origin,
      serverTokenHashes,
    });
    const callDueAtMs = Date.now() + HEARD_WITHIN_MS;
    await this.#save({ ...kept, phase: "running", callDueAtMs });
    return true;
  }

  async failed(serverToken: string, error: WireError): Promise<boolean> {
    const kept = await this.#authorized(serverToken);
    if (kept === null) return false;
    log("prepare", { jobId: kept.jobId, end: error.code });
    const next = prepareFailed(kept, error, Date.now());
    await this.#save(next);
    if (next.phase === "ended") this.#leavePool(kept);
    await this.#wake();
    return true;
  }

  /** Cancels a job that has no plan yet. False where there is nothing to cancel here, or the token is wrong. */
  async cancel(ownerToken: string, asOperator = false): Promise<boolean> {
    const kept = await this.#load();
    if (kept?.phase !== "preparing") return false;
    if (!asOperator && !tokensMatch(ownerToken, kept.ownerTokenHash)) return false;
    const error = { code: "CANCELLED" as const, message: "The job was cancelled." };
    await this.dropSource();
    await this.#save(ended({ ...kept, error }, { state: "cancelled", error }, Date.now()));
    this.#leavePool(kept);
    await this.#wake();
    return true;
  }

  /** Deletes the source. To be called when the video was deleted or the job cancelled. */
  async dropSource(): Promise<void> {
    const kept = await this.#load();
    if (kept?.source != null) await this.env.MEDIA.delete(kept.source.key);
  }

  override async alarm(): Promise<void> {
    const kept = await this.#load();
    if (kept === null) return;
    const nowMs = Date.now();
    if (isOver(kept, nowMs)) {
      await this.dropSource();
      await deleteUnplanned(this.env, kept.jobId);
      await this.ctx.storage.deleteAlarm();
      await this.ctx.storage.deleteAll();
      return;
    }
    const job = kept.phase === "preparing" ? null : await this.#job(kept);
    if (kept.phase === "running" && (job === null || hasEnded(job.state))) {
      const outcome = await this.#outcome(kept, job);
      if (outcome.state === "cancelled") await this.dropSource();
      await this.#save(ended(kept, outcome, nowMs));
    } else if (needsServer(kept, job, nowMs)) {
      await this.#callServer(kept, nowMs);
    }
    await this.#deliver(nowMs);
    await this.#wake();
  }

  /** The pool that was asked is not needed any more. */
  #leavePool({ jobId, pool }: SourceJobState): void {
    if (pool === null) return;
    poolOf(this.env, pool.id)
      .withdraw(jobId)
      .catch((thrown: unknown) => log("pool", { jobId, failed: String(thrown) }));
  }

  #job({ jobId }: SourceJobState) {
    return coordinatorOf(this.env, jobId).standing();
  }

  async #callServer(kept: SourceJobState, nowMs: number): Promise<void> {
    const { jobId, origin, source, phase } = kept;
    if (source === null) return;
    const token = newToken();
    const hash = hashToken(token);
    await this.#save(called(kept, hash, nowMs));
    if (phase === "running") await coordinatorOf(this.env, jobId).admitServer(hash);
    await this.env.SERVER_CALLS.send({
      type: "serve",
      jobId,
      origin,
      holderId: `source-${kept.calls + 1}`,
      token,
      source: { ...source, needsPlan: phase === "preparing" },
    });
  }

  /** How the job ended: from its coordinator, or from the catalogue where the coordinator has deleted it. */
  async #outcome(kept: SourceJobState, job: JobStanding | null): Promise<Outcome> {
    const { error, jobId } = kept;
    if (error !== null) {
      return { state: error.code === "CANCELLED" ? "cancelled" : "failed", error };
    }
    if (hasEnded(job?.state)) return { state: job.state, error: job.error };
    const row = await findVideoEnd(this.env.CATALOG, jobId);
    if (row !== null) return row;
    const message = "The job is not known any more.";
    return { state: "failed", error: { code: "JOB_NOT_FOUND", message } };
  }

  async #deliver(nowMs: number): Promise<void> {
    const kept = await this.#load();
    if (kept === null || kept.webhook === null || !owesWebhook(kept)) return;
    if (kept.deliveryDueAtMs > nowMs) return;
    // Rows of an older version have no event.
    const event =
      kept.event ?? webhookEvent(kept, await this.#outcome(kept, await this.#job(kept)));
    // Checked again, because the site's setting may have changed since.
    const status = mayCall(this.env, kept.webhook.url) ? await post(kept.webhook, event) : null;
    log("webhook", { jobId: kept.jobId, attempt: kept.deliveries.length + 1, status });
    await this.#save(delivered({ ...kept, event }, status, Date.now()));
  }

  async #authorized(serverToken: string): Promise<SourceJobState | null> {
    const kept = await this.#load();
    const isKnown = kept?.serverTokenHashes.some((hash) => tokensMatch(serverToken, hash)) === true;
    return isKnown ? kept : null;
  }

  async #load(): Promise<SourceJobState | null> {
    const row = await this.ctx.storage.get("kept");
    return row === undefined ? null : parseStored("kept", sourceJobSchema, row);
  }

  async #save(kept: SourceJobState): Promise<void> {
    await this.ctx.storage.put("kept", { ...kept, schemaVersion: SOURCE_JOB_VERSION });
  }

  async #wake(): Promise<void> {
    const kept = await this.#load();
    if (kept !== null) await this.ctx.storage.setAlarm(dueAtMs(kept, Date.now()));
  }
}

/** Delivers an event. Returns the status of the answer; null where there was none. */
async function post(
  { url, secret }: { url: string; secret: string },
  event: WebhookEvent,
): Promise<number | null> {
  const body = JSON.stringify(event);
  const seconds = Math.floor(Date.now() / 1000);
  const signature = createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex");
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "tributary-signature": `t=${seconds},v1=${signature}`,
      },
      body,
      redirect: "manual",
      signal: AbortSignal.timeout(WEBHOOK_TIMEOUT_MS),
    });
    await response.body?.cancel();
    return response.status;
  } catch {
    return null;
  }
}
