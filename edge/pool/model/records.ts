import { z } from "zod";
import { engineSchema } from "../../../shared/job/job.ts";
import { poolRulesSchema, restReasonSchema } from "../../../shared/wire/pool.ts";

/** Records of a pool, each stored as a row. Fields that are added later have a default, for older rows. */

const timeOrNull = z.number().nullable();

export const poolRecordSchema = z.object({
  id: z.string(),
  name: z.string(),
  operatorTokenHash: z.string(),
  createdAtMs: z.number(),
  rules: poolRulesSchema,
  /** Where it was created: links name it. */
  origin: z.string(),
});
export type PoolRecord = z.infer<typeof poolRecordSchema>;

export const linkRecordSchema = z.object({
  id: z.string(),
  kind: z.enum(["join", "ask"]),
  /** Hex SHA-256 of its token. */
  tokenHash: z.string(),
  label: z.string(),
  createdAtMs: z.number(),
  expiresAtMs: z.number(),
  maxMembers: z.number(),
  /** By which jobs name whoever joined by it. Random hex: it opens nothing. */
  principal: z.string(),
  /** Proven lies and proven results of its members. */
  lies: z.number().default(0),
  proven: z.number().default(0),
  /** Nobody joins or asks by it any more. */
  isClosed: z.boolean().default(false),
});
export type LinkRecord = z.infer<typeof linkRecordSchema>;

export const memberRecordSchema = z.object({
  /** Hash of its public key. */
  id: z.string(),
  linkId: z.string(),
  name: z.string(),
  device: z.string(),
  firstSeenAtMs: z.number(),
  lastSeenAtMs: z.number(),
  /** Proven results at `provenAtMs`; they count less as they age: see `provenNow`. */
  proven: z.number().default(0),
  provenAtMs: z.number().default(0),
  byHash: z.number().default(0),
  byPicture: z.number().default(0),
  disputes: z.number().default(0),
  lies: z.number().default(0),
  bannedAtMs: timeOrNull.default(null),
  jobs: z.number().default(0),
  tasks: z.number().default(0),
  mediaSeconds: z.number().default(0),
  frames: z.number().default(0),
  bytes: z.number().default(0),
  /** All its work: pixels encoded, and the time that took in its encoders. */
  pixels: z.number().default(0),
  workMs: z.number().default(0),
});
export type MemberRecord = z.infer<typeof memberRecordSchema>;

/** Counts of one member's work on one job, from its beginning. */
export const workSchema = z.object({
  memberId: z.string(),
  tasks: z.number(),
  mediaSeconds: z.number(),
  frames: z.number(),
  bytes: z.number(),
  pixels: z.number(),
  workMs: z.number(),
  byHash: z.number(),
  byPicture: z.number(),
  disputes: z.number(),
  lies: z.number(),
  /** Failed attempts. */
  failures: z.number(),
});
export type Work = z.infer<typeof workSchema>;

export const jobRecordSchema = z.object({
  id: z.string(),
  title: z.string(),
  /** The link for owners that it came by, and the owner by that link. */
  linkId: z.string(),
  ownerId: z.string(),
  askedAtMs: z.number(),
  endedAtMs: timeOrNull.default(null),
  /** When its coordinator was last heard. */
  heardAtMs: z.number(),
  /** Output pixels of a second of video, over all renditions. */
  pixelsPerSecond: z.number().default(0),
  totalSeconds: z.number().default(0),
  remainingSeconds: z.number().default(0),
  /** Tasks that nobody has, and those that members of the pool have. */
  openTasks: z.number().default(0),
  takenTasks: z.number().default(0),
  /** Pixels a second whose chunks the owner's uplink brings; null: not known. */
  uplinkPixels: timeOrNull.default(null),
  /** Pixels of chunks that lie in storage and nobody has taken. */
  storedPixels: z.number().default(0),
  /** Pixels a second of holders that are not of the pool. */
  ownPixels: z.number().default(0),
  /** Only a browser's own codecs decode its source. */
  needsBrowser: z.boolean().default(false),
  work: z.array(workSchema).default([]),
});
export type JobRecord = z.infer<typeof jobRecordSchema>;

/** A member's socket, kept over hibernation with the socket itself. */
export const presenceSchema = z.object({
  memberId: z.string(),
  slots: z.number(),
  rests: restReasonSchema.nullable(),
  engines: z.array(engineSchema),
  jobId: z.string().nullable(),
  assignedAtMs: z.number(),
  /** Jobs that refused it, not to be given to it again before this time. */
  refused: z.array(z.object({ jobId: z.string(), untilMs: z.number() })).default([]),
});
export type Presence = z.infer<typeof presenceSchema>;

/** Without new proofs a record counts half after this time. */
const HALF_LIFE_MS = 30 * 86_400_000;
/** Most proven results that count: more would only delay the effect of age. */
const MOST_PROVEN = 1_000;

/** Proven results of a member as they count now: a machine that was not seen for long is a newcomer again. */
export function provenNow(
  { proven, provenAtMs }: Pick<MemberRecord, "proven" | "provenAtMs">,
  nowMs: number,
): number {
  const age = Math.max(0, nowMs - provenAtMs);
  return Math.min(MOST_PROVEN, proven) * 0.5 ** (age / HALF_LIFE_MS);
}

/** Pixels a millisecond in one encoder; null before its first result. */
export function pixelsPerMs({ pixels, workMs }: MemberRecord): number | null {
  return workMs > 0 && pixels > 0 ? pixels / workMs : null;
}

/** A member's work on a job since the previous count. */
export function added(now: Work, before: Work | undefined): Work {
  const difference = { ...now };
  if (before === undefined) return difference;
  for (const key of COUNTS) difference[key] = Math.max(0, now[key] - before[key]);
  return difference;
}

const COUNTS = [
  "tasks",
  "mediaSeconds",
  "frames",
  "bytes",
  "pixels",
  "workMs",
  "byHash",
  "byPicture",
  "disputes",
  "lies",
  "failures",
] as const satisfies readonly (keyof Work)[];
