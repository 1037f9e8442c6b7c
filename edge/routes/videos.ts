import { type Context, Hono } from "hono";
import { z } from "zod";
import { TributaryError } from "../../shared/job/errors.ts";
import { endStateSchema, hasEnded } from "../../shared/job/job.ts";
import { chunkPrefix, outputPrefix } from "../../shared/job/object-keys.ts";
import type { Mp4Status } from "../../shared/wire/api.ts";
import {
  deleteRows,
  findVideoState,
  mp4RequestedAtMs,
  noteMp4Request,
  ownerTokenHashOf,
} from "../catalog/owners.ts";
import { listVideos } from "../catalog/videos.ts";
import { deleteBelow } from "../coordinator/chores.ts";
import { coordinatorOf } from "../coordinator/coordinator-stub.ts";
import { limit } from "../http/admit.ts";
import type { AppEnv } from "../http/app-env.ts";
import { bearerToken, isJobId, tokensMatch } from "../http/auth.ts";
import { log } from "../log.ts";
import { mp4Key } from "../servers/mp4.ts";
import { hasServers } from "../servers/servers.ts";

const querySchema = z.object({
  cursor: z.string().max(100).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
  state: z.enum(["planned", ...endStateSchema.options]).optional(),
});

/** A request for an MP4 that nobody heard of for so long is made anew. */
const MP4_AGAIN_MS = 15 * 60_000;

/** `GET /api/videos`: the catalogue, the newest first, page by page. */
export const videoRoutes = new Hono<AppEnv>();

videoRoutes.get("/", async (c) => {
  const query = querySchema.safeParse(c.req.query());
  if (!query.success) throw new TributaryError("REQUEST_INVALID", "The query was not understood.");
  const { cursor = null, state = null, limit } = query.data;
  const page = await listVideos(c.env.CATALOG, { after: cursor, state, limit });
  if (page === null) throw new TributaryError("REQUEST_INVALID", "The cursor was not understood.");
  return c.json(page, 200, { "cache-control": "no-store" });
});

/** The owner deletes an ended video: its objects, its rows. */
videoRoutes.delete("/:id", async (c) => {
  const id = videoIdOf(c);
  const token = bearerToken(c.req.header("authorization"));
  if (token === null) throw new TributaryError("UNAUTHORIZED", "The owner's token is missing.");
  const hash = await ownerTokenHashOf(c.env.CATALOG, id);
  if (hash === null) throw new TributaryError("NOT_FOUND", "There is no such video.");
  if (hash === "" || !tokensMatch(token, hash)) {
    throw new TributaryError("FORBIDDEN", "Only the video's owner may delete it.");
  }
  const job = await coordinatorOf(c.env, id).standing();
  if (job !== null && !hasEnded(job.state)) {
    throw new TributaryError("REQUEST_INVALID", "The job still runs: cancel it first.");
  }
  await deleteBelow(c.env.MEDIA, outputPrefix(id), new Set());
  await deleteBelow(c.env.MEDIA, chunkPrefix(id), new Set());
  await deleteRows(c.env.CATALOG, id);
  log("delete-video", { jobId: id });
  return c.body(null, 204);
});

videoRoutes.get("/:id/mp4", async (c) => {
  return c.json(await mp4Status(c, videoIdOf(c)), 200, { "cache-control": "no-store" });
});

/** Has the MP4 made, if it is not there yet. Idempotent. */
videoRoutes.post("/:id/mp4", async (c) => {
  await limit(c);
  const id = videoIdOf(c);
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
});

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

function videoIdOf(c: Context<AppEnv>): string {
  const id = c.req.param("id") ?? "";
  if (!isJobId(id)) throw new TributaryError("NOT_FOUND", "There is no such video.");
  return id;
}
