import { z } from "zod";
import type { HttpSocketCalls } from "../shared/holder/http-socket.ts";
import type { JobPlan, JobSettingsPatch } from "../shared/job/job.ts";
import {
  type ChangedVideo,
  type CreateJobResponse,
  type CreateWholeJobRequest,
  changedVideoSchema,
  createJobResponseSchema,
  type LinkRequest,
  type Mp4Status,
  mp4StatusSchema,
  type Replaces,
  type ShareRequest,
  type ShareResponse,
  type SignedLink,
  type Site,
  shareResponseSchema,
  siteSchema,
  socketTicketSchema,
  type Video,
  type VideoPage,
  type VideoPatch,
  videoLinkSchema,
  videoPageSchema,
  videoSchema,
} from "../shared/wire/api.ts";
import {
  type Captions,
  type CaptionsList,
  captionsListSchema,
  captionsSchema,
  type NewCaptions,
} from "../shared/wire/captions.ts";
import type { DetailsPatch } from "../shared/wire/details.ts";
import { type VideoFiles, videoFilesSchema } from "../shared/wire/files.ts";
import { openHttpSocketResponseSchema, receivedTextsSchema } from "../shared/wire/http-socket.ts";
import { type JobStatus, jobStatusSchema } from "../shared/wire/job-status.ts";
import type { NewReport } from "../shared/wire/operator.ts";
import {
  type NewStoryboard,
  type Pictures,
  type PosterSource,
  picturesSchema,
} from "../shared/wire/pictures.ts";
import type { PoolAsk } from "../shared/wire/pool.ts";
import type { Visibility } from "../shared/wire/visibility.ts";
import { EdgeCalls } from "./edge-calls.ts";
import { randomId } from "./random-id.ts";
import { type UploadState, uploadWhole, type WholeUploadOptions } from "./whole-upload.ts";

/** Typed calls to the edge. They work in pages, in workers and in Node. */

export type { UploadState };

/** Options of `createJob` and `createWholeJob`. */
export interface CreateOptions {
  createToken?: string | undefined;
  signal?: AbortSignal | undefined;
  /**
   * Key of this job: calls with the same key and body give the same job. Default: for `createJob` a new key at each
   * call, for `createWholeJob` the upload.
   */
  idempotencyKey?: string;
}

export class EdgeClient {
  readonly #edge: EdgeCalls;

  /** @param origin such as `https://tributary.example`, no slash at the end */
  constructor(origin: string) {
    this.#edge = new EdgeCalls(origin);
  }

  /** Abilities and limits of this deployment. */
  site(signal?: AbortSignal): Promise<Site> {
    return this.#edge.call("GET", "/api/site", siteSchema, { signal });
  }

  /**
   * Creates a job; repeated where no answer comes.
   * @throws TributaryError PLAN_INVALID, REQUEST_INVALID, RATE_LIMITED, NETWORK, TIMEOUT
   */
  createJob(
    plan: JobPlan,
    options: CreateOptions & {
      settings?: JobSettingsPatch;
      visibility?: Visibility;
      details?: DetailsPatch | undefined;
      /** The pool whose machines are to help. */
      pool?: PoolAsk | undefined;
      /** The existing video that the new one replaces. */
      replaces?: Replaces | undefined;
    } = {},
  ): Promise<CreateJobResponse> {
    const { settings = {}, visibility, details, pool, replaces, ...more } = options;
    const body = { plan, settings, visibility, details, pool, replaces };
    return this.#create(body, { idempotencyKey: randomId(), ...more });
  }

  /**
   * The state of a job. With the owner's token it also says which lease holders are connected and what each made. A
   * private video's job needs the owner's or a helper's token.
   * @throws TributaryError JOB_NOT_FOUND
   */
  jobStatus(jobId: string, token?: string, signal?: AbortSignal): Promise<JobStatus> {
    return this.#edge.call("GET", `/api/jobs/${jobId}`, jobStatusSchema, { token, signal });
  }

