import { z } from "zod";
import { TributaryError } from "../../shared/job/errors.ts";
import { openSealed, sealText } from "../http/sealed-text.ts";

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
  return sealText(env, "upload", upload);
}

/** How the keys of uploads begin that become jobs; originals of videos have others. */
export const SOURCE_UPLOADS = "uploads/";

/**
 * @param below how its key has to begin
 * @throws TributaryError FORBIDDEN for what was not sealed here, long ago, or for something else
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
