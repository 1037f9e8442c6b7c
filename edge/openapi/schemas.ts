import { z } from "zod";
import {
  abortUploadRequestSchema,
  changedVideoSchema,
  completeUploadRequestSchema,
  completeUploadResponseSchema,
  createJobResponseSchema,
  createPlannedJobRequestSchema,
  createUploadRequestSchema,
  createUploadResponseSchema,
  createWholeJobRequestSchema,
  linkRequestSchema,
  mp4StatusSchema,
  shareRequestSchema,
  shareResponseSchema,
  siteSchema,
  socketTicketSchema,
  unlockRequestSchema,
  uploadPartsRequestSchema,
  uploadPartsResponseSchema,
  uploadTokenRequestSchema,
  uploadTokenSchema,
  videoCheckSchema,
  videoLinkSchema,
  videoPageSchema,
  videoPatchSchema,
  videoSchema,
  webhookStatusSchema,
} from "../../shared/wire/api.ts";
import {
  captionsListSchema,
  captionsSchema,
  newCaptionsSchema,
} from "../../shared/wire/captions.ts";
import { videoFilesSchema } from "../../shared/wire/files.ts";
import { coordinatorStatusSchema, jobStatusSchema } from "../../shared/wire/job-status.ts";
import {
  catalogueBackupSchema,
  newReportSchema,
  overviewSchema,
  reportsSchema,
  restoredSchema,
  siteRulesSchema,
} from "../../shared/wire/operator.ts";
import { newStoryboardSchema, picturesSchema } from "../../shared/wire/pictures.ts";
import {
  createPoolRequestSchema,
  createPoolResponseSchema,
  poolFactsSchema,
  poolLinkRequestSchema,
  poolLinkSchema,
  poolOverviewSchema,
  poolPatchSchema,
  poolTicketSchema,
} from "../../shared/wire/pool.ts";
import { problemSchema } from "../../shared/wire/problem.ts";
import { oembedSchema } from "../../shared/wire/published.ts";
import { EXAMPLES } from "./examples.ts";

/** The schemas that have a name in the document. Requests are parsed by the same schemas. */
export const NAMED_SCHEMAS: Readonly<Record<string, z.ZodType>> = {
  CreateUploadToken: uploadTokenRequestSchema,
  UploadToken: uploadTokenSchema,
  CreateUpload: createUploadRequestSchema,
  Upload: createUploadResponseSchema,
  UploadParts: uploadPartsRequestSchema,
  PartUrls: uploadPartsResponseSchema,
  CompleteUpload: completeUploadRequestSchema,
  CompletedUpload: completeUploadResponseSchema,
  AbortUpload: abortUploadRequestSchema,
  CreateWholeJob: createWholeJobRequestSchema,
  CreatePlannedJob: createPlannedJobRequestSchema,
  CreatedJob: createJobResponseSchema,
  JobStatus: jobStatusSchema,
  JobCounts: coordinatorStatusSchema,
  Share: shareRequestSchema,
  Shared: shareResponseSchema,
  SocketTicket: socketTicketSchema,
  WebhookStatus: webhookStatusSchema,
  Video: videoSchema,
  VideoPatch: videoPatchSchema,
  ChangedVideo: changedVideoSchema,
  LinkRequest: linkRequestSchema,
  VideoLink: videoLinkSchema,
  Unlock: unlockRequestSchema,
  VideoPage: videoPageSchema,
  Captions: captionsSchema,
  CaptionsList: captionsListSchema,
  NewCaptions: newCaptionsSchema,
  Pictures: picturesSchema,
  NewStoryboard: newStoryboardSchema,
  Mp4Status: mp4StatusSchema,
  VideoCheck: videoCheckSchema,
  VideoFiles: videoFilesSchema,
  OEmbed: oembedSchema,
  NewReport: newReportSchema,
  Overview: overviewSchema,
  Reports: reportsSchema,
  SiteRules: siteRulesSchema,
  CatalogueBackup: catalogueBackupSchema,
  Restored: restoredSchema,
  Site: siteSchema,
  CreatePool: createPoolRequestSchema,
  CreatedPool: createPoolResponseSchema,
  Pool: poolFactsSchema,
  PoolOverview: poolOverviewSchema,
  PoolPatch: poolPatchSchema,
  PoolLinkRequest: poolLinkRequestSchema,
  PoolLink: poolLinkSchema,
  PoolTicket: poolTicketSchema,
  Problem: problemSchema,
};

const NAMES = new Map(Object.entries(NAMED_SCHEMAS).map(([name, schema]) => [schema, name]));

/** `components.schemas` of the document. */
export function namedSchemas(): Record<string, Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(NAMED_SCHEMAS).map(([name, schema]) => {
      // Zod's JSON Schema omits examples for schemas with a transform, so they are added here.
      const examples = name in EXAMPLES ? [EXAMPLES[name]] : schema.meta()?.["examples"];
      return [name, { ...(examples ? { examples } : {}), ...jsonSchema(schema) }];
    }),
  );
}

/** A reference to a named schema. Other schemas are written out. */
export function schemaRef(schema: z.ZodType): Record<string, unknown> {
  const name = NAMES.get(schema);
  return name === undefined ? jsonSchema(schema) : { $ref: `#/components/schemas/${name}` };
}

/** JSON Schema of a schema's input (not of its output). */
export function jsonSchema(schema: z.ZodType): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "input", reused: "inline" });
  return rest;
}
