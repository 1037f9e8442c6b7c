import { type Context, Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { z } from "zod";
import type { HolderSource } from "../../shared/holder/chunk-stager.ts";
import { ERROR_CODES, TributaryError, toWireError } from "../../shared/job/errors.ts";
import { log } from "../../shared/log.ts";
import {
  assembleRequestSchema,
  type ContainerHealth,
  picturesRequestSchema,
  type ServeJobRequest,
  serveJobRequestSchema,
} from "../../shared/wire/container.ts";
import { assembleSegments } from "./assemble.ts";
import { makePictures } from "./make-pictures.ts";
import type { Permits } from "./permits.ts";
import { serveJob } from "./serve-job.ts";
import { openWholeSource } from "./whole-source.ts";
import { Workspace } from "./workspace.ts";

export interface ContainerOptions {
  /** Limits the encodes that run at once, over all jobs. */
  permits: Permits;
  /** The most jobs at once. Requests for more get RATE_LIMITED. Each job takes a socket and memory for some chunks. */
  maxJobs: number;
  /** First line of `ffmpeg -version`. */
  ffmpegVersion: string;
  /** Aborts all work when the container is stopped. */
  signal: AbortSignal;
}

/** The container's HTTP interface. Only the edge calls it. */
export function createContainerApp(options: ContainerOptions): Hono {
  const { permits, maxJobs, ffmpegVersion } = options;
  let jobs = 0;

  async function limited<T>(event: string, jobId: string, work: () => Promise<T>): Promise<T> {
    if (jobs >= maxJobs) throw new TributaryError("RATE_LIMITED", "This container is busy.");
    jobs += 1;
    const startedMs = performance.now();
    let end = "done";
    try {
      return await work();
    } catch (thrown) {
      end = toWireError(thrown).code;
      throw thrown;
    } finally {
      jobs -= 1;
      log(event, { jobId, end, ms: Math.round(performance.now() - startedMs) });
    }
  }

  /**
   * Resolves when the job's coordinator has welcomed the container, or when the container has begun to read a whole
   * source. The work continues after that.
   */
  function begin(request: ServeJobRequest): Promise<void> {
    return new Promise((resolve, reject) => {
      const work = () => serve(request, permits, options.signal, resolve);
      limited("serve-job", request.jobId, work).then(() => resolve(), reject);
    });
  }

  return new Hono()
    .get("/health", (context) => {
      const health: ContainerHealth = {
        ok: true,
        ffmpeg: ffmpegVersion,
        slots: permits.total,
        busySlots: permits.inUse,
        jobs,
      };
      return context.json(health);
    })
    .post("/transcode-segment", async (context) => {
      const request = await parsed(context, serveJobRequestSchema);
      await begin(request);
      return context.json({ jobId: request.jobId }, 202);
    })
    .post("/assemble-segments", async (context) => {
      const request = await parsed(context, assembleRequestSchema);
      const signal = AbortSignal.any([context.req.raw.signal, options.signal]);
      const work = () => assembleSegments(request, signal);
      return context.json(await limited("assemble", request.jobId, work));
    })
    .post("/make-pictures", async (context) => {
      const request = await parsed(context, picturesRequestSchema);
      const signal = AbortSignal.any([context.req.raw.signal, options.signal]);
      const work = () => makePictures(request, signal);
      return context.json(await limited("pictures", request.jobId, work));
    })
    .notFound((context) => problem(context, new TributaryError("NOT_FOUND", "No such address.")))
    .onError((error, context) => problem(context, error));
}

async function serve(
  request: ServeJobRequest,
  permits: Permits,
  signal: AbortSignal,
  onBegun: () => void,
): Promise<void> {
  const { source: wanted, token } = request;
  if (wanted === undefined) {
    await serveJob(request, { permits, signal, onWelcome: onBegun });
    return;
  }
  await Workspace.use(async (workspace) => {
    const opening = openWholeSource(wanted, { token, slots: permits.total, workspace }, signal);
    onBegun();
    const { source, plan } = await opening;
    try {
      const cutChunk: HolderSource["cutChunk"] = (...task) => source.cutChunk(...task);
      await serveJob(request, { permits, source: { plan, cutChunk }, signal });
    } finally {
      source.close();
    }
  });
}

async function parsed<T>(context: Context, schema: z.ZodType<T>): Promise<T> {
  const body: unknown = await context.req.json().catch(() => undefined);
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw new TributaryError("REQUEST_INVALID", "The request's body was not understood.");
}

/** An error as problem details (RFC 9457). */
function problem(context: Context, thrown: unknown): Response {
  const { code, message } = toWireError(thrown);
  // Messages of other errors might hold secrets.
  const detail = thrown instanceof TributaryError ? message : "The container failed.";
  const status = ERROR_CODES[code].status as ContentfulStatusCode;
  const body = { type: "about:blank", title: code, status, code, detail };
  return context.json(body, status, { "content-type": "application/problem+json" });
}
