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

/** Typed calls to the edge. Works in pages, in workers and in Node. */

export type { UploadState };

/** Options of `createJob` and `createWholeJob`. */
export interface CreateOptions {
  createToken?: string | undefined;
  signal?: AbortSignal | undefined;
  /**
   * Key of this job: with the same key and body the same job is answered. Default: a fresh one for each call of
   * `createJob`; the upload for `createWholeJob`.
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

  /** Repeated where no answer comes. Codes: PLAN_INVALID, REQUEST_INVALID, RATE_LIMITED, NETWORK, TIMEOUT. */
  createJob(
    plan: JobPlan,
    options: CreateOptions & {
      settings?: JobSettingsPatch;
      visibility?: Visibility;
      details?: DetailsPatch | undefined;
      /** The pool whose machines are to help. */
      pool?: PoolAsk | undefined;
      /** The video whose place it takes. */
      replaces?: Replaces | undefined;
    } = {},
  ): Promise<CreateJobResponse> {
    const { settings = {}, visibility, details, pool, replaces, ...more } = options;
    const body = { plan, settings, visibility, details, pool, replaces };
    return this.#create(body, { idempotencyKey: randomId(), ...more });
  }

  /**
   * With the owner's token the answer also says who is there and who made what; of a private video there is
   * one only with that, or with a helper's. Codes: JOB_NOT_FOUND.
   */
  jobStatus(jobId: string, token?: string, signal?: AbortSignal): Promise<JobStatus> {
    return this.#edge.call("GET", `/api/jobs/${jobId}`, jobStatusSchema, { token, signal });
  }

  /** Idempotent: a job that has ended stays as it is. */
  async cancelJob(jobId: string, token: string, signal?: AbortSignal): Promise<void> {
    await this.#edge.call("DELETE", `/api/jobs/${jobId}`, z.unknown(), { token, signal });
  }

  /**
   * The videos that are listed, the newest first. @param cursor of the page before; null for the first
   * @param search in title or description; "" for all
   * @param token the operator's, who sees all
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

  /** A video, listed or not. @param token the owner's, for a private one. Codes: NOT_FOUND. */
  video(videoId: string, token?: string, signal?: AbortSignal): Promise<Video> {
    return this.#edge.call("GET", `/api/videos/${videoId}`, videoSchema, { token, signal });
  }

  /**
   * Changes what is said of a video, or who may find it, also while it is made. @param token the owner's
   * @returns what was changed, as it is kept. Codes: REQUEST_INVALID, FORBIDDEN, NOT_FOUND.
   */
  changeVideo(videoId: string, token: string, body: VideoPatch): Promise<ChangedVideo> {
    return this.#edge.call("PATCH", `/api/videos/${videoId}`, changedVideoSchema, { token, body });
  }

  /** Makes a link that opens a private video. @param token the owner's. Codes: FORBIDDEN, NOT_FOUND. */
  linkVideo(videoId: string, token: string, body: LinkRequest = {}): Promise<SignedLink> {
    const path = `/api/videos/${videoId}/links`;
    return this.#edge.call("POST", path, videoLinkSchema, { token, body });
  }

  /** Ends all links to a private video. @param token the owner's */
  async withdrawLinks(videoId: string, token: string): Promise<void> {
    await this.#edge.call("DELETE", `/api/videos/${videoId}/links`, z.unknown(), { token });
  }

  /** A link for twelve hours. Codes: PASSPHRASE_WRONG, NOT_FOUND, RATE_LIMITED. */
  unlockVideo(videoId: string, passphrase: string): Promise<SignedLink> {
    const options = { body: { passphrase } };
    return this.#edge.call("POST", `/api/videos/${videoId}/unlock`, videoLinkSchema, options);
  }

  /** Deletes an ended video for good. Codes: FORBIDDEN, NOT_FOUND, REQUEST_INVALID (it still runs). */
  async deleteVideo(videoId: string, token: string, signal?: AbortSignal): Promise<void> {
    await this.#edge.call("DELETE", `/api/videos/${videoId}`, z.unknown(), { token, signal });
  }

  /** Has the MP4 made, where it is not there yet. Codes: NOT_FOUND, FORBIDDEN, ENGINE_UNAVAILABLE, RATE_LIMITED. */
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
   * The objects of a finished video. @param token the owner's, for a private video
   * Codes: NOT_FOUND, also for videos from before there were records.
   */
  videoFiles(videoId: string, token?: string, signal?: AbortSignal): Promise<VideoFiles> {
    const options = { token, signal };
    return this.#edge.call("GET", `/api/videos/${videoId}/files`, videoFilesSchema, options);
  }

