import { type Context, Hono } from "hono";
import { TributaryError } from "../../shared/job/errors.ts";
import { log } from "../../shared/log.ts";
import { PODCAST_PLAYLIST } from "../../shared/playlist/names.ts";
import {
  linkRequestSchema,
  type SignedLink,
  unlockRequestSchema,
  videoLinkSchema,
} from "../../shared/wire/api.ts";
import { findOwnership, mainAddress, type Ownership, withdrawLinks } from "../catalog/owners.ts";
import { rateLimited } from "../http/admission.ts";
import type { AppEnv } from "../http/app-env.ts";
import { isJobId } from "../http/auth.ts";
import { isPassphrase } from "../http/passphrase.ts";
import { jsonBody } from "../http/validated.ts";
import { forgetAccess, ownVideo } from "../http/video-access.ts";
import { LINK_MARK, sealLink } from "../http/video-link.ts";
import { describe } from "../openapi/describe.ts";

/** Signed links to private videos, for the owner and for people who know the passphrase. */
export const linkRoutes = new Hono<AppEnv>();

/** Milliseconds for which a passphrase gives access: about an evening. */
const UNLOCKED_FOR_MS = 12 * 3_600_000;

linkRoutes.post(
  "/:id/links",
  describe({
    tag: "Videos",
    id: "linkVideo",
    summary: "Make a link that opens a private video",
    detail:
      "Whoever has it can watch until it expires or the links are withdrawn. What players fetch has the signed part in its path, so that they need no headers: HLS, DASH, captions, chapters, pictures and the MP4.",
    access: "owner-or-operator",
    answers: { 201: videoLinkSchema },
    errors: ["NOT_FOUND", "UNAUTHORIZED", "FORBIDDEN", "REQUEST_INVALID"],
  }),
  jsonBody(linkRequestSchema, { optional: true }),
  async (c) => {
    const id = c.req.param("id");
    await ownVideo(c, id);
    const { expiresInMinutes } = c.req.valid("json");
    const link = linkTo(c, id, await ownershipOf(c, id), expiresInMinutes * 60_000);
    return c.json(link, 201, { "cache-control": "no-store" });
  },
);

linkRoutes.delete(
  "/:id/links",
  describe({
    tag: "Videos",
    id: "withdrawLinks",
    summary: "End all links to a private video",
    detail: "Also those that its passphrase has opened. It counts within seconds everywhere.",
    access: "owner-or-operator",
    answers: { 204: null },
    errors: ["NOT_FOUND", "UNAUTHORIZED", "FORBIDDEN"],
  }),
  async (c) => {
    const id = c.req.param("id");
    const { caller } = await ownVideo(c, id);
    await withdrawLinks(c.env.CATALOG, id);
    forgetAccess(id);
    log("withdraw-links", { jobId: id, by: caller });
    return c.body(null, 204);
  },
);

linkRoutes.post(
  "/:id/unlock",
  describe({
    tag: "Videos",
    id: "unlockVideo",
    summary: "Get a link to a private video for its passphrase",
    detail: "Good for twelve hours. Only some tries a minute from each network.",
    access: "anyone",
    answers: { 201: videoLinkSchema },
    errors: ["NOT_FOUND", "PASSPHRASE_WRONG", "REQUEST_INVALID", "RATE_LIMITED"],
  }),
  rateLimited,
  jsonBody(unlockRequestSchema),
  async (c) => {
    const id = c.req.param("id");
    const ownership = await ownershipOf(c, id);
    const { visibility, passphraseHash } = ownership;
    if (visibility !== "private" || passphraseHash === null) throw notFound();
    if (!(await isPassphrase(c.env, c.req.valid("json").passphrase, passphraseHash))) {
      throw new TributaryError("PASSPHRASE_WRONG", "That is not the video's passphrase.");
    }
    const link = linkTo(c, id, ownership, UNLOCKED_FOR_MS);
    return c.json(link, 201, { "cache-control": "no-store" });
  },
);

/** The owner row from the catalogue, not from the cache, so that changes by other instances are seen. */
async function ownershipOf(c: Context<AppEnv>, id: string): Promise<Ownership> {
  const ownership = isJobId(id) ? await findOwnership(c.env.CATALOG, id) : null;
  if (ownership === null) throw notFound();
  return ownership;
}

function linkTo(c: Context<AppEnv>, id: string, ownership: Ownership, lifeMs: number): SignedLink {
  const { linkVersion: version } = ownership;
  const address = mainAddress(id, ownership);
  const expiresAtMs = Date.now() + lifeMs;
  const key = sealLink(c.env, { id: address, version, expiresAtMs });
  const { origin } = new URL(c.req.url);
  const folder = `${origin}/v/${LINK_MARK}${key}/${address}`;
  return {
    key,
    expiresAtMs,
    watchUrl: `${origin}/watch/${address}?key=${key}`,
    embedUrl: `${origin}/embed/${address}?key=${key}`,
    masterUrl: `${folder}/master.m3u8`,
    podcastUrl: `${folder}/${PODCAST_PLAYLIST}`,
    dashUrl: `${folder}/manifest.mpd`,
    mp4Url: `${folder}/download.mp4`,
    posterUrl: `${folder}/poster.jpg`,
    storyboardUrl: `${folder}/storyboard.vtt`,
    chaptersUrl: `${folder}/chapters.vtt`,
    originalUrl: `${origin}/api/videos/${address}/original?key=${key}`,
  };
}

function notFound(): TributaryError {
  return new TributaryError("NOT_FOUND", "There is no such video.");
}
