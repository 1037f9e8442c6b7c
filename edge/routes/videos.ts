import { type Context, Hono } from "hono";
import { TributaryError } from "../../shared/job/errors.ts";
import { outputPrefix } from "../../shared/job/object-keys.ts";
import { log } from "../../shared/log.ts";
import {
  type ChangedVideo,
  changedVideoSchema,
  type Mp4Status,
  mp4StatusSchema,
  type VideoCheck,
  videoCheckSchema,
  videoPageSchema,
  videoPatchSchema,
  videoQuerySchema,
  videoSchema,
} from "../../shared/wire/api.ts";
import { findPending } from "../catalog/addresses.ts";
import { saveDetails } from "../catalog/details.ts";
import {
  findOwnership,
  findVideoState,
  mp4RequestedAtMs,
  noteMp4Request,
  savePassphrase,
  saveVisibility,
} from "../catalog/owners.ts";
import { saveFileRights } from "../catalog/video-files.ts";
import { findVideo, listVideos, withoutFileName } from "../catalog/videos.ts";
import { coordinatorOf } from "../coordinator/coordinator-stub.ts";
import { rateLimited } from "../http/admission.ts";
import type { AppEnv } from "../http/app-env.ts";
import { bearerToken, isJobId } from "../http/auth.ts";
import { hashPassphrase } from "../http/passphrase.ts";
import { jsonBody, query } from "../http/validated.ts";
import { forgetAccess, isOperator, ownVideo, visibleVideo } from "../http/video-access.ts";
import { describe } from "../openapi/describe.ts";
import { removeVideo } from "../operator/remove-video.ts";
import { mp4Key } from "../servers/mp4.ts";
import { hasServers } from "../servers/servers.ts";
import { checkStored } from "../storage/stored-objects.ts";
import { readRecord, recordedObjects } from "../storage/video-record.ts";

/** Milliseconds after which a request for an MP4 without a result is repeated. */
const MP4_AGAIN_MS = 15 * 60_000;

/** `GET /api/videos`: the catalogue, the newest first, page by page. */
export const videoRoutes = new Hono<AppEnv>();

videoRoutes.get(
  "/",
  describe({
    tag: "Videos",
    id: "listVideos",
    summary: "The videos that are listed, the newest first",
    detail: "The operator sees all, whoever may find them.",
    access: "operator-optional",
    answers: { 200: videoPageSchema },
    errors: ["REQUEST_INVALID"],
  }),
  query(videoQuerySchema),
  async (c) => {
    const { cursor = null, state = null, search = null, limit } = c.req.valid("query");
    const listedOnly = !isOperator(c.env, bearerToken(c.req.header("authorization")));
    const page = await listVideos(c.env.CATALOG, {
      after: cursor,
      state,
      search,
      limit,
      listedOnly,
    });
    if (page === null)
      throw new TributaryError("REQUEST_INVALID", "The cursor was not understood.");
    const videos = listedOnly ? page.videos.map(withoutFileName) : page.videos;
    return c.json({ ...page, videos }, 200, { "cache-control": "no-store" });
  },
);

videoRoutes.get(
  "/:id",
  describe({
    tag: "Videos",
    id: "video",
    summary: "A video of the catalogue",
    detail: "Whether it is listed or not: whoever knows its id may see it, unless it is private.",
    access: "private",
    answers: { 200: videoSchema },
    errors: ["NOT_FOUND"],
  }),
  async (c) => {
    const id = videoId(c.req.param("id"));
    const { caller, hasPassphrase } = await visibleVideo(c, id);
    const video = await known(findVideo(c.env.CATALOG, id));
    const shown =
      caller === "other"
        ? withoutFileName(video)
        : { ...video, hasPassphrase, replacement: await findPending(c.env.CATALOG, id) };
    return c.json(shown, 200, { "cache-control": "no-store" });
  },
);

