import { type Context, Hono } from "hono";
import { TributaryError } from "../../shared/job/errors.ts";
import { originalKey } from "../../shared/job/object-keys.ts";
import { log } from "../../shared/log.ts";
import {
  completeUploadRequestSchema,
  completeUploadResponseSchema,
  createUploadRequestSchema,
  createUploadResponseSchema,
} from "../../shared/wire/api.ts";
import { findOriginal, saveOriginal } from "../catalog/video-files.ts";
import { rateLimited } from "../http/admission.ts";
import type { AppEnv } from "../http/app-env.ts";
import { attachmentNamed } from "../http/attachment.ts";
import { isJobId } from "../http/auth.ts";
import { isUnsatisfiable, objectAnswer, parseRange } from "../http/byte-range.ts";
import { jsonBody } from "../http/validated.ts";
import { ownVideo, visibleVideo } from "../http/video-access.ts";
import { describe } from "../openapi/describe.ts";
import { assertAllowed } from "../operator/site-rules.ts";
import { beginUpload, completeUpload, MAX_PARTS_BYTES } from "../storage/multipart.ts";
import { openUpload } from "../storage/upload-handle.ts";

/** The original: the file from which a video was made, where its owner keeps it. */
export const originalRoutes = new Hono<AppEnv>();

originalRoutes.post(
  "/:id/original",
  describe({
    tag: "Videos",
    id: "createOriginal",
    summary: "Begin to upload the file that a video was made from",
    detail:
      "Also while the video is being made. As `createUpload`: URLs of parts come from `POST /api/uploads/parts`; resumable for a week. It is kept with the video and deleted with it.",
    access: "owner-or-operator",
    answers: { 201: createUploadResponseSchema },
    errors: [
      "NOT_FOUND",
      "UNAUTHORIZED",
      "FORBIDDEN",
      "REQUEST_INVALID",
      "SITE_LIMIT",
      "RATE_LIMITED",
    ],
  }),
  rateLimited,
  jsonBody(createUploadRequestSchema),
  async (c) => {
    const id = videoId(c);
    await ownVideo(c, id);
    const file = c.req.valid("json");
    await assertAllowed(c.env, { sizeBytes: file.sizeBytes }, { isNew: false });
    const created = await beginUpload(c.env, originalKey(id), file);
    return c.json(created, 201, { "cache-control": "no-store" });
  },
);

originalRoutes.post(
  "/:id/original/complete",
  describe({
    tag: "Videos",
    id: "completeOriginal",
    summary: "Put the parts of the original together",
    access: "owner-or-operator",
    answers: { 200: completeUploadResponseSchema },
    errors: ["NOT_FOUND", "UNAUTHORIZED", "FORBIDDEN", "REQUEST_INVALID"],
  }),
  jsonBody(completeUploadRequestSchema, { maxBytes: MAX_PARTS_BYTES }),
  async (c) => {
    const id = videoId(c);
    await ownVideo(c, id);
    const { upload: handle, parts } = c.req.valid("json");
    const upload = openUpload(c.env, handle, Date.now(), originalKey(id));
    const { size } = await completeUpload(c.env, upload, parts);
    await saveOriginal(c.env.CATALOG, id, { name: upload.name, sizeBytes: size });
    log("keep-original", { jobId: id, sizeBytes: size });
    return c.json({ sizeBytes: size });
  },
);

originalRoutes.delete(
  "/:id/original",
  describe({
    tag: "Videos",
    id: "deleteOriginal",
    summary: "Delete the original; the video stays",
    access: "owner-or-operator",
    answers: { 204: null },
    errors: ["NOT_FOUND", "UNAUTHORIZED", "FORBIDDEN"],
  }),
  async (c) => {
    const id = videoId(c);
    await ownVideo(c, id);
    await c.env.MEDIA.delete(originalKey(id));
    await saveOriginal(c.env.CATALOG, id, null);
    return c.body(null, 204);
  },
);

originalRoutes.get(
  "/:id/original",
  describe({
    tag: "Videos",
    id: "original",
    summary: "The file that a video was made from",
    detail:
      "For its owner and the operator, and with `originalForAll` for everybody who may watch. Byte ranges are answered.",
    access: "private",
    answers: { 200: null },
    errors: ["NOT_FOUND", "FORBIDDEN"],
  }),
  async (c) => {
    const id = videoId(c);
    const { caller } = await visibleVideo(c, id);
    const original = await findOriginal(c.env.CATALOG, id);
    if (original === null) throw notFound();
    if (caller === "other" && !original.forAll) {
      throw new TributaryError("FORBIDDEN", "The owner keeps the original file to themselves.");
    }
    return fileAnswer(c, originalKey(id), original.name);
  },
);

async function fileAnswer(c: Context<AppEnv>, key: string, name: string): Promise<Response> {
  const head = await c.env.MEDIA.head(key);
  if (head === null) throw notFound();
  const headers = new Headers({
    // With this type a browser saves the file, and never shows it.
    "content-type": "application/octet-stream",
    "content-disposition": attachmentNamed(name),
    "cache-control": "private, no-store",
    "accept-ranges": "bytes",
    etag: head.httpEtag,
  });
  const ifRange = c.req.header("if-range");
  const asked = parseRange(c.req.header("range"));
  const range = ifRange === undefined || ifRange === head.httpEtag ? asked : null;
  if (range !== null && isUnsatisfiable(range, head.size)) {
    headers.set("content-range", `bytes */${head.size}`);
    return new Response(null, { status: 416, headers });
  }
  const object = await c.env.MEDIA.get(key, range === null ? {} : { range });
  if (object === null) throw notFound();
  return objectAnswer(object, range, headers);
}

function videoId(c: Context<AppEnv>): string {
  const id = c.req.param("id") ?? "";
  if (!isJobId(id)) throw notFound();
  return id;
}

function notFound(): TributaryError {
  return new TributaryError("NOT_FOUND", "There is no original file of such a video.");
}
