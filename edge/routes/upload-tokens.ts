import { Hono } from "hono";
import { uploadTokenRequestSchema, uploadTokenSchema } from "../../shared/wire/api.ts";
import { rateLimited, siteKeyRequired } from "../http/admission.ts";
import type { AppEnv } from "../http/app-env.ts";
import { sealUploadToken } from "../http/upload-token.ts";
import { jsonBody } from "../http/validated.ts";
import { describe } from "../openapi/describe.ts";

/** `/api/upload-tokens`, for the servers of sites that frame the upload page. */
export const uploadTokenRoutes = new Hono<AppEnv>();

uploadTokenRoutes.post(
  "/",
  describe({
    tag: "Uploads",
    id: "createUploadToken",
    summary: "Let somebody make videos for a while",
    detail:
      "For servers that have the site's key and hand each of their visitors a token, as for the element `<tributary-upload>`. It takes the place of the key when a job or an upload is created, until it expires; jobs that were begun go on. It cannot be withdrawn: make it short.",
    access: "create",
    answers: { 201: uploadTokenSchema },
    errors: ["REQUEST_INVALID", "UNAUTHORIZED", "FORBIDDEN", "RATE_LIMITED"],
  }),
  rateLimited,
  siteKeyRequired,
  jsonBody(uploadTokenRequestSchema),
  (c) => {
    const expiresAtMs = Date.now() + 60_000 * c.req.valid("json").expiresInMinutes;
    const token = sealUploadToken(c.env, expiresAtMs);
    return c.json({ token, expiresAtMs }, 201, { "cache-control": "no-store" });
  },
);
