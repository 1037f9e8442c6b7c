import { Hono } from "hono";
import {
  captionsListSchema,
  captionsSchema,
  MOST_CAPTION_BYTES,
  newCaptionsSchema,
} from "../../shared/wire/captions.ts";
import { captionsOf, deleteCaptions, saveCaptions } from "../captions/captions.ts";
import { rateLimited } from "../http/admission.ts";
import type { AppEnv } from "../http/app-env.ts";
import { jsonBody } from "../http/validated.ts";
import { ownVideo, visibleVideo } from "../http/video-access.ts";
import { describe } from "../openapi/describe.ts";

/** `/api/videos/:id/captions`: while the video is being made, and later. */
export const captionRoutes = new Hono<AppEnv>();

const NO_STORE = { "cache-control": "no-store" };

captionRoutes.get(
  "/:id/captions",
  describe({
    tag: "Videos",
    id: "listCaptions",
    summary: "The captions of a video, the oldest first",
    access: "private",
    answers: { 200: captionsListSchema },
    errors: ["NOT_FOUND"],
  }),
  async (c) => {
    const id = c.req.param("id");
    await visibleVideo(c, id);
    return c.json(await captionsOf(c.env, id, new URL(c.req.url).origin), 200, NO_STORE);
  },
);

captionRoutes.post(
  "/:id/captions",
  describe({
    tag: "Videos",
    id: "addCaptions",
    summary: "Add captions in a language",
    detail:
      "From SubRip, WebVTT or Advanced SubStation Alpha. They become WebVTT: bold, italic, underlined and the place on the picture are kept as far as WebVTT has them, and `notices` say what is not. They stand in the multivariant playlist at once, also while the video is being made; players that have read it before see them when they read it again.",
    access: "owner-or-operator",
    answers: { 201: captionsSchema },
    errors: [
      "NOT_FOUND",
      "UNAUTHORIZED",
      "FORBIDDEN",
      "REQUEST_INVALID",
      "CAPTIONS_INVALID",
      "CAPTIONS_FULL",
      "RATE_LIMITED",
    ],
  }),
  rateLimited,
  jsonBody(newCaptionsSchema, { maxBytes: MOST_CAPTION_BYTES }),
  async (c) => {
    const id = c.req.param("id");
    await ownVideo(c, id);
    const { origin } = new URL(c.req.url);
    return c.json(await saveCaptions(c.env, id, c.req.valid("json"), origin), 201, NO_STORE);
  },
);

captionRoutes.delete(
  "/:id/captions/:captions",
  describe({
    tag: "Videos",
    id: "deleteCaptions",
    summary: "Delete captions",
    access: "owner-or-operator",
    answers: { 204: null },
    errors: ["NOT_FOUND", "UNAUTHORIZED", "FORBIDDEN"],
  }),
  async (c) => {
    const id = c.req.param("id");
    await ownVideo(c, id);
    await deleteCaptions(c.env, id, c.req.param("captions"));
    return c.body(null, 204);
  },
);
