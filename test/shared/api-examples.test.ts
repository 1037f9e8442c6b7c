import { expect, test } from "vitest";
import type { z } from "zod";
import * as api from "../../shared/wire/api.ts";
import { newStoryboardSchema } from "../../shared/wire/pictures.ts";

// The examples of request bodies in the API's document have to be valid.

const BODIES: Record<string, z.ZodType> = {
  createUpload: api.createUploadRequestSchema,
  uploadParts: api.uploadPartsRequestSchema,
  completeUpload: api.completeUploadRequestSchema,
  abortUpload: api.abortUploadRequestSchema,
  createWholeJob: api.createWholeJobRequestSchema,
  videoPatch: api.videoPatchSchema,
  link: api.linkRequestSchema,
  unlock: api.unlockRequestSchema,
  storyboard: newStoryboardSchema,
  share: api.shareRequestSchema,
};

test.each(Object.entries(BODIES))("%s has an example that is taken as it stands", (_, schema) => {
  const examples = schema.meta()?.["examples"];
  expect(examples).toHaveLength(1);
  for (const example of examples as unknown[]) expect(schema.parse(example)).toEqual(example);
});
