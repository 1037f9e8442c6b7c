import { TributaryError } from "../../shared/job/errors.ts";
import type { CreateUploadResponse } from "../../shared/wire/api.ts";
import { sealUpload, UPLOAD_LIFE_MS, type Upload } from "./upload-handle.ts";

/** Uploads of whole files to storage, by presigned multipart uploads. */

/** R2 requires parts of equal size, of at least 5 MiB, and at most 10,000 of them. */
const SMALLEST_PART_BYTES = 8 * 1024 ** 2;
const MOST_PARTS = 9_000;
const MIB = 1024 ** 2;
/** The most bytes of a request with the numbers and ETags of all parts. */
export const MAX_PARTS_BYTES = 3 * MIB;

/** Begins a multipart upload, with parts of equal size except the last. */
export async function beginUpload(
  env: Cloudflare.Env,
  key: string,
  { name, sizeBytes }: { name: string; sizeBytes: number },
): Promise<CreateUploadResponse> {
  const evenParts = Math.ceil(sizeBytes / MOST_PARTS / MIB) * MIB;
  const partSizeBytes = Math.max(SMALLEST_PART_BYTES, evenParts);
  const { uploadId: multipartId } = await env.MEDIA.createMultipartUpload(key);
  const expiresAtMs = Date.now() + UPLOAD_LIFE_MS;
  const upload = { key, multipartId, name, sizeBytes, partSizeBytes, expiresAtMs };
  return {
    upload: sealUpload(env, upload),
    partSizeBytes,
    partCount: Math.ceil(sizeBytes / partSizeBytes),
  };
}

/**
 * Completes an upload. It may be called again after a lost answer, when the object exists already.
 * @throws TributaryError REQUEST_INVALID where the parts are not those of the upload, or some are missing
 */
export async function completeUpload(
  env: Cloudflare.Env,
  { key, multipartId, sizeBytes }: Upload,
  parts: readonly { part: number; etag: string }[],
): Promise<R2Object> {
  const object = await completed(env, key, multipartId, parts);
  if (object.size !== sizeBytes) {
    await env.MEDIA.delete(key);
    throw new TributaryError("REQUEST_INVALID", "The parts do not add up to the upload's size.");
  }
  return object;
}

async function completed(
  env: Cloudflare.Env,
  key: string,
  multipartId: string,
  parts: readonly { part: number; etag: string }[],
): Promise<R2Object> {
  const uploaded = parts
    .map(({ part, etag }) => ({ partNumber: part, etag: etag.replace(/^"|"$/g, "") }))
    .sort((a, b) => a.partNumber - b.partNumber);
  try {
    return await env.MEDIA.resumeMultipartUpload(key, multipartId).complete(uploaded);
  } catch (cause) {
    const known = await env.MEDIA.head(key);
    if (known !== null) return known;
    const message = "Some parts are missing, or are not those of this upload.";
    throw new TributaryError("REQUEST_INVALID", message, { cause });
  }
}
