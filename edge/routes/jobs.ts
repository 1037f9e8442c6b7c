import { Hono } from "hono";
import { describeRoute } from "hono-openapi";
import { TributaryError, toWireError } from "../../shared/job/errors.ts";
import { validatePlan } from "../../shared/plan/plan.ts";
import {
  type CreateJobResponse,
  createJobResponseSchema,
  createPlannedJobRequestSchema,
  createWholeJobRequestSchema,
  preparedRequestSchema,
  webhookStatusSchema,
} from "../../shared/wire/api.ts";
import { titleOfFile } from "../../shared/wire/details.ts";
import { type JobStatus, jobStatusSchema } from "../../shared/wire/job-status.ts";
import { saveCaptions } from "../captions/captions.ts";
import { findOwnership } from "../catalog/owners.ts";
import { shownPictures } from "../catalog/pictures.ts";
import type { Result } from "../coordinator/coordinator.ts";
import { coordinatorOf, ofJob, unwrap } from "../coordinator/coordinator-stub.ts";
import { createTokenRequired, rateLimited, readLimited } from "../http/admission.ts";
import type { AppEnv } from "../http/app-env.ts";
import { bearerToken, hashToken } from "../http/auth.ts";
import { bearerRequired } from "../http/bearer.ts";
import { jsonBody, limitedBody } from "../http/validated.ts";
import {
  isOperator,
  notVisible,
  type VideoAccess,
  videoAccess,
  visibleJob,
} from "../http/video-access.ts";
import { describe } from "../openapi/describe.ts";
import { assertAllowed } from "../operator/site-rules.ts";
import { askJob, sourceJobOf } from "../source-jobs/source-job-stub.ts";
import { createJob } from "./create-job.ts";
import { jobEvents } from "./job-events.ts";
import { jobIdentity } from "./job-identity.ts";

/** The most bytes of a plan: enough for hours of video in which every frame has a different duration. */
const MAX_PLAN_BYTES = 16 * 1024 * 1024;

export const jobRoutes = new Hono<AppEnv>();

jobRoutes.post(
  "/",
  describe({
    tag: "Jobs",
    id: "createJob",
    summary: "Make a video",
    detail:
      "From an upload: the site's servers do everything. Or from a plan that a browser tab made, whose tab then connects to the job's socket and works. With a webhook, the end is told to an address of yours. A request that is repeated with the same `idempotency-key` header (16 to 200 characters, random) and body is answered with the same job, and so is one for the same upload. With `replaces` the new video takes another one's address once it is ready: title, description, language, chapters, captions that were sent, a poster from a file, visibility, passphrase, links, downloads, plays and date stay; the old one plays until then, and its files are deleted an hour later. A job that fails or is cancelled leaves the old one as it is.",
    access: "create",
    bodies: [createWholeJobRequestSchema, createPlannedJobRequestSchema],
    answers: { 201: createJobResponseSchema },
    errors: [
      "REQUEST_INVALID",
      "PLAN_INVALID",
      "WEBHOOK_REFUSED",
      "SITE_LIMIT",
      "SOURCE_TOO_LARGE",
      "UNAUTHORIZED",
      "FORBIDDEN",
      "NOT_FOUND",
      "RATE_LIMITED",
      "ENGINE_UNAVAILABLE",
      "POOL_NOT_FOUND",
      "POOL_CONSENT_MISSING",
      "LINK_EXPIRED",
    ],
  }),
  limitedBody(MAX_PLAN_BYTES),
  rateLimited,
  createTokenRequired,
  async (c) => {
    const { origin } = new URL(c.req.url);
    const { jobId, ownerToken, isRepeatable } = await jobIdentity(c);
    const isThere = isRepeatable && (await findOwnership(c.env.CATALOG, jobId)) !== null;
    if (!isThere) await createJob(c, { jobId, origin, ownerTokenHash: hashToken(ownerToken) });
    const created: CreateJobResponse = {
      jobId,
      ownerToken,
      watchUrl: `${origin}/watch/${jobId}`,
      masterUrl: `${origin}/v/${jobId}/master.m3u8`,
    };
    return c.json(created, 201, {
      location: `/api/jobs/${jobId}`,
      "cache-control": "no-store",
    });
  },
);

jobRoutes.get(
  "/:id",
  describe({
    tag: "Jobs",
    id: "jobStatus",
    summary: "How a job stands",
    detail:
      "With the owner's token also each task, who works on it and who made which segment; without, these lists are empty (`/coordinator-status` counts them).",
    access: "owner-optional",
    answers: { 200: jobStatusSchema },
    errors: ["JOB_NOT_FOUND", "RATE_LIMITED"],
  }),
  readLimited,
  async (c) => {
    const token = bearerToken(c.req.header("authorization"));
    const jobId = c.req.param("id");
    const access = await videoAccess(c, jobId);
    const { isVisible, caller } = access;
    // Helpers of a private video may see the status of its job.
    const isHelper = async () =>
      token !== null && (await coordinatorOf(c.env, jobId).identify(token)).ok;
    if (!isVisible && !(await isHelper())) throw notVisible(access, "JOB_NOT_FOUND");
    const status = await askJob<JobStatus>(
      () => coordinatorOf(c.env, jobId).status(token, caller === "operator"),
      () => sourceJobOf(c.env, jobId).status(),
    );
    return c.json(shownStatus(ofJob(status), access), 200, { "cache-control": "no-store" });
  },
);

