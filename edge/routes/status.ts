import { Hono } from "hono";
import { statusQuerySchema } from "../../shared/wire/api.ts";
import { coordinatorStatusSchema } from "../../shared/wire/job-status.ts";
import { ofJob } from "../coordinator/coordinator-stub.ts";
import { readLimited } from "../http/admission.ts";
import type { AppEnv } from "../http/app-env.ts";
import { query } from "../http/validated.ts";
import { visibleJob } from "../http/video-access.ts";
import { describe } from "../openapi/describe.ts";
import { jobSummary } from "../source-jobs/source-job-stub.ts";

/** `GET /coordinator-status?jobGroupId=`: one job's counts, for operators and scripts. */
export const statusRoutes = new Hono<AppEnv>();

statusRoutes.get(
  "/",
  describe({
    tag: "Jobs",
    id: "coordinatorStatus",
    summary: "A job's counts, once",
    access: "private",
    answers: { 200: coordinatorStatusSchema },
    errors: ["REQUEST_INVALID", "JOB_NOT_FOUND", "RATE_LIMITED"],
  }),
  readLimited,
  query(statusQuerySchema),
  async (c) => {
    const { jobGroupId } = c.req.valid("query");
    await visibleJob(c, jobGroupId);
    const status = ofJob(await jobSummary(c.env, jobGroupId));
    return c.json(status, 200, { "cache-control": "no-store" });
  },
);
