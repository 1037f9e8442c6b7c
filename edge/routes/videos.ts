import { type Context, Hono } from "hono";
import { TributaryError } from "../../shared/job/errors.ts";
import { log } from "../../shared/log.ts";
import {
  type Mp4Status,
  mp4StatusSchema,
  videoPageSchema,
  videoQuerySchema,
} from "../../shared/wire/api.ts";
import { deleteVideo } from "../catalog/delete-video.ts";
import {
  findVideoState,
  mp4RequestedAtMs,
  noteMp4Request,
  ownerTokenHashOf,
} from "../catalog/owners.ts";
import { listVideos } from "../catalog/videos.ts";
import { coordinatorOf } from "../coordinator/coordinator-stub.ts";
import { rateLimited } from "../http/admission.ts";
import type { AppEnv } from "../http/app-env.ts";
import { isJobId, tokensMatch } from "../http/auth.ts";
import { bearerRequired } from "../http/bearer.ts";
import { query } from "../http/validated.ts";
import { describe } from "../openapi/describe.ts";
import { mp4Key } from "../servers/mp4.ts";
import { hasServers } from "../servers/servers.ts";

/** A request for an MP4 that nobody heard of for so long is made anew. */
const MP4_AGAIN_MS = 15 * 60_000;

/** `GET /api/videos`: the catalogue, the newest first, page by page. */
export const videoRoutes = new Hono<AppEnv>();

videoRoutes.get(
  "/",
  describe({
    tag: "Videos",
    id: "listVideos",
    summary: "The catalogue, the newest first",
    access: "anyone",
    answers: { 200: videoPageSchema },
    errors: ["REQUEST_INVALID"],
  }),
  query(videoQuerySchema),
  async (c) => {
    const { cursor = null, state = null, limit } = c.req.valid("query");
    const page = await listVideos(c.env.CATALOG, { after: cursor, state, limit });
    if (page === null)
      throw new TributaryError("REQUEST_INVALID", "The cursor was not understood.");
    return c.json(page, 200, { "cache-control": "no-store" });
  },
);

/** The owner deletes an ended video: its objects, its rows. */
videoRoutes.delete(
  "/:id",
  describe({
    tag: "Videos",
    id: "deleteVideo",
    summary: "Delete an ended video, its objects and its row",
    access: "owner",
    answers: { 204: null },
    errors: ["NOT_FOUND", "UNAUTHORIZED", "FORBIDDEN", "REQUEST_INVALID"],
  }),
  bearerRequired,
  async (c) => {
    const id = videoId(c.req.param("id"));
    const hash = await ownerTokenHashOf(c.env.CATALOG, id);
    if (hash === null) throw new TributaryError("NOT_FOUND", "There is no such video.");
    if (hash === "" || !tokensMatch(c.var.token, hash)) {
      throw new TributaryError("FORBIDDEN", "Only the video's owner may delete it.");
    }
    // First the job: as long as its coordinator knows it, it is shown, and its playlists are rendered.
    if (!(await coordinatorOf(c.env, id).forget())) {
      throw new TributaryError("REQUEST_INVALID", "The job still runs: cancel it first.");
    }
    await deleteVideo(c.env, id);
    log("delete-video", { jobId: id });
    return c.body(null, 204);
  },
);

videoRoutes.get(
  "/:id/mp4",
  describe({
    tag: "Videos",
    id: "mp4Status",
    summary: "Whether there is an MP4 to download",
    access: "anyone",
    answers: { 200: mp4StatusSchema },
    errors: ["NOT_FOUND"],
  }),
  async (c) => {
    return c.json(await mp4Status(c, videoId(c.req.param("id"))), 200, {
      "cache-control": "no-store",
    });
  },
);

/** Has the MP4 made, if it is not there yet. Idempotent. */
videoRoutes.post(
  "/:id/mp4",
  describe({
    tag: "Videos",
    id: "makeMp4",
    summary: "Have the MP4 made",
    detail:
      "One fast-start file of the best rendition and the first sound; nothing is encoded again. 200 where it is there already.",
    access: "anyone",
    answers: { 202: mp4StatusSchema, 200: mp4StatusSchema },
    errors: ["NOT_FOUND", "RATE_LIMITED", "ENGINE_UNAVAILABLE"],
  }),
  rateLimited,
  async (c) => {
    const id = videoId(c.req.param("id"));
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

function videoId(id: string): string {
  if (!isJobId(id)) throw new TributaryError("NOT_FOUND", "There is no such video.");
  return id;
}
