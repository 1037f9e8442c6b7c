import { z } from "zod";
import { TributaryError } from "../../shared/job/errors.ts";
import { openSealed, sealText } from "../http/sealed-text.ts";

/** All data of an upload, in a string that the client keeps. Nothing is stored for it here. */
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

/** Milliseconds for which a handle is valid: as long as R2 keeps unfinished uploads. */
export const UPLOAD_LIFE_MS = 7 * 24 * 3_600_000;

export function sealUpload(env: Cloudflare.Env, upload: Upload): string {
  return sealText(env, "upload", upload);
}

/** Prefix of the keys of uploads for jobs. Originals have a different one. */
export const SOURCE_UPLOADS = "uploads/";

/**
 * @param below prefix that the upload's key must have
 * @throws TributaryError FORBIDDEN where the handle was not made here, has expired, or has another prefix
 */
export function openUpload(
  env: Cloudflare.Env,
  handle: string,
  nowMs: number,
  below = SOURCE_UPLOADS,
): Upload {
  const upload = openSealed(env, "upload", handle, uploadSchema);
  if (upload === null || upload.expiresAtMs <= nowMs || !upload.key.startsWith(below)) {
    throw new TributaryError("FORBIDDEN", "This upload is not known, or too old.");
  }
  return upload;
}