videoRoutes.patch(
  "/:id",
  describe({
    tag: "Videos",
    id: "changeVideo",
    summary: "Change a video's title, description, language, chapters, or who may find it",
    detail:
      "Also while it is being made. What the body does not name stays as it is. The title is what everybody sees in place of the file's name. `unlisted`: everybody who has its link. `listed`: it also stands in this site's list. `private`: its owner and the operator by their token in each request, and whoever has a signed link or the `passphrase`; what others have loaded before, they have.",
    access: "owner-or-operator",
    answers: { 200: changedVideoSchema },
    errors: ["NOT_FOUND", "UNAUTHORIZED", "FORBIDDEN", "REQUEST_INVALID"],
  }),
  jsonBody(videoPatchSchema),
  async (c) => {
    const id = videoId(c.req.param("id"));
    const { caller } = await ownVideo(c, id);
    if (caller === "operator") await known(findAny(c.env.CATALOG, id));
    const patch = c.req.valid("json");
    const { visibility, passphrase, downloads, originalForAll, ...details } = patch;
    if (passphrase !== undefined) {
      const hash = passphrase === null ? null : await hashPassphrase(c.env, passphrase);
      await savePassphrase(c.env.CATALOG, id, hash);
    }
    if (visibility !== undefined) await saveVisibility(c.env.CATALOG, id, visibility);
    if (visibility === "private") await becamePrivate(c.env, id);
    await saveDetails(c.env.CATALOG, id, details);
    await saveFileRights(c.env.CATALOG, id, { downloads, originalForAll });
    forgetAccess(id);
    if (details.title !== undefined) await coordinatorOf(c.env, id).retitle(details.title || null);
    log("change-video", { jobId: id, changed: Object.keys(patch).join(), by: caller });
    const changed: ChangedVideo = {
      ...details,
      ...(visibility && { visibility }),
      ...(downloads !== undefined && { downloads }),
      ...(originalForAll !== undefined && { originalForAll }),
      ...(passphrase !== undefined && { hasPassphrase: passphrase !== null }),
    };
    return c.json(changed, 200, { "cache-control": "no-store" });
  },
);

/** Called when a video has become private. A replacement that is being made becomes private, too. */
async function becamePrivate(env: Cloudflare.Env, id: string): Promise<void> {
  await coordinatorOf(env, id).becamePrivate();
  const pending = await findPending(env.CATALOG, id);
  if (pending === null) return;
  await saveVisibility(env.CATALOG, pending, "private");
  await coordinatorOf(env, pending).becamePrivate();
  forgetAccess(pending);
}

/** Deletes an ended video with its objects and rows. */
videoRoutes.delete(
  "/:id",
  describe({
    tag: "Videos",
    id: "deleteVideo",
    summary: "Delete an ended video, its objects and its row",
    access: "owner-or-operator",
    answers: { 204: null },
    errors: ["NOT_FOUND", "UNAUTHORIZED", "FORBIDDEN", "REQUEST_INVALID"],
  }),
  async (c) => {
    const id = videoId(c.req.param("id"));
    const { caller } = await ownVideo(c, id);
    if (caller === "operator") await known(findAny(c.env.CATALOG, id));
    if (!(await removeVideo(c.env, id))) {
      throw new TributaryError("REQUEST_INVALID", "The job still runs: cancel it first.");
    }
    log("delete-video", { jobId: id, by: caller });
    return c.body(null, 204);
  },
);

videoRoutes.get(
  "/:id/mp4",
  describe({
    tag: "Videos",
    id: "mp4Status",
    summary: "Whether there is an MP4 to download",
    access: "private",
    answers: { 200: mp4StatusSchema },
    errors: ["NOT_FOUND"],
  }),
  async (c) => {
    const id = videoId(c.req.param("id"));
    await visibleVideo(c, id);
    return c.json(await mp4Status(c, id), 200, { "cache-control": "no-store" });
  },
);

