import { Hono } from "hono";
import { cors } from "hono/cors";
import type { AppEnv } from "./http/app-env.ts";
import { onError } from "./http/problem.ts";
import { protectAnswers } from "./http/protect-answers.ts";
import { notFoundAnswer, nothingHere } from "./pages/not-found-page.ts";
import { leadToCurrent } from "./replace/lead-to-current.ts";
import { adminRoutes } from "./routes/admin.ts";
import { audienceRoutes } from "./routes/audience.ts";
import { captionRoutes } from "./routes/captions.ts";
import { feedRoutes } from "./routes/feeds.ts";
import { fileRoutes } from "./routes/files.ts";
import { httpSocketRoutes } from "./routes/http-sockets.ts";
import { jobRoutes } from "./routes/jobs.ts";
import { linkRoutes } from "./routes/links.ts";
import { oembedRoutes } from "./routes/oembed.ts";
import { openApiRoutes } from "./routes/openapi.ts";
import { originalRoutes } from "./routes/originals.ts";
import { pageRoutes } from "./routes/pages.ts";
import { pictureRoutes } from "./routes/pictures.ts";
import { playbackRoutes } from "./routes/playback.ts";
import { poolRoutes } from "./routes/pools.ts";
import { shareRoutes } from "./routes/share.ts";
import { siteRoutes } from "./routes/site.ts";
import { socketRoutes } from "./routes/sockets.ts";
import { statusRoutes } from "./routes/status.ts";
import { uploadTokenRoutes } from "./routes/upload-tokens.ts";
import { uploadRoutes } from "./routes/uploads.ts";
import { videoRoutes } from "./routes/videos.ts";

/** The Worker's routes. */
export const app = new Hono<AppEnv>();

app.onError(async (thrown, c) => {
  const problem = onError(thrown, c);
  return problem.status === 404 ? notFoundAnswer(c, problem) : problem;
});
app.notFound(nothingHere);

app.use(protectAnswers);

app.use(leadToCurrent((request, env, context) => app.fetch(request, env, context)));

// Tokens are sent in headers, never in cookies, so pages of any site may call the API.
const openToAll = cors({
  origin: "*",
  allowMethods: ["GET", "POST", "PUT", "PATCH", "DELETE"],
  allowHeaders: ["authorization", "content-type", "idempotency-key"],
  exposeHeaders: ["location"],
  maxAge: 86_400,
});
// No headers can be added to the answer that opens a WebSocket.
app.use("/api/*", (c, next) => (c.req.path.endsWith("/socket") ? next() : openToAll(c, next)));
app.route("/api", openApiRoutes(app));
app.route("/api/jobs", jobRoutes);
app.route("/api/uploads", uploadRoutes);
app.route("/api/upload-tokens", uploadTokenRoutes);
app.route("/api/site", siteRoutes);
app.route("/api/jobs", shareRoutes);
app.route("/api/jobs", socketRoutes);
app.route("/api/jobs", httpSocketRoutes);
app.route("/api/videos", videoRoutes);
app.route("/api/videos", linkRoutes);
app.route("/api/videos", captionRoutes);
app.route("/api/pools", poolRoutes);
app.route("/api/videos", pictureRoutes);
app.route("/api/videos", fileRoutes);
app.route("/api/videos", originalRoutes);
app.route("/api/videos", audienceRoutes);
app.route("/api/admin", adminRoutes);
app.route("/coordinator-status", statusRoutes);
// The route with a signed link in the path comes first. No id looks like such a link.
app.route("/v/:link{~[\\w.-]{1,400}}", playbackRoutes);
app.route("/v", playbackRoutes);
app.use("/oembed", openToAll);
app.route("/oembed", oembedRoutes);
app.route("/", feedRoutes);
app.route("/", pageRoutes);
