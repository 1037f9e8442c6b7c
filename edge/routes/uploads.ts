import { Hono } from "hono";
import { TributaryError } from "../../shared/job/errors.ts";
import {
  abortUploadRequestSchema,
  completeUploadRequestSchema,
  completeUploadResponseSchema,
  createUploadRequestSchema,
  createUploadResponseSchema,
  type UploadPartsResponse,
  uploadPartsRequestSchema,
  uploadPartsResponseSchema,
} from "../../shared/wire/api.ts";
import { createTokenRequired, rateLimited } from "../http/admission.ts";
import type { AppEnv } from "../http/app-env.ts";
import { newJobId } from "../http/auth.ts";
import { jsonBody } from "../http/validated.ts";
import { describe } from "../openapi/describe.ts";
import { beginUpload, completeUpload, MAX_PARTS_BYTES } from "../storage/multipart.ts";
import { presignUploadPart } from "../storage/presign.ts";
import { openUpload, SOURCE_UPLOADS, type Upload } from "../storage/upload-handle.ts";

/**
 * Uploads of whole videos to storage, by presigned multipart uploads. They can be resumed for a week, because the
 * client keeps the handle and the ETags of the parts that it has sent.
 */
export const uploadRoutes = new Hono<AppEnv>();

uploadRoutes.post(
  "/",
  describe({
    tag: "Uploads",
    id: "createUpload",
    summary: "Begin to upload a whole video",
    detail:
      "Presigned multipart: ask for URLs of parts, PUT each part's bytes to its URL, keep the ETags, complete. Resumable for a week: keep `upload` and the ETags, and go on with the parts that are missing.",
    access: "create",
    answers: { 201: createUploadResponseSchema },
    errors: ["REQUEST_INVALID", "UNAUTHORIZED", "FORBIDDEN", "RATE_LIMITED"],
  }),
  rateLimited,
  createTokenRequired,
  jsonBody(createUploadRequestSchema),
  async (c) => {
    const { name, sizeBytes } = c.req.valid("json");
    const key = `${SOURCE_UPLOADS}${newJobId()}`;
    const created = await beginUpload(c.env, key, { name, sizeBytes });
    return c.json(created, 201, { "cache-control": "no-store" });
  },
);

uploadRoutes.post(
  "/parts",
  describe({
    tag: "Uploads",
    id: "signUploadParts",
    summary: "URLs for parts of an upload",
    access: "anyone",
    answers: { 200: uploadPartsResponseSchema },
    errors: ["REQUEST_INVALID", "FORBIDDEN"],
  }),
  jsonBody(uploadPartsRequestSchema),
  async (c) => {
    const { upload: handle, parts } = c.req.valid("json");
    const upload = openUpload(c.env, handle, Date.now(), "");
    const { origin } = new URL(c.req.url);
    const signed: UploadPartsResponse = {
      parts: await Promise.all(
        parts.map(async (part) => {
          const sizeBytes = partBytes(upload, part);
          return { part, url: await presignUploadPart(c.env, origin, upload, { part, sizeBytes }) };
        }),
      ),
    };
    return c.json(signed, 200, { "cache-control": "no-store" });
  },
);

uploadRoutes.post(
  "/complete",
  describe({
    tag: "Uploads",
    id: "completeUpload",
    summary: "Put the parts together",
    access: "anyone",
    answers: { 200: completeUploadResponseSchema },
    errors: ["REQUEST_INVALID", "FORBIDDEN"],
  }),
  jsonBody(completeUploadRequestSchema, { maxBytes: MAX_PARTS_BYTES }),
  async (c) => {
    const { upload: handle, parts } = c.req.valid("json");
    const object = await completeUpload(c.env, openUpload(c.env, handle, Date.now()), parts);
    return c.json({ sizeBytes: object.size });
  },
);

uploadRoutes.post(
  "/abort",
  describe({
    tag: "Uploads",
    id: "abortUpload",
    summary: "Throw an upload away",
    access: "anyone",
    answers: { 204: null },
    errors: ["REQUEST_INVALID", "FORBIDDEN"],
  }),
  jsonBody(abortUploadRequestSchema),
  async (c) => {
    const { upload: handle } = c.req.valid("json");
    const { key, multipartId } = openUpload(c.env, handle, Date.now());
    // If the upload was completed or aborted before, there are no parts to delete.
    await c.env.MEDIA.resumeMultipartUpload(key, multipartId)
      .abort()
      .catch(() => {});
    await c.env.MEDIA.delete(key);
    return c.body(null, 204);
  },
);

/** @throws TributaryError REQUEST_INVALID for a part that the upload does not have */
function partBytes({ sizeBytes, partSizeBytes }: Upload, part: number): number {
  const fromBytes = (part - 1) * partSizeBytes;
  if (fromBytes >= sizeBytes) {
    throw new TributaryError("REQUEST_INVALID", `parts: the upload has no part ${part}.`);
  }
  return Math.min(partSizeBytes, sizeBytes - fromBytes);
}
