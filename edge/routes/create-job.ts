import type { Context } from "hono";
import type { z } from "zod";
import { TributaryError } from "../../shared/job/errors.ts";
import { DEFAULT_JOB_SETTINGS, patchSettings } from "../../shared/job/job.ts";
import type { TrimRequest } from "../../shared/job/trim.ts";
import { requestOf } from "../../shared/job/trim-range.ts";
import { validatePlan } from "../../shared/plan/plan.ts";
import {
  type CreateWholeJobRequest,
  createPlannedJobRequestSchema,
  createWholeJobRequestSchema,
} from "../../shared/wire/api.ts";
import { detailsOfPart, shownTitle } from "../../shared/wire/details.ts";
import { DEFAULT_VISIBILITY, type Visibility } from "../../shared/wire/visibility.ts";
import { deleteReplacement, saveReplacement } from "../catalog/addresses.ts";
import { saveDetails } from "../catalog/details.ts";
import { findVideoState, saveOwner } from "../catalog/owners.ts";
import { coordinatorOf } from "../coordinator/coordinator-stub.ts";
import type { AppEnv } from "../http/app-env.ts";
import { parsedBody } from "../http/validated.ts";
import { currentVideo, ownedBy } from "../http/video-access.ts";
import { assertAllowed } from "../operator/site-rules.ts";
import { askPool } from "../pool/ask-pool.ts";
import { hasServers } from "../servers/servers.ts";
import type { NewSourceJob } from "../source-jobs/source-job.ts";
import { sourceJobOf } from "../source-jobs/source-job-stub.ts";
import { mayCall } from "../source-jobs/webhook-address.ts";
import { openUpload } from "../storage/upload-handle.ts";

type NewJob = Pick<NewSourceJob, "jobId" | "origin" | "ownerTokenHash">;

/**
 * Creates the job that the request's body describes, and the owner's row.
 * @throws TributaryError REQUEST_INVALID, PLAN_INVALID, SOURCE_TOO_LARGE, FORBIDDEN, ENGINE_UNAVAILABLE, SITE_LIMIT,
 *   WEBHOOK_REFUSED, and what `askPool` throws
 */
export async function createJob(c: Context<AppEnv>, job: NewJob): Promise<void> {
  const body: unknown = await c.req.json().catch(() => null);
  // Two schemas, not a union, whose error messages would not name the wrong field.
  const isWhole = typeof body === "object" && body !== null && "source" in body;
  const request = isWhole
    ? await parsedBody(c, createWholeJobRequestSchema)
    : await parsedBody(c, createPlannedJobRequestSchema);
  const { webhook, replaces } = request;
  const visibility =
    replaces === undefined
      ? (request.visibility ?? DEFAULT_VISIBILITY)
      : await beginReplacement(c.env, job.jobId, replaces);
  const details = detailsOfPart(request.details ?? {}, trimOf(request));
  if (webhook !== undefined && !mayCall(c.env, webhook.url)) {
    throw new TributaryError(
      "WEBHOOK_REFUSED",
      "webhook.url: addresses of a local network are refused; give one that the internet reaches.",
    );
  }
  try {
    if ("source" in request) await createWhole(c, job, request, visibility);
    else await createPlanned(c, job, request, visibility);
  } catch (thrown) {
    if (replaces !== undefined) await deleteReplacement(c.env.CATALOG, job.jobId);
    throw thrown;
  }
  // Nobody knows the job's id before the answer, so nobody can have opened a private video until now.
  await saveOwner(c.env.CATALOG, job.jobId, job.ownerTokenHash, visibility);
  await saveDetails(c.env.CATALOG, job.jobId, details);
}

/**
 * Notes which video a new one will replace.
 * @returns visibility of the new video until then: unlisted, or private where the old one is
 * @throws TributaryError NOT_FOUND, FORBIDDEN, REQUEST_INVALID where the old one is not finished
 */
async function beginReplacement(
  env: Cloudflare.Env,
  jobId: string,
  replaces: NonNullable<CreateWholeJobRequest["replaces"]>,
): Promise<Visibility> {
  const old = await currentVideo(env, replaces.id);
  const { visibility } = await ownedBy(env, old, replaces.ownerToken);
  if ((await findVideoState(env.CATALOG, old)) !== "ready") {
    throw new TributaryError("REQUEST_INVALID", "Only a finished video can be replaced.");
  }
  await saveReplacement(env.CATALOG, jobId, old);
  return visibility === "private" ? "private" : "unlisted";
}

/** Whether the site gets one more video. A replacement does not count. */
function isOneMore({ replaces }: Pick<CreateWholeJobRequest, "replaces">): { isNew: boolean } {
  return { isNew: replaces === undefined };
}

function trimOf(
  request: CreateWholeJobRequest | z.infer<typeof createPlannedJobRequestSchema>,
): TrimRequest | undefined {
  if ("source" in request) return request.trim;
  const { trim } = request.plan.source;
  return trim && requestOf(trim);
}

/** Creates a job whose plan was made by a tab, which has the source. */
async function createPlanned(
  c: Context<AppEnv>,
  job: NewJob,
  request: z.infer<typeof createPlannedJobRequestSchema>,
  visibility: Visibility,
): Promise<void> {
  const { env } = c;
  const { plan, settings, details, webhook, pool } = request;
  validatePlan(plan);
  await assertAllowed(env, plan.source, isOneMore(request));
  const title = shownTitle(details?.title || null, plan.source.name);
  const helping =
    pool === undefined ? null : await askPool(c, pool, { jobId: job.jobId, title, visibility });
  await coordinatorOf(env, job.jobId).create({
    ...job,
    plan,
    title: details?.title || null,
    pool: helping,
    settings: patchSettings(DEFAULT_JOB_SETTINGS, settings ?? {}),
  });
  if (webhook === undefined) return;
  await sourceJobOf(env, job.jobId).begin({
    ...job,
    settings: DEFAULT_JOB_SETTINGS,
    source: null,
    webhook,
  });
}

/** Creates a job whose source lies in storage. Servers read it, plan the job and do the work. */
async function createWhole(
  c: Context<AppEnv>,
  job: NewJob,
  request: CreateWholeJobRequest,
  visibility: Visibility,
): Promise<void> {
  const { env } = c;
  const { source, ladder, audio, trim, webhook, details, pool } = request;
  if (!hasServers(env)) {
    throw new TributaryError("ENGINE_UNAVAILABLE", "This site has no servers to make videos.");
  }
  const { key, name, sizeBytes } = openUpload(env, source.upload, Date.now());
  const object = await env.MEDIA.head(key);
  if (object?.size !== sizeBytes) {
    throw new TributaryError("REQUEST_INVALID", "The upload is not complete.");
  }
  await assertAllowed(env, { sizeBytes }, isOneMore(request));
  const title = shownTitle(details?.title || null, name);
  const helping =
    pool === undefined ? null : await askPool(c, pool, { jobId: job.jobId, title, visibility });
  await sourceJobOf(env, job.jobId).begin({
    ...job,
    pool: helping,
    settings: patchSettings(DEFAULT_JOB_SETTINGS, { servers: "always" }),
    source: { key, name, sizeBytes, ladder: ladder ?? null, audio, trim },
    webhook: webhook ?? null,
  });
}
