import * as z from "zod/mini";
import { DEFAULT_VISIBILITY, VISIBILITIES } from "../../shared/wire/visibility.ts";
import type { ResumableJob } from "../owner/owner-api.ts";
import { SCHEMA_VERSION, type StoredJob } from "./stored-job.ts";

const jobSchema: z.ZodMiniType<ResumableJob> = z.object({
  jobId: z.string(),
  ownerToken: z.string(),
  fileName: z.string(),
  fingerprint: z.string(),
  content: z._default(z.nullable(z.string()), null),
  sizeBytes: z.number(),
  ladder: z.array(z.object({ shortSide: z.number(), kilobitsPerSecond: z.number() })),
  createdAtMs: z.number(),
  planSlots: z._default(z.int(), 1),
  audio: z._default(
    z.object({
      kilobitsPerSecond: z.optional(z.int()),
      loudness: z.optional(z.boolean()),
      surround: z.optional(z.boolean()),
      measured: z.optional(
        z.array(
          z.object({
            track: z.int(),
            channels: z.int(),
            lufs: z.nullable(z.number()),
            peakDbtp: z.nullable(z.number()),
          }),
        ),
      ),
    }),
    {},
  ),
  engine: z._default(z.nullable(z.enum(["auto", "ffmpeg", "webcodecs", "server"])), null),
  usesServers: z._default(z.nullable(z.boolean()), null),
  visibility: z._default(z.enum(VISIBILITIES), DEFAULT_VISIBILITY),
  trim: z._default(
    z.nullable(z.object({ startTicks: z.number(), endTicks: z.nullable(z.number()) })),
    null,
  ),
  picture: z.catch(z.nullable(z.instanceof(Blob)), null),
});

const recordSchema = z.object({
  schemaVersion: z._default(z.int(), 0),
  job: jobSchema,
  // An invalid handle counts as none: the person picks the file again, and the job is not lost.
  handle: z.catch(z.custom<FileSystemFileHandle | null>(isHandleOrNull), null),
});

/** A record of the store after reading: usable, written by a later build, or unreadable. */
export type StoredRecord =
  | { state: "usable"; stored: StoredJob }
  | { state: "later" }
  | { state: "unreadable"; reason: string };

/** Parses a record. Never throws, whatever an earlier build or a full disk has left. */
export function readRecord(record: unknown): StoredRecord {
  const parsed = recordSchema.safeParse(record);
  if (parsed.success) {
    const { schemaVersion, job, handle } = parsed.data;
    if (schemaVersion > SCHEMA_VERSION) return { state: "later" };
    return { state: "usable", stored: { job, handle } };
  }
  const version = z.object({ schemaVersion: z.int() }).safeParse(record);
  if (version.success && version.data.schemaVersion > SCHEMA_VERSION) return { state: "later" };
  return { state: "unreadable", reason: z.prettifyError(parsed.error) };
}

function isHandleOrNull(value: unknown): boolean {
  if (value === null) return true;
  return typeof FileSystemFileHandle !== "undefined" && value instanceof FileSystemFileHandle;
}
