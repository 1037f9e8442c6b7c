import { Hono } from "hono";
import { TributaryError } from "../../shared/job/errors.ts";
import {
  type CreateUploadResponse,
  completeUploadRequestSchema,
  createUploadRequestSchema,
  type UploadPartsResponse,
  uploadPartsRequestSchema,
} from "../../shared/wire/api.ts";
import { admit } from "../http/admit.ts";
import type { AppEnv } from "../http/app-env.ts";
import { newJobId } from "../http/auth.ts";
import { parsedBody } from "../http/request-body.ts";
import { presignUploadPart } from "../storage/presign.ts";
import { openUpload, sealUpload, UPLOAD_LIFE_MS } from "../storage/upload-handle.ts";

/** R2 wants at least 5 MiB and at most 10,000 parts of equal size. */
const SMALLEST_PART_BYTES = 8 * 1024 ** 2;
const MOST_PARTS = 9_000;

/**
 * Whole videos into storage, by presigned multipart: resumable for a week, because the client keeps
 * the handle and the ETags of the parts it has sent.
 */
export const uploadRoutes = new Hono<AppEnv>();

uploadRoutes.post("/", async (c) => {
  await admit(c);
  const { name, sizeBytes } = await parsedBody(c, createUploadRequestSchema);
  const key = `uploads/${newJobId()}`;
  const mib = 1024 ** 2;
  const partSizeBytes = Math.max(
    SMALLEST_PART_BYTES,
    Math.ceil(sizeBytes / MOST_PARTS / mib) * mib,
  );
  const { uploadId: multipartId } = await c.env.MEDIA.createMultipartUpload(key);
  const expiresAtMs = Date.now() + UPLOAD_LIFE_MS;
  const upload = { key, multipartId, name, sizeBytes, partSizeBytes, expiresAtMs };
  const created: CreateUploadResponse = {
    upload: sealUpload(c.env, upload),
    partSizeBytes,
    partCount: Math.ceil(sizeBytes / partSizeBytes),
  };
  return c.json(created, 201, { "cache-control": "no-store" });
});

uploadRoutes.post("/parts", async (c) => {
  const { upload: handle, parts } = await parsedBody(c, uploadPartsRequestSchema);
  const upload = openUpload(c.env, handle, Date.now());
  const { origin } = new URL(c.req.url);
  const signed: UploadPartsResponse = {
    parts: await Promise.all(
      parts.map(async (part) => ({
        part,
        url: await presignUploadPart(c.env, origin, upload.key, upload.multipartId, part),
      })),
    ),
  };
  return c.json(signed, 200, { "cache-control": "no-store" });
});

uploadRoutes.post("/complete", async (c) => {
  const { upload: handle, parts } = await parsedBody(c, completeUploadRequestSchema);
  const { key, multipartId, sizeBytes } = openUpload(c.env, handle, Date.now());
  // Asked for again after a lost answer: it is there already.
  const known = await c.env.MEDIA.head(key);
  const object = known ?? (await complete(c.env, key, multipartId, parts));
  if (object.size !== sizeBytes) {
    await c.env.MEDIA.delete(key);
    throw new TributaryError("REQUEST_INVALID", "The parts do not add up to the upload's size.");
  }
  return c.json({ sizeBytes: object.size });
});

uploadRoutes.post("/abort", async (c) => {
  const { upload: handle } = await parsedBody(
    c,
    completeUploadRequestSchema.pick({ upload: true }),
  );
  const { key, multipartId } = openUpload(c.env, handle, Date.now());
  await c.env.MEDIA.resumeMultipartUpload(key, multipartId)
    .abort()
    .catch(() => {});
  await c.env.MEDIA.delete(key);
  return c.body(null, 204);
});

async function complete(
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
    const message = "Some parts are missing, or are not those of this upload.";
    throw new TributaryError("REQUEST_INVALID", message, { cause });
  }
}
