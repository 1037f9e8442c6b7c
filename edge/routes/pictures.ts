import { Hono } from "hono";
import {
  MOST_POSTER_BYTES,
  MOST_STORYBOARD_BYTES,
  newStoryboardSchema,
  picturesSchema,
  posterQuerySchema,
} from "../../shared/wire/pictures.ts";
import { rateLimited } from "../http/admission.ts";
import type { AppEnv } from "../http/app-env.ts";
import { jsonBody, limitedBody, query } from "../http/validated.ts";
import { forgetAccess, ownVideo } from "../http/video-access.ts";
import { describe } from "../openapi/describe.ts";
import { savePoster, saveStoryboard } from "../pictures/pictures.ts";

/** `/api/videos/:id/poster` and `/storyboard`: while the video is being made, and later. */
export const pictureRoutes = new Hono<AppEnv>();

const NO_STORE = { "cache-control": "no-store" };
const ERRORS = [
  "NOT_FOUND",
  "UNAUTHORIZED",
  "FORBIDDEN",
  "REQUEST_INVALID",
  "PICTURE_INVALID",
  "RATE_LIMITED",
] as const;

pictureRoutes.put(
  "/:id/poster",
  describe({
    tag: "Videos",
    id: "savePoster",
    summary: "Give a video its poster",
    detail:
      "A JPEG of at most 1 MB, and 16 to 4096 pixels a side, kept as it is sent: what a camera wrote into it (such as the place) stays in it. `/v/<id>/poster.jpg` is its address. The owner's page makes one by itself.",
    access: "owner-or-operator",
    upload: "image/jpeg",
    answers: { 200: picturesSchema },
    errors: ERRORS,
  }),
  rateLimited,
  query(posterQuerySchema),
  limitedBody(MOST_POSTER_BYTES),
  async (c) => {
    const id = c.req.param("id");
    await ownVideo(c, id);
    const bytes = new Uint8Array(await c.req.arrayBuffer());
    const pictures = await savePoster(c.env, id, bytes, c.req.valid("query").source);
    forgetAccess(id);
    return c.json(pictures, 200, NO_STORE);
  },
);

pictureRoutes.put(
  "/:id/storyboard",
  describe({
    tag: "Videos",
    id: "saveStoryboard",
    summary: "Give a video its storyboard",
    detail:
      "Small pictures of the whole video on sheets, for previews. `/v/<id>/storyboard.vtt` names each with its time. The owner's page makes it when the video is finished.",
    access: "owner-or-operator",
    answers: { 200: picturesSchema },
    errors: ERRORS,
  }),
  rateLimited,
  jsonBody(newStoryboardSchema, { maxBytes: MOST_STORYBOARD_BYTES }),
  async (c) => {
    const id = c.req.param("id");
    await ownVideo(c, id);
    const pictures = await saveStoryboard(c.env, id, c.req.valid("json"));
    forgetAccess(id);
    return c.json(pictures, 200, NO_STORE);
  },
);
