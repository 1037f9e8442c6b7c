import { z } from "zod";
import {
  type UploadTokenResponse,
  uploadTokenSchema,
  type VideoCheck,
  videoCheckSchema,
  type WebhookStatus,
  webhookStatusSchema,
} from "../shared/wire/api.ts";
import { type CoordinatorStatus, coordinatorStatusSchema } from "../shared/wire/job-status.ts";
import { type OEmbed, oembedSchema } from "../shared/wire/published.ts";
import { EdgeCalls } from "./edge-calls.ts";
import { EdgeClient } from "./edge-client.ts";

/** The calls of `EdgeClient`, and those that programs need and our own pages do not. */
export class ProgramClient extends EdgeClient {
  readonly #edge: EdgeCalls;

  /** @param origin such as `https://tributary.example`, no slash at the end */
  constructor(origin: string) {
    super(origin);
    this.#edge = new EdgeCalls(origin);
  }

  /** Counts of a job. @param token the owner's, for a private video. Codes: JOB_NOT_FOUND. */
  jobCounts(jobId: string, token?: string, signal?: AbortSignal): Promise<CoordinatorStatus> {
    const path = `/coordinator-status?jobGroupId=${encodeURIComponent(jobId)}`;
    return this.#edge.call("GET", path, coordinatorStatusSchema, { token, signal });
  }

  /**
   * The same whenever they change, until the job has ended: `for await (const counts of client.jobEvents(id))`.
   * Ends early where the connection is lost; its last counts then have no `endedAtMs`. Codes: as `jobCounts`.
   */
  async *jobEvents(
    jobId: string,
    token?: string,
    signal?: AbortSignal,
  ): AsyncGenerator<CoordinatorStatus> {
    const body = await this.#edge.stream(`/api/jobs/${jobId}/events`, { token, signal });
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let left = "";
    try {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        const events = (left + value).split("\n\n");
        left = events.pop() ?? "";
        for (const event of events) {
          const data = /^data: ?(.*)$/m.exec(event)?.[1];
          if (data !== undefined) yield coordinatorStatusSchema.parse(JSON.parse(data));
        }
      }
    } finally {
      await reader.cancel().catch(() => {});
    }
  }

  /** Deliveries to a job's webhook. @param token the owner's. Codes: NOT_FOUND, UNAUTHORIZED. */
  webhookStatus(jobId: string, token: string): Promise<WebhookStatus> {
    return this.#edge.call("GET", `/api/jobs/${jobId}/webhook`, webhookStatusSchema, { token });
  }

  /** Whether storage has all of a finished video. @param token the owner's. Codes: FORBIDDEN, NOT_FOUND. */
  checkVideo(videoId: string, token: string): Promise<VideoCheck> {
    return this.#edge.call("GET", `/api/videos/${videoId}/check`, videoCheckSchema, { token });
  }

  /**
   * The file that a video was made from, as it comes. @param token the owner's; none where it is for everybody
   * Codes: FORBIDDEN, NOT_FOUND.
   */
  original(
    videoId: string,
    token?: string,
    signal?: AbortSignal,
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    return this.#edge.stream(`/api/videos/${videoId}/original`, { token, signal });
  }

  /** Throws away what was sent of a file. @param upload its handle, as `onState` was told it */
  async abortUpload(upload: string): Promise<void> {
    const options = { body: { upload } };
    await this.#edge.call("POST", "/api/uploads/abort", z.unknown(), options);
  }

  /** How another page shows a video. @param watchUrl its watch page's. Codes: NOT_FOUND, RATE_LIMITED. */
  oembed(watchUrl: string, size: { maxWidth?: number; maxHeight?: number } = {}): Promise<OEmbed> {
    const query = new URLSearchParams({ url: watchUrl });
    if (size.maxWidth !== undefined) query.set("maxwidth", String(size.maxWidth));
    if (size.maxHeight !== undefined) query.set("maxheight", String(size.maxHeight));
    return this.#edge.call("GET", `/oembed?${query}`, oembedSchema, {});
  }

  /**
   * A token with which a visitor of yours may create videos for a while.
   * @param createToken the site's CREATE_TOKEN. Codes: FORBIDDEN, RATE_LIMITED.
   */
  createUploadToken(createToken: string, expiresInMinutes = 60): Promise<UploadTokenResponse> {
    const options = { token: createToken, body: { expiresInMinutes } };
    return this.#edge.call("POST", "/api/upload-tokens", uploadTokenSchema, options);
  }
}
