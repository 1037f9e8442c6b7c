import { z } from "zod";
import type { ErrorCode } from "../../shared/job/errors.ts";
import { endStateSchema } from "../../shared/job/job.ts";
import {
  completeUploadRequestSchema,
  completeUploadResponseSchema,
  createJobResponseSchema,
  createPlannedJobRequestSchema,
  createUploadRequestSchema,
  createUploadResponseSchema,
  createWholeJobRequestSchema,
  mp4StatusSchema,
  shareRequestSchema,
  shareResponseSchema,
  siteSchema,
  uploadPartsRequestSchema,
  uploadPartsResponseSchema,
  videoPageSchema,
  webhookStatusSchema,
} from "../../shared/wire/api.ts";
import { coordinatorStatusSchema, jobStatusSchema } from "../../shared/wire/job-status.ts";

/** The schemas that have a name in the document; the same that parse. */
export const NAMED_SCHEMAS = {
  CreateUpload: createUploadRequestSchema,
  Upload: createUploadResponseSchema,
  UploadParts: uploadPartsRequestSchema,
  PartUrls: uploadPartsResponseSchema,
  CompleteUpload: completeUploadRequestSchema,
  CompletedUpload: completeUploadResponseSchema,
  AbortUpload: completeUploadRequestSchema.pick({ upload: true }),
  CreateWholeJob: createWholeJobRequestSchema,
  CreatePlannedJob: createPlannedJobRequestSchema,
  CreatedJob: createJobResponseSchema,
  JobStatus: jobStatusSchema,
  JobCounts: coordinatorStatusSchema,
  Share: shareRequestSchema,
  Shared: shareResponseSchema,
  WebhookStatus: webhookStatusSchema,
  VideoPage: videoPageSchema,
  Mp4Status: mp4StatusSchema,
  Site: siteSchema,
} satisfies Record<string, z.ZodType>;

export type SchemaName = keyof typeof NAMED_SCHEMAS;

/** What a token has to be for an operation: `owner` of the job; `create`, where the site asks for one. */
type Access = "anyone" | "create" | "owner" | "owner-optional";

export interface Operation {
  method: "get" | "post" | "delete";
  path: string;
  id: string;
  summary: string;
  detail?: string;
  access: Access;
  query?: { name: string; schema: z.ZodType; summary: string; required?: boolean }[];
  body?: SchemaName | SchemaName[];
  /** Status, and what is in the answer; null for nothing. */
  answer: { status: 200 | 201 | 202 | 204; body: SchemaName | "events" | null };
  errors: ErrorCode[];
}

