import { z } from "zod";
import { ERROR_CODES, type ErrorCode } from "../job/errors.ts";

export const errorCodeSchema = z.enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]]);

/** Why something failed, for programs and for people. */
export const reasonSchema = z.object({ code: errorCodeSchema, message: z.string() });
export type Reason = z.infer<typeof reasonSchema>;

/** RFC 9457 problem details. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: errorCodeSchema,
  detail: z.string(),
});
export type Problem = z.infer<typeof problemSchema>;
