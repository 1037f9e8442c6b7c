import { Hono } from "hono";
import { TributaryError } from "../../shared/job/errors.ts";
import type { CoordinatorStatus } from "../../shared/wire/job-status.ts";
import { coordinatorOf } from "../coordinator/coordinator-stub.ts";
import type { AppEnv } from "../http/app-env.ts";
import { askJob, keeperOf } from "../source-jobs/keeper-stub.ts";

/** `GET /coordinator-status?jobGroupId=`: one job's counts, for operators and scripts. */
export const statusRoutes = new Hono<AppEnv>();

statusRoutes.get("/", async (c) => {
  const jobId = c.req.query("jobGroupId");
  if (!jobId) throw new TributaryError("REQUEST_INVALID", "Say which job: ?jobGroupId=...");
  const status = await askJob<CoordinatorStatus>(
    () => coordinatorOf(c.env, jobId).summary(),
    () => keeperOf(c.env, jobId).summary(),
  );
  if (status === null) throw new TributaryError("JOB_NOT_FOUND", "There is no such job.");
  return c.json(status, 200, { "cache-control": "no-store" });
});