  /** Cancels a job. Idempotent: a job that has ended stays as it is. */
  async cancelJob(jobId: string, token: string, signal?: AbortSignal): Promise<void> {
    await this.#edge.call("DELETE", `/api/jobs/${jobId}`, z.unknown(), { token, signal });
  }

  /**
   * The listed videos, newest first.
   * @param cursor of the page before; null for the first page
   * @param search text in the title or description; "" for all videos
   * @param token the operator's, which lists all videos
   */
  listVideos(
    cursor: string | null,
    search = "",
    signal?: AbortSignal,
    token?: string,
  ): Promise<VideoPage> {
    const query = new URLSearchParams();
    if (cursor !== null) query.set("cursor", cursor);
    if (search !== "") query.set("search", search);
    const text = query.size === 0 ? "" : `?${query}`;
    return this.#edge.call("GET", `/api/videos${text}`, videoPageSchema, { signal, token });
  }

  /**
   * A video, listed or not.
   * @param token the owner's, for a private video
   * @throws TributaryError NOT_FOUND
   */
  video(videoId: string, token?: string, signal?: AbortSignal): Promise<Video> {
    return this.#edge.call("GET", `/api/videos/${videoId}`, videoSchema, { token, signal });
  }

  /**
   * Changes a video's details or who may find it, also while it is being made.
   * @param token the owner's
   * @returns the changed fields, as stored
   * @throws TributaryError REQUEST_INVALID, FORBIDDEN, NOT_FOUND
   */
  changeVideo(videoId: string, token: string, body: VideoPatch): Promise<ChangedVideo> {
    return this.#edge.call("PATCH", `/api/videos/${videoId}`, changedVideoSchema, { token, body });
  }

  /**
   * Makes a link that opens a private video.
   * @param token the owner's
   * @throws TributaryError FORBIDDEN, NOT_FOUND
   */
  linkVideo(videoId: string, token: string, body: LinkRequest = {}): Promise<SignedLink> {
    const path = `/api/videos/${videoId}/links`;
    return this.#edge.call("POST", path, videoLinkSchema, { token, body });
  }

  /** Ends all links to a private video. @param token the owner's */
  async withdrawLinks(videoId: string, token: string): Promise<void> {
    await this.#edge.call("DELETE", `/api/videos/${videoId}/links`, z.unknown(), { token });
  }

  /**
   * A link that opens a private video for twelve hours.
   * @throws TributaryError PASSPHRASE_WRONG, NOT_FOUND, RATE_LIMITED
   */
  unlockVideo(videoId: string, passphrase: string): Promise<SignedLink> {
    const options = { body: { passphrase } };
    return this.#edge.call("POST", `/api/videos/${videoId}/unlock`, videoLinkSchema, options);
  }

  /**
   * Deletes a video for good.
   * @throws TributaryError FORBIDDEN, NOT_FOUND, REQUEST_INVALID (its job still runs)
   */
  async deleteVideo(videoId: string, token: string, signal?: AbortSignal): Promise<void> {
    await this.#edge.call("DELETE", `/api/videos/${videoId}`, z.unknown(), { token, signal });
  }