  /** The captions of a video, the oldest first. @param token the owner's, for a private one. Codes: NOT_FOUND. */
  captions(videoId: string, token?: string, signal?: AbortSignal): Promise<CaptionsList> {
    const options = { token, signal };
    return this.#edge.call("GET", `/api/videos/${videoId}/captions`, captionsListSchema, options);
  }

  /**
   * Adds captions, while the video is made or later. With `sourceTrack` repeated where no answer comes.
   * Codes: CAPTIONS_INVALID, CAPTIONS_FULL, REQUEST_INVALID, FORBIDDEN, NOT_FOUND, RATE_LIMITED.
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

  /** Codes: FORBIDDEN, NOT_FOUND. */
  async deleteCaptions(videoId: string, token: string, id: string): Promise<void> {
    await this.#edge.call("DELETE", `/api/videos/${videoId}/captions/${id}`, z.unknown(), {
      token,
    });
  }

  /**
   * Gives a video its poster, while it is made or later. Repeated where no answer comes.
   * @param source `automatic` leaves one as it is that a person chose
   * Codes: PICTURE_INVALID, REQUEST_INVALID, FORBIDDEN, NOT_FOUND, RATE_LIMITED.
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

  /** Codes: as `savePoster`. */
  saveStoryboard(
    videoId: string,
    token: string,
    body: NewStoryboard,
    signal?: AbortSignal,
  ): Promise<Pictures> {
    const path = `/api/videos/${videoId}/storyboard`;
    return this.#edge.callUntilHeard("PUT", path, picturesSchema, { token, body, signal });
  }

  /** Reports a video to the site's operator. @param token of a private one. Codes: NOT_FOUND, RATE_LIMITED. */
  async reportVideo(videoId: string, body: NewReport, token?: string): Promise<void> {
    await this.#edge.call("POST", `/api/videos/${videoId}/reports`, z.unknown(), { token, body });
  }

  /** Counts that somebody began to watch. */
  async countPlay(videoId: string, token?: string): Promise<void> {
    await this.#edge.call("POST", `/api/videos/${videoId}/plays`, z.unknown(), { token });
  }

  /**
   * A job for an upload that is complete: servers do everything. Asked for again with the same body, it is the same
   * job. Codes: REQUEST_INVALID, ENGINE_UNAVAILABLE.
   */
  createWholeJob(
    body: CreateWholeJobRequest,
    options: CreateOptions = {},
  ): Promise<CreateJobResponse> {
    return this.#create(body, options);
  }

  /**
   * Uploads a whole file by presigned multipart and completes it. What breaks on the way can go on
   * later, also in another process: with the same file and what `onState` was told last.
   * @returns the handle for `createWholeJob`
   * Codes: UPLOAD_FAILED, NETWORK, TIMEOUT; SOURCE_CHANGED when `resume` is of another file;
   * REQUEST_INVALID when it is older than a week.
   */
  upload(
    file: File,
    { createToken: token, ...options }: WholeUploadOptions & { createToken?: string } = {},
  ): Promise<string> {
    const place = { begin: "/api/uploads", complete: "/api/uploads/complete", token };
    return uploadWhole(this.#edge, file, place, options);
  }

  /**
   * Keeps the file that a video was made from with it; resumable as `upload`. Codes: as `upload`, and FORBIDDEN,
   * NOT_FOUND, SITE_LIMIT.
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

  /** Deletes the original; the video stays. Codes: FORBIDDEN, NOT_FOUND. */
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

  /** Makes a contributor link. Codes: FORBIDDEN, JOB_ENDED, JOB_NOT_FOUND, RATE_LIMITED. */
  share(jobId: string, token: string, body: ShareRequest): Promise<ShareResponse> {
    return this.#edge.call("POST", `/api/jobs/${jobId}/share`, shareResponseSchema, {
      token,
      body,
    });
  }

  /** Ends all contributor links, and who came by them goes. */
  async revokeShares(jobId: string, token: string): Promise<void> {
    await this.#edge.call("DELETE", `/api/jobs/${jobId}/share`, z.unknown(), { token });
  }

  async removeContributor(jobId: string, token: string, holderId: string): Promise<void> {
    await this.#edge.call("DELETE", `/api/jobs/${jobId}/contributors/${holderId}`, z.unknown(), {
      token,
    });
  }

  /** A ticket for the job's socket, valid for a minute. Codes: UNAUTHORIZED, JOB_NOT_FOUND, LINK_EXPIRED, RATE_LIMITED. */
  async socketTicket(jobId: string, token: string, signal?: AbortSignal): Promise<string> {
    const options = { token, signal };
    const path = `/api/jobs/${jobId}/ticket`;
    return (await this.#edge.call("POST", path, socketTicketSchema, options)).ticket;
  }

  /** The requests of a socket to a job where no WebSocket comes through. */
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
