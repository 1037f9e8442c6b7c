import { createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { TributaryError } from "../../shared/job/errors.ts";

/** Everything about an upload, in a string that the client keeps: nothing is stored for it here. */
const uploadSchema = z.object({
  key: z.string(),
  /** R2's id of the multipart upload. */
  multipartId: z.string(),
  name: z.string(),
  sizeBytes: z.number(),
  partSizeBytes: z.number(),
  expiresAtMs: z.number(),
});
export type Upload = z.infer<typeof uploadSchema>;

/** As R2 forgets unfinished uploads. */
export const UPLOAD_LIFE_MS = 7 * 24 * 3_600_000;

export function sealUpload(env: Cloudflare.Env, upload: Upload): string {
  const body = Buffer.from(JSON.stringify(upload)).toString("base64url");
  return `${body}.${sign(env, body)}`;
}

/** @throws TributaryError FORBIDDEN for what was not sealed here, or long ago */
export function openUpload(env: Cloudflare.Env, handle: string, nowMs: number): Upload {
  const [body = "", signature = ""] = handle.split(".");
  const expected = Buffer.from(sign(env, body));
  const given = Buffer.from(signature);
  if (given.length === expected.length && timingSafeEqual(given, expected)) {
    const upload = uploadSchema.parse(JSON.parse(Buffer.from(body, "base64url").toString()));
    if (upload.expiresAtMs > nowMs) return upload;
  }
  throw new TributaryError("FORBIDDEN", "This upload is not known, or too old.");
}

function sign(env: Cloudflare.Env, body: string): string {
  // A key of its own: what is signed here is no S3 request.
  const key = createHmac("sha256", env.R2_SECRET_ACCESS_KEY).update("tributary-upload").digest();
  return createHmac("sha256", key).update(body).digest("base64url");
}
