import { z } from "zod";
import { engineSchema } from "../../../shared/job/job.ts";
import { poolRulesSchema, restReasonSchema } from "../../../shared/wire/pool.ts";

/** Records of a pool. Each is stored as a row. Fields that are added later have a default, for older rows. */

const timeOrNull = z.number().nullable();

export const poolRecordSchema = z.object({
  id: z.string(),
  name: z.string(),
  operatorTokenHash: z.string(),
  createdAtMs: z.number(),
  rules: poolRulesSchema.extend({ servers: poolRulesSchema.shape.servers.default(0) }),
  /** Origin of the site where the pool was created. Links have it. */
  origin: z.string(),
});
export type PoolRecord = z.infer<typeof poolRecordSchema>;

export const linkRecordSchema = z.object({
  id: z.string(),
  kind: z.enum(["join", "ask"]),
  /** SHA-256 of its token in hex. */
  tokenHash: z.string(),
  label: z.string(),
  createdAtMs: z.number(),
  expiresAtMs: z.number(),
  maxMembers: z.number(),
  /** Principal of the link's members in jobs. Random hex, which is no token. */
  principal: z.string(),
  /** Number of proven lies and of proven results of its members. */
  lies: z.number().default(0),
  proven: z.number().default(0),
  /** Whether the link is closed, so that nobody can join or ask by it. */
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
  /** Number of proven results at the time `provenAtMs`. They count less as they age (`provenNow`). */
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
  /** All of its work: pixels encoded, and the milliseconds that its encoders took. */
  pixels: z.number().default(0),
  workMs: z.number().default(0),
});
export type MemberRecord = z.infer<typeof memberRecordSchema>;

/** Counts of one member's work on one job, since the job's start. */
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
  /** The link for owners by which the job asked, and its owner. */
  linkId: z.string(),
  ownerId: z.string(),
  askedAtMs: z.number(),
  endedAtMs: timeOrNull.default(null),
  /** When its coordinator last reported. */
  heardAtMs: z.number(),
  /** Output pixels per second of video, over all renditions. */
  pixelsPerSecond: z.number().default(0),
  totalSeconds: z.number().default(0),
  remainingSeconds: z.number().default(0),
  /** Number of tasks without a lease, and of those leased to members of the pool. */
  openTasks: z.number().default(0),
  takenTasks: z.number().default(0),
  /** Rate at which the owner uploads chunks, in output pixels per second; null: not known. */
  uplinkPixels: timeOrNull.default(null),
  /** Output pixels of chunks in storage whose tasks have no lease. */
  storedPixels: z.number().default(0),
  /** Speed of the holders that are not from the pool, in pixels per second. */
  ownPixels: z.number().default(0),
  /** Whether only a browser's own codecs decode the source. */
  needsBrowser: z.boolean().default(false),
  /** Servers of the site may be lent to it. */
  takesServers: z.boolean().default(false),
  work: z.array(workSchema).default([]),
});
export type JobRecord = z.infer<typeof jobRecordSchema>;

/** A server of the site that helps as a member does. */
export const serverRecordSchema = z.object({
  id: z.string(),
  /** The job that it is lent to; null: none. */
  jobId: z.string().nullable(),
  assignedAtMs: z.number(),
});
export type ServerRecord = z.infer<typeof serverRecordSchema>;

/** The data of a connected member. Its socket keeps them during hibernation. */
export const presenceSchema = z.object({
  memberId: z.string(),
  slots: z.number(),
  rests: restReasonSchema.nullable(),
  engines: z.array(engineSchema),
  jobId: z.string().nullable(),
  assignedAtMs: z.number(),
  /** Jobs that refused the member. It is not assigned to them again before `untilMs`. */
  refused: z.array(z.object({ jobId: z.string(), untilMs: z.number() })).default([]),
});
export type Presence = z.infer<typeof presenceSchema>;

/** Without new proofs, a member's proven results count half after this time. */
const HALF_LIFE_MS = 30 * 86_400_000;
/** The most proven results that count. More would only delay the effect of age. */
const MOST_PROVEN = 1_000;

/** Number of a member's proven results, reduced by age. A machine that was not seen for long is like a new member. */
export function provenNow(
  { proven, provenAtMs }: Pick<MemberRecord, "proven" | "provenAtMs">,
  nowMs: number,
): number {
  const age = Math.max(0, nowMs - provenAtMs);
  return Math.min(MOST_PROVEN, proven) * 0.5 ** (age / HALF_LIFE_MS);
}

/** Pixels that one encoder makes per millisecond; null before the first result. */
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