videoRoutes.get(
  "/:id/check",
  describe({
    tag: "Videos",
    id: "checkVideo",
    summary: "Whether storage has all of a finished video as it was made",
    detail:
      "Compares the length and the content's hash of each playlist, and of each object that they name, with the video's record.",
    access: "owner-or-operator",
    answers: { 200: videoCheckSchema },
    errors: ["NOT_FOUND", "UNAUTHORIZED", "FORBIDDEN"],
  }),
  async (c) => {
    const id = videoId(c.req.param("id"));
    await ownVideo(c, id);
    const record = await readRecord(c.env.MEDIA, id);
    if (record === null) {
      throw new TributaryError("NOT_FOUND", "There is no record of a finished video of this id.");
    }
    const checked = await checkStored(c.env.MEDIA, id, recordedObjects(record));
    const check: VideoCheck = {
      ok: checked.every(({ state }) => state === "ok"),
      objects: checked.map(({ key, sizeBytes, state }) => {
        return { path: key.slice(outputPrefix(id).length), sizeBytes, state };
      }),
    };
    return c.json(check, 200, { "cache-control": "no-store" });
  },
);

/** Requests the MP4, if it does not exist yet. Idempotent. */
videoRoutes.post(
  "/:id/mp4",
  describe({
    tag: "Videos",
    id: "makeMp4",
    summary: "Have the MP4 made",
    detail:
      "One fast-start file of the best rendition and the first sound; nothing is encoded again. 200 where it is there already. It takes a server's time and storage, so it is its owner's to ask for; who may watch may download.",
    access: "owner-or-operator",
    answers: { 202: mp4StatusSchema, 200: mp4StatusSchema },
    errors: ["NOT_FOUND", "UNAUTHORIZED", "FORBIDDEN", "RATE_LIMITED", "ENGINE_UNAVAILABLE"],
  }),
  rateLimited,
  async (c) => {
    const id = videoId(c.req.param("id"));
    await ownVideo(c, id);
    const status = await mp4Status(c, id);
    if (status.state !== "none") return c.json(status, status.state === "ready" ? 200 : 202);
    if ((await findVideoState(c.env.CATALOG, id)) !== "ready") {
      throw new TributaryError("NOT_FOUND", "There is no finished video of this id.");
    }
    if (!hasServers(c.env)) {
      throw new TributaryError("ENGINE_UNAVAILABLE", "This site has no servers to make files.");
    }
    const { origin } = new URL(c.req.url);
    await noteMp4Request(c.env.CATALOG, id, Date.now());
    await c.env.SERVER_CALLS.send({ type: "assemble", jobId: id, origin });
    const making: Mp4Status = { state: "making", url: null, sizeBytes: null };
    return c.json(making, 202, { "cache-control": "no-store" });
  },
);

async function mp4Status(c: Context<AppEnv>, id: string): Promise<Mp4Status> {
  const object = await c.env.MEDIA.head(mp4Key(id));
  if (object !== null) {
    const { origin } = new URL(c.req.url);
    return { state: "ready", url: `${origin}/v/${id}/download.mp4`, sizeBytes: object.size };
  }
  const requestedAtMs = await mp4RequestedAtMs(c.env.CATALOG, id);
  const isMaking = requestedAtMs !== null && Date.now() - requestedAtMs < MP4_AGAIN_MS;
  return { state: isMaking ? "making" : "none", url: null, sizeBytes: null };
}

async function findAny(db: D1Database, id: string): Promise<object | null> {
  return (await findVideo(db, id)) ?? findOwnership(db, id);
}

/** @throws TributaryError NOT_FOUND where the value is null */
async function known<T>(found: Promise<T | null>): Promise<T> {
  const video = await found;
  if (video === null) throw new TributaryError("NOT_FOUND", "There is no such video.");
  return video;
}

function videoId(id: string): string {
  if (!isJobId(id)) throw new TributaryError("NOT_FOUND", "There is no such video.");
  return id;
}
