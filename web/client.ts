/** The package `tributary/client`: typed calls to a site's API, for pages and for Node. */

export { TributaryError } from "../shared/job/errors.ts";
export type {
  ChangedVideo,
  CreateJobResponse,
  CreateWholeJobRequest,
  LinkRequest,
  Mp4Status,
  SignedLink,
  UploadTokenResponse,
  Video,
  VideoCheck,
  VideoPage,
  VideoPatch,
  WebhookStatus,
} from "../shared/wire/api.ts";
export type { VideoFiles } from "../shared/wire/files.ts";
export type { CoordinatorStatus, JobStatus } from "../shared/wire/job-status.ts";
export type { NewStoryboard, Pictures, Poster, PosterSource } from "../shared/wire/pictures.ts";
export type { OEmbed } from "../shared/wire/published.ts";
export type { UploadState } from "./edge-client.ts";
export { OperatorClient } from "./operator-client.ts";
export { PoolClient } from "./pool-client.ts";
export { ProgramClient as EdgeClient } from "./program-client.ts";
