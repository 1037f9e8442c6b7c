import * as z from "zod/mini";
import { ERROR_CODES, type ErrorCode } from "../../shared/job/errors.ts";
import { VISIBILITIES } from "../../shared/wire/visibility.ts";
import type { ShareRequest, TrayEntry } from "./tray-entry.ts";

const requestSchema = z.object({
  visibility: z.enum(VISIBILITIES),
  // Not parsed in detail, because the edge parses them when they are sent.
  details: z.record(z.string(), z.unknown()),
  captions: z.array(z.record(z.string(), z.unknown())),
  trim: z.optional(
    z.nullable(z.object({ startTicks: z.number(), endTicks: z.nullable(z.number()) })),
  ),
  pool: z.optional(z.record(z.string(), z.unknown())),
});

const entrySchema = z.object({
  id: z.string(),
  name: z.string(),
  sizeBytes: z.number(),
  handle: z.catch(z.custom<FileSystemFileHandle | null>(isHandleOrNull), null),
  ladder: z.catch(
    z.nullable(z.array(z.object({ shortSide: z.number(), kilobitsPerSecond: z.number() }))),
    null,
  ),
  request: z.nullable(requestSchema),
  state: z.enum(["waiting", "working", "ready", "failed", "cancelled"]),
  jobId: z.nullable(z.string()),
  watchUrl: z.nullable(z.string()),
  error: z.nullable(
    z.object({
      code: z.enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]]),
      message: z.string(),
      retryable: z.boolean(),
    }),
  ),
});

/** The entries of an earlier visit's record, without those that cannot be read. */
export function readTray(record: unknown): TrayEntry[] {
  const parsed = z.object({ entries: z.array(z.unknown()) }).safeParse(record);
  if (!parsed.success) return [];
  return parsed.data.entries.flatMap((each) => {
    const entry = entrySchema.safeParse(each);
    if (!entry.success) {
      console.warn("A video of the list cannot be read and is forgotten:", entry.error);
      return [];
    }
    const { request } = entry.data;
    return [{ ...entry.data, request: request as ShareRequest | null }];
  });
}

function isHandleOrNull(value: unknown): boolean {
  if (value === null) return true;
  return typeof FileSystemFileHandle !== "undefined" && value instanceof FileSystemFileHandle;
}