  /**
   * Has the MP4 made, where it does not exist yet.
   * @throws TributaryError NOT_FOUND, FORBIDDEN, ENGINE_UNAVAILABLE, RATE_LIMITED
   */
  makeMp4(videoId: string, token: string, signal?: AbortSignal): Promise<Mp4Status> {
    return this.#edge.call("POST", `/api/videos/${videoId}/mp4`, mp4StatusSchema, {
      token,
      signal,
    });
  }

  mp4Status(videoId: string, token?: string, signal?: AbortSignal): Promise<Mp4Status> {
    return this.#edge.call("GET", `/api/videos/${videoId}/mp4`, mp4StatusSchema, { token, signal });
  }

  /**
   * The objects of a finished video.
   * @param token the owner's, for a private video
   * @throws TributaryError NOT_FOUND, also for old videos without a record
   */
  videoFiles(videoId: string, token?: string, signal?: AbortSignal): Promise<VideoFiles> {
    const options = { token, signal };
    return this.#edge.call("GET", `/api/videos/${videoId}/files`, videoFilesSchema, options);
  }

  /**
   * The captions of a video, oldest first.
   * @param token the owner's, for a private video
   * @throws TributaryError NOT_FOUND
   */
  captions(videoId: string, token?: string, signal?: AbortSignal): Promise<CaptionsList> {
    const options = { token, signal };
    return this.#edge.call("GET", `/api/videos/${videoId}/captions`, captionsListSchema, options);
  }

  /**
   * Adds captions, while the video is being made or later. With `sourceTrack` it is repeated where no answer comes.
   * @throws TributaryError CAPTIONS_INVALID, CAPTIONS_FULL, REQUEST_INVALID, FORBIDDEN, NOT_FOUND, RATE_LIMITED
   */
  addCaptions(
    videoId: string,
    token: string,
    body: NewCaptions,
    signal?: AbortSignal,
  ): Promise<Captions> {
    const options = { token, body, signal };
    const path = `/api/videos/${videoId}/captions`;
    if (body.sourceTrack === undefined) {
      return this.#edge.call("POST", path, captionsSchema, options);
    }
    return this.#edge.callUntilHeard("POST", path, captionsSchema, options);
  }

  /** @throws TributaryError FORBIDDEN, NOT_FOUND */
  async deleteCaptions(videoId: string, token: string, id: string): Promise<void> {
    await this.#edge.call("DELETE", `/api/videos/${videoId}/captions/${id}`, z.unknown(), {
      token,
    });
  }

  /**
   * Gives a video its poster, while it is being made or later. Repeated where no answer comes.
   * @param source `automatic` does not replace a poster that a person chose
   * @throws TributaryError PICTURE_INVALID, REQUEST_INVALID, FORBIDDEN, NOT_FOUND, RATE_LIMITED
   */
  savePoster(
    videoId: string,
    token: string,
    jpeg: Blob,
    source: PosterSource = "file",
    signal?: AbortSignal,
  ): Promise<Pictures> {
    const path = `/api/videos/${videoId}/poster?source=${source}`;
    return this.#edge.callUntilHeard("PUT", path, picturesSchema, { token, body: jpeg, signal });
  }

  /** @throws TributaryError as `savePoster` */
  saveStoryboard(
    videoId: string,
    token: string,
    body: NewStoryboard,
    signal?: AbortSignal,
  ): Promise<Pictures> {
    const path = `/api/videos/${videoId}/storyboard`;
    return this.#edge.callUntilHeard("PUT", path, picturesSchema, { token, body, signal });
  }

  /**
   * Reports a video to the site's operator.
   * @param token for a private video
   * @throws TributaryError NOT_FOUND, RATE_LIMITED
   */
  async reportVideo(videoId: string, body: NewReport, token?: string): Promise<void> {
    await this.#edge.call("POST", `/api/videos/${videoId}/reports`, z.unknown(), { token, body });
  }

  /** Counts that somebody began to watch. */
  async countPlay(videoId: string, token?: string): Promise<void> {
    await this.#edge.call("POST", `/api/videos/${videoId}/plays`, z.unknown(), { token });
  }

  /**
   * Creates a job for a complete upload; servers do all of its work. A call with the same body gives the same job.
   * @throws TributaryError REQUEST_INVALID, ENGINE_UNAVAILABLE
   */
  createWholeJob(
    body: CreateWholeJobRequest,
    options: CreateOptions = {},
  ): Promise<CreateJobResponse> {
    return this.#create(body, options);
  }

  /**
   * Uploads a whole file by presigned multipart and completes it. An upload that broke off can go on later, also in
   * another process: with the same file, and the last state given to `onState` as `resume`.
   * @returns the handle for `createWholeJob`
   * @throws TributaryError UPLOAD_FAILED, NETWORK, TIMEOUT; SOURCE_CHANGED where `resume` belongs to another file;
   * REQUEST_INVALID where it is older than a week
   */
  upload(
    file: File,
    { createToken: token, ...options }: WholeUploadOptions & { createToken?: string } = {},
  ): Promise<string> {
    const place = { begin: "/api/uploads", complete: "/api/uploads/complete", token };
    return uploadWhole(this.#edge, file, place, options);
  }

  /**
   * Uploads a video's source file as its original, which is kept with the video. Resumable as `upload` is.
   * @throws TributaryError as `upload`, and FORBIDDEN, NOT_FOUND, SITE_LIMIT
   */
  async keepOriginal(
    videoId: string,
    token: string,
    file: File,
    options: WholeUploadOptions = {},
  ): Promise<void> {
    const begin = `/api/videos/${encodeURIComponent(videoId)}/original`;
    const place = { begin, complete: `${begin}/complete`, token };
    await uploadWhole(this.#edge, file, place, options);
  }

  /**
   * Deletes the original; the video stays.
   * @throws TributaryError FORBIDDEN, NOT_FOUND
   */
  async deleteOriginal(videoId: string, token: string): Promise<void> {
    await this.#edge.call(
      "DELETE",
      `/api/videos/${encodeURIComponent(videoId)}/original`,
      z.unknown(),
      {
        token,
      },
    );
  }

  #create(
    body: unknown,
    { createToken: token, signal, idempotencyKey }: CreateOptions,
  ): Promise<CreateJobResponse> {
    const options = { token, body, signal, idempotencyKey };
    return this.#edge.callUntilHeard("POST", "/api/jobs", createJobResponseSchema, options);
  }

  /**
   * Makes a contributor link.
   * @throws TributaryError FORBIDDEN, JOB_ENDED, JOB_NOT_FOUND, RATE_LIMITED
   */
  share(jobId: string, token: string, body: ShareRequest): Promise<ShareResponse> {
    return this.#edge.call("POST", `/api/jobs/${jobId}/share`, shareResponseSchema, {
      token,
      body,
    });
  }

  /** Ends all contributor links, and disconnects the contributors who joined by them. */
  async revokeShares(jobId: string, token: string): Promise<void> {
    await this.#edge.call("DELETE", `/api/jobs/${jobId}/share`, z.unknown(), { token });
  }

  async removeContributor(jobId: string, token: string, holderId: string): Promise<void> {
    await this.#edge.call("DELETE", `/api/jobs/${jobId}/contributors/${holderId}`, z.unknown(), {
      token,
    });
  }

  /**
   * A ticket for the job's socket, valid for a minute.
   * @throws TributaryError UNAUTHORIZED, JOB_NOT_FOUND, LINK_EXPIRED, RATE_LIMITED
   */
  async socketTicket(jobId: string, token: string, signal?: AbortSignal): Promise<string> {
    const options = { token, signal };
    const path = `/api/jobs/${jobId}/ticket`;
    return (await this.#edge.call("POST", path, socketTicketSchema, options)).ticket;
  }

  /** The HTTP requests that replace a job's WebSocket where none comes through. */
  httpSocketCalls(jobId: string): HttpSocketCalls {
    const path = `/api/jobs/${jobId}/http-socket`;
    const nothing = z.unknown();
    return {
      open: async (ticket, signal) => {
        const options = { body: { ticket }, signal };
        const opened = await this.#edge.call("POST", path, openHttpSocketResponseSchema, options);
        return opened.connection;
      },
      send: async (token, body, signal) => {
        await this.#edge.call("POST", `${path}/send`, nothing, { token, body, signal });
      },
      receive: (token, have, signal) => {
        const options = { token, body: { have }, signal };
        return this.#edge.call("POST", `${path}/receive`, receivedTextsSchema, options);
      },
      close: async (token) => {
        await this.#edge.call("DELETE", path, nothing, { token });
      },
    };
  }

  socketUrl(jobId: string, ticket: string): string {
    return this.#edge.socketUrl(`/api/jobs/${jobId}/socket?ticket=${ticket}`);
  }
}
