import { Hono } from "hono";
import { onError, problemResponse } from "./problem.ts";
import { jobRoutes } from "./routes/jobs.ts";
import { pageRoutes } from "./routes/pages.ts";
import { playbackRoutes } from "./routes/playback.ts";
import { siteRoutes } from "./routes/site.ts";
import { statusRoutes } from "./routes/status.ts";
import { videoRoutes } from "./routes/videos.ts";

/** The bindings every route sees. */
export interface AppEnv {
  Bindings: Cloudflare.Env;
}

export const app = new Hono<AppEnv>();

app.onError(onError);
app.notFound(() => problemResponse("NOT_FOUND", "Nothing is served at this address."));

app.route("/api/jobs", jobRoutes);
app.route("/api/site", siteRoutes);
app.route("/api/videos", videoRoutes);
app.route("/coordinator-status", statusRoutes);
app.route("/v", playbackRoutes);
app.route("/", pageRoutes);