export const OPERATIONS: Operation[] = [
  {
    method: "post",
    path: "/api/uploads",
    id: "createUpload",
    summary: "Begin to upload a whole video",
    detail:
      "Presigned multipart: ask for URLs of parts, PUT each part's bytes to its URL, keep the ETags, complete. Resumable for a week: keep `upload` and the ETags, and go on with the parts that are missing.",
    access: "create",
    body: "CreateUpload",
    answer: { status: 201, body: "Upload" },
    errors: ["REQUEST_INVALID", "UNAUTHORIZED", "FORBIDDEN", "RATE_LIMITED"],
  },
  {
    method: "post",
    path: "/api/uploads/parts",
    id: "signUploadParts",
    summary: "URLs for parts of an upload",
    access: "anyone",
    body: "UploadParts",
    answer: { status: 200, body: "PartUrls" },
    errors: ["REQUEST_INVALID", "FORBIDDEN"],
  },
  {
    method: "post",
    path: "/api/uploads/complete",
    id: "completeUpload",
    summary: "Put the parts together",
    access: "anyone",
    body: "CompleteUpload",
    answer: { status: 200, body: "CompletedUpload" },
    errors: ["REQUEST_INVALID", "FORBIDDEN"],
  },
  {
    method: "post",
    path: "/api/uploads/abort",
    id: "abortUpload",
    summary: "Throw an upload away",
    access: "anyone",
    body: "AbortUpload",
    answer: { status: 204, body: null },
    errors: ["REQUEST_INVALID", "FORBIDDEN"],
  },
  {
    method: "post",
    path: "/api/jobs",
    id: "createJob",
    summary: "Make a video",
    detail:
      "From an upload: the site's servers do everything. Or from a plan that a browser tab made, whose tab then connects to the job's socket and works. With a webhook, the end is told to an address of yours.",
    access: "create",
    body: ["CreateWholeJob", "CreatePlannedJob"],
    answer: { status: 201, body: "CreatedJob" },
    errors: [
      "REQUEST_INVALID",
      "PLAN_INVALID",
      "UNAUTHORIZED",
      "FORBIDDEN",
      "RATE_LIMITED",
      "ENGINE_UNAVAILABLE",
    ],
  },
  {
    method: "get",
    path: "/api/jobs/{id}",
    id: "jobStatus",
    summary: "How a job stands",
    detail: "With the owner's token also who works on it and who made which segment.",
    access: "owner-optional",
    answer: { status: 200, body: "JobStatus" },
    errors: ["JOB_NOT_FOUND"],
  },
  {
    method: "get",
    path: "/api/jobs/{id}/events",
    id: "jobEvents",
    summary: "A job's counts as they change",
    detail: "Server-sent events named `job`, each with a JobCounts; the stream ends with the job.",
    access: "anyone",
    answer: { status: 200, body: "events" },
    errors: ["JOB_NOT_FOUND"],
  },
  {
    method: "get",
    path: "/api/jobs/{id}/webhook",
    id: "webhookStatus",
    summary: "What became of a job's webhook",
    detail:
      'A delivery is a POST of `{type, jobId, state, error, watchUrl, masterUrl, ...}` with the header `tributary-signature: t=<seconds>,v1=<hex HMAC-SHA-256 of "t.body" with the secret>`. Tried up to six times over some hours until the answer is 2xx.',
    access: "owner",
    answer: { status: 200, body: "WebhookStatus" },
    errors: ["NOT_FOUND", "UNAUTHORIZED", "JOB_NOT_FOUND"],
  },
  {
    method: "delete",
    path: "/api/jobs/{id}",
    id: "cancelJob",
    summary: "Cancel a job",
    detail: "A job that has ended stays as it is.",
    access: "owner",
    answer: { status: 204, body: null },
    errors: ["JOB_NOT_FOUND", "UNAUTHORIZED", "FORBIDDEN"],
  },
  {
    method: "post",
    path: "/api/jobs/{id}/share",
    id: "shareJob",
    summary: "Make a link for helpers",
    detail: "Whoever opens it lends a tab to this job. The token stands behind the `#`.",
    access: "owner",
    body: "Share",
    answer: { status: 201, body: "Shared" },
    errors: [
      "REQUEST_INVALID",
      "UNAUTHORIZED",
      "FORBIDDEN",
      "JOB_NOT_FOUND",
      "JOB_ENDED",
      "RATE_LIMITED",
    ],
  },
  {
    method: "delete",
    path: "/api/jobs/{id}/share",
    id: "revokeShares",
    summary: "End all links for helpers, and send away who came by them",
    access: "owner",
    answer: { status: 204, body: null },
    errors: ["UNAUTHORIZED", "FORBIDDEN", "JOB_NOT_FOUND"],
  },
  {
    method: "delete",
    path: "/api/jobs/{id}/contributors/{holderId}",
    id: "removeContributor",
    summary: "Send one helper away",
    access: "owner",
    answer: { status: 204, body: null },
    errors: ["UNAUTHORIZED", "FORBIDDEN", "JOB_NOT_FOUND"],
  },
  {
    method: "get",
    path: "/coordinator-status",
    id: "coordinatorStatus",
    summary: "A job's counts, once",
    access: "anyone",
    query: [{ name: "jobGroupId", schema: z.string(), summary: "The job's id.", required: true }],
    answer: { status: 200, body: "JobCounts" },
    errors: ["REQUEST_INVALID", "JOB_NOT_FOUND"],
  },
  {
    method: "get",
    path: "/api/videos",
    id: "listVideos",
    summary: "The catalogue, the newest first",
    access: "anyone",
    query: [
      { name: "cursor", schema: z.string(), summary: "Of the page before." },
      { name: "limit", schema: z.int().min(1).max(100), summary: "Videos a page; default 20." },
      {
        name: "state",
        schema: z.enum(["planned", ...endStateSchema.options]),
        summary: "Only these.",
      },
    ],
    answer: { status: 200, body: "VideoPage" },
    errors: ["REQUEST_INVALID"],
  },
  {
    method: "delete",
    path: "/api/videos/{id}",
    id: "deleteVideo",
    summary: "Delete an ended video, its objects and its row",
    access: "owner",
    answer: { status: 204, body: null },
    errors: ["NOT_FOUND", "UNAUTHORIZED", "FORBIDDEN", "REQUEST_INVALID"],
  },
  {
    method: "get",
    path: "/api/videos/{id}/mp4",
    id: "mp4Status",
    summary: "Whether there is an MP4 to download",
    access: "anyone",
    answer: { status: 200, body: "Mp4Status" },
    errors: ["NOT_FOUND"],
  },
  {
    method: "post",
    path: "/api/videos/{id}/mp4",
    id: "makeMp4",
    summary: "Have the MP4 made",
    detail:
      "One fast-start file of the best rendition and the first sound; nothing is encoded again.",
    access: "anyone",
    answer: { status: 202, body: "Mp4Status" },
    errors: ["NOT_FOUND", "RATE_LIMITED", "ENGINE_UNAVAILABLE"],
  },
  {
    method: "get",
    path: "/api/site",
    id: "site",
    summary: "What this site offers",
    access: "anyone",
    answer: { status: 200, body: "Site" },
    errors: [],
  },
];
