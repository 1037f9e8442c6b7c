import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { TributaryError } from "../../shared/errors.ts";
import { DEFAULT_JOB_SETTINGS, patchSettings } from "../../shared/job.ts";
import { validatePlan } from "../../shared/plan.ts";
import { type CreateJobResponse, createJobRequestSchema } from "../../shared/protocol.ts";
import type { AppEnv } from "../app.ts";
import { bearerToken, hashToken, newJobId, newToken, tokensMatch } from "../auth.ts";
import { coordinatorOf } from "../coordinator-stub.ts";

/** Hours of video whose every frame has a duration of its own. */
const MAX_PLAN_BYTES = 16 * 1024 * 1024;

export const jobRoutes = new Hono<AppEnv>();

jobRoutes.post(
  "/",
  bodyLimit({
    maxSize: MAX_PLAN_BYTES,
    onError: () => {
      throw new TributaryError("REQUEST_INVALID", "The plan is too large.");
    },
  }),
  async (c) => {
    await admit(c);
    const parsed = createJobRequestSchema.safeParse(await c.req.json().catch(() => null));
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      const where = issue?.path.join(".") || "body";
      throw new TributaryError(
        "REQUEST_INVALID",
        `${where}: ${issue?.message ?? "not understood"}`,
      );
    }
    const { plan } = parsed.data;
    const settings = patchSettings(DEFAULT_JOB_SETTINGS, parsed.data.settings ?? {});
    validatePlan(plan);

    const { origin } = new URL(c.req.url);
    const jobId = newJobId();
    const ownerToken = newToken();
    const ownerTokenHash = hashToken(ownerToken);
    await coordinatorOf(c.env, jobId).create({ jobId, plan, ownerTokenHash, settings, origin });
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

jobRoutes.get("/:id", async (c) => {
  const token = bearerToken(c.req.header("authorization"));
  const status = await coordinatorOf(c.env, c.req.param("id")).status(token);
  if (status === null) throw new TributaryError("JOB_NOT_FOUND", "There is no such job.");
  return c.json(status, 200, { "cache-control": "no-store" });
});

jobRoutes.delete("/:id", async (c) => {
  const token = bearerToken(c.req.header("authorization"));
  if (token === null) throw new TributaryError("UNAUTHORIZED", "The owner's token is missing.");
  const result = await coordinatorOf(c.env, c.req.param("id")).cancel(token);
  if (!result.ok) throw new TributaryError(result.error.code, result.error.message);
  return c.body(null, 204);
});

jobRoutes.get("/:id/socket", async (c) => {
  if (c.req.header("upgrade")?.toLowerCase() !== "websocket") {
    throw new TributaryError("REQUEST_INVALID", "A WebSocket is expected here.");
  }
  const response = await coordinatorOf(c.env, c.req.param("id")).fetch(c.req.raw);
  if (response.status === 404) throw new TributaryError("JOB_NOT_FOUND", "There is no such job.");
  if (response.status === 429) throw new TributaryError("RATE_LIMITED", "Too many sockets.");
  return response;
});

/** Whether this client may create a job now. */
async function admit(c: Context<AppEnv>): Promise<void> {
  const { CREATE_LIMIT, CREATE_TOKEN } = c.env;
  const key = c.req.header("cf-connecting-ip") ?? "local";
  const { success } = await CREATE_LIMIT.limit({ key });
  if (!success) throw new TributaryError("RATE_LIMITED", "Too many jobs; wait a minute.");
  if (!CREATE_TOKEN) return;
  const token = bearerToken(c.req.header("authorization"));
  if (token === null) throw new TributaryError("UNAUTHORIZED", "Creating jobs asks for a token.");
  if (!tokensMatch(token, hashToken(CREATE_TOKEN))) {
    throw new TributaryError("FORBIDDEN", "The token does not allow to create jobs.");
  }
}
