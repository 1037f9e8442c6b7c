import { availableParallelism } from "node:os";
import { serve } from "@hono/node-server";
import { log } from "../../shared/log.ts";
import { createContainerApp } from "./app.ts";
import { Permits } from "./permits.ts";
import { Workspace } from "./workspace.ts";

// The program of the container. Locally it runs as a plain process.
//
//     PORT=8080      to listen on
//     HOST=0.0.0.0   127.0.0.1 when it is not a container
//     SLOTS          encodes at once; default: one a core

const port = Number(process.env["PORT"] ?? 8080);
const hostname = process.env["HOST"] ?? "127.0.0.1";
const slots = Math.max(1, Number(process.env["SLOTS"] ?? availableParallelism()));
const MAX_JOBS = 16;

const stopping = new AbortController();
const app = createContainerApp({
  permits: new Permits(slots),
  maxJobs: MAX_JOBS,
  ffmpegVersion: await ffmpegVersion(),
  signal: stopping.signal,
});
const server = serve({ fetch: app.fetch, port, hostname }, (address) => {
  log("listening", { port: address.port, slots });
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    log("stopping", { signal });
    // Kills running programs. Pending answers are still sent; then the process ends by itself.
    stopping.abort(new DOMException("The container stops.", "AbortError"));
    server.close();
    setTimeout(() => process.exit(0), 3_000).unref();
  });
}

/** First line of `ffmpeg -version`. Where ffmpeg is missing, this fails at the start and not at the first task. */
async function ffmpegVersion(): Promise<string> {
  const { stdout } = await Workspace.use((workspace) =>
    workspace.run("ffmpeg", ["-version"], { signal: stopping.signal }),
  );
  return stdout.split("\n")[0] ?? "";
}