/** A job's status with the owner's details. Only the owner and the operator see the file's name. */
function shownStatus(
  status: JobStatus,
  { caller, details: stored, pictures }: VideoAccess,
): JobStatus {
  const details = { ...stored, title: stored.title ?? status.title ?? titleOfFile(status.name) };
  const { title } = details;
  const shown = { ...status, ...shownPictures(status.id, pictures), title, details };
  if (caller !== "other") return shown;
  const source = status.source && { ...status.source, name: title };
  return { ...shown, name: title, source };
}

jobRoutes.get(
  "/:id/webhook",
  describe({
    tag: "Jobs",
    id: "webhookStatus",
    summary: "What became of a job's webhook",
    detail:
      'A delivery is a POST of `{type, jobId, state, error, watchUrl, masterUrl, ...}` with the header `tributary-signature: t=<seconds>,v1=<hex HMAC-SHA-256 of "t.body" with the secret>`. Tried up to six times over some hours until the answer is 2xx.',
    access: "owner",
    answers: { 200: webhookStatusSchema },
    errors: ["NOT_FOUND", "UNAUTHORIZED", "JOB_NOT_FOUND"],
  }),
  bearerRequired,
  async (c) => {
    const status = await sourceJobOf(c.env, c.req.param("id")).webhook(c.var.token);
    if (status === null) throw new TributaryError("NOT_FOUND", "This job has no webhook.");
    return c.json(status, 200, { "cache-control": "no-store" });
  },
);

jobRoutes.get(
  "/:id/events",
  describe({
    tag: "Jobs",
    id: "jobEvents",
    summary: "A job's counts as they change",
    detail:
      "Server-sent events named `job`, each with a JobCounts; the stream ends with the job. So many at once a job, and a network.",
    access: "private",
    answers: { 200: "events" },
    errors: ["JOB_NOT_FOUND", "RATE_LIMITED"],
  }),
  readLimited,
  (c) => jobEvents(c, c.req.param("id")),
);

jobRoutes.delete(
  "/:id",
  describe({
    tag: "Jobs",
    id: "cancelJob",
    summary: "Cancel a job",
    detail:
      "What was made of the video is deleted at once, from storage and from the catalogue. A job that has ended stays as it is.",
    access: "owner-or-operator",
    answers: { 204: null },
    errors: ["JOB_NOT_FOUND", "UNAUTHORIZED", "FORBIDDEN"],
  }),
  bearerRequired,
  async (c) => {
    const { token } = c.var;
    const jobId = c.req.param("id");
    await visibleJob(c, jobId);
    const asOperator = isOperator(c.env, token);
    const result = await askJob<Result<null>>(
      async () => {
        const of = await coordinatorOf(c.env, jobId).cancel(token, asOperator);
        return !of.ok && of.error.code === "JOB_NOT_FOUND" ? null : of;
      },
      async () => {
        const isDone = await sourceJobOf(c.env, jobId).cancel(token, asOperator);
        return isDone ? { ok: true, value: null } : null;
      },
    );
    unwrap(ofJob(result));
    return c.body(null, 204);
  },
);

/** Takes reports of the server that has the whole video: progress, captions, the plan, or an error. */
jobRoutes.post(
  "/:id/prepared",
  describeRoute({ hide: true }),
  bearerRequired,
  jsonBody(preparedRequestSchema, { maxBytes: MAX_PLAN_BYTES }),
  async (c) => {
    const { token } = c.var;
    const sourceJob = sourceJobOf(c.env, c.req.param("id"));
    const said = c.req.valid("json");
    let isKnown: boolean;
    if ("plan" in said) {
      validatePlan(said.plan);
      const refused = await assertAllowed(c.env, said.plan.source, { isNew: false }).then(
        () => null,
        toWireError,
      );
      isKnown =
        refused !== null
          ? await sourceJob.failed(token, refused)
          : await sourceJob.planned(token, said.plan);
    } else if ("error" in said) {
      isKnown = await sourceJob.failed(token, said.error);
    } else {
      isKnown = await sourceJob.heard(token);
      if (isKnown && "captions" in said) {
        await saveCaptions(c.env, c.req.param("id"), said.captions, new URL(c.req.url).origin);
      }
    }
    if (!isKnown) throw new TributaryError("FORBIDDEN", "The token is of no server of this job.");
    return c.body(null, 204);
  },
);
