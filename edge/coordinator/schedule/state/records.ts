import { z } from "zod";
import { engineSchema, jobSettingsSchema, jobStateSchema } from "../../../../shared/job/job.ts";
import { noticeSchema } from "../../../../shared/job/notice.ts";
import { chunkInfoSchema, outputSchema } from "../../../../shared/wire/lease.ts";
import { errorCodeSchema, reasonSchema } from "../../../../shared/wire/problem.ts";
import { roleSchema } from "../../../../shared/wire/protocol.ts";
import { isProof, verificationSchema } from "../verify/verification.ts";

/**
 * Records of one job's coordinator, each stored as a row. Records are replaced, never changed in place. A
 * field that is added later has a default, for rows that were written before; any other change of a shape
 * is a migration (`edge/coordinator/migrations.ts`).
 */

const timeOrNull = z.number().nullable();

/** A server that was asked to come: it is on its way, or here. */
const serverCallSchema = z.object({ holderId: z.string(), dueAtMs: z.number() });
export type ServerCallRecord = z.infer<typeof serverCallSchema>;

/**
 * `catalog`: the job's row in D1. `assemble`: the final playlists into storage.
 * `cleanup`: an hour after the end, all that the job no longer needs.
 */
const choreKindSchema = z.enum(["catalog", "assemble", "cleanup"]);
export type ChoreKind = z.infer<typeof choreKindSchema>;

/** Idempotent work: asked for at `dueAtMs`, and again after a while until it is reported done. */
const choreSchema = z.object({
  dueAtMs: z.number(),
  /** It was asked for before; nobody knows whether it was done. */
  asked: z.boolean().exactOptional(),
});

/** Results of all members of one contributor link, counted. */
/** A job's record of a member of its pool, with the counts that the pool gets. */
const poolMemberSchema = z.object({
  memberId: z.string(),
  /** Results of earlier jobs that somebody trusted has proven; it came with them. */
  proven: z.number(),
  /** Counts of this job: audits by kind, results that nobody could tell about, proven lies, failed attempts. */
  byHash: z.number().default(0),
  byPicture: z.number().default(0),
  disputes: z.number().default(0),
  lies: z.number().default(0),
  failures: z.number().default(0),
  /** Accepted: frames of the largest rendition, and bytes of all. */
  frames: z.number().default(0),
  bytes: z.number().default(0),
});
export type PoolMember = z.infer<typeof poolMemberSchema>;

const linkRecordSchema = z.object({
  /** Lies that somebody trusted has proven. */
  lies: z.number(),
  /** Results that somebody trusted has proven right: in all, and since the last lie. */
  proven: z.number(),
  provenInARow: z.number(),
  /** Too many lies: nobody comes by it any more. */
  isClosed: z.boolean(),
});
export type LinkRecord = z.infer<typeof linkRecordSchema>;
export const NEW_LINK: LinkRecord = { lies: 0, proven: 0, provenInARow: 0, isClosed: false };

export const jobRecordSchema = z.object({
  id: z.string(),
  state: jobStateSchema,
  error: reasonSchema.nullable(),
  /** Notices for people: of the source, and of the work. */
  notices: z.array(noticeSchema),
  createdAtMs: z.number(),
  firstPlayableAtMs: timeOrNull,
  endedAtMs: timeOrNull,
  /** Accepted media and init segments. */
  bytesStored: z.number(),
  /** Bytes of all chunks that were ever offered. */
  chunkBytes: z.number().default(0),
  /** Bytes of all results that were offered, by the token (as a hash) that their holders came with. */
  uploadBytes: z.record(z.string(), z.number()).default({}),
  /** Bytes of all contributors' results together. */
  helperBytes: z.number().default(0),
  /** Results that count, verified or not. */
  tasksDone: z.number(),
  settings: jobSettingsSchema,
  /** As its owner gave it, for everybody; null: by its file's name. */
  title: z.string().nullable().default(null),
  /** The pool that helps; null: none does. */
  pool: z
    .object({ id: z.string(), name: z.string(), sharePrivate: z.boolean() })
    .nullable()
    .default(null),
  /** Where it was created: what has no request of its own (queue, alarm) is signed for there. */
  origin: z.string(),
  /** This deployment has servers. */
  hasServers: z.boolean(),
  /** Servers that were asked to come, and how many ever were. */
  serverCalls: z.array(serverCallSchema),
  serversCalled: z.number(),
  /** Since when nobody takes work that lies ready in storage; null while somebody does. */
  unattendedSinceMs: timeOrNull,
  /** Drawn for this job, and nobody outside knows it: what is hashed with it cannot be guessed. */
  seed: z.string(),
  /** Since when nothing is left but audits that nobody can do; null otherwise. */
  unauditedSinceMs: timeOrNull,
  /** That lasted: somebody trusted has to come, and may make anew what it cannot verify. */
  awaitsTrusted: z.boolean().default(false),
  /** Counts of each contributor link's results, by the hash of its token. */
  links: z.record(z.string(), linkRecordSchema).default({}),
  /** When to look again whether a lease needs a backup copy; null while nobody is free for it. */
  backupDueAtMs: timeOrNull,
  /** Since when no holder is there that could go on; null while one is, and after the end. */
  stuckSinceMs: timeOrNull,
  /** Work outside of the coordinator that is still to be done, each kind at most once. */
  chores: z.partialRecord(choreKindSchema, choreSchema),
});
export type JobRecord = z.infer<typeof jobRecordSchema>;

export const taskRecordSchema = z.object({
  id: z.string(),
  /** `ready` for whoever has the chunk: whether that is anybody (`waiting`) is a matter of the view. */
  state: z.enum(["ready", "leased", "backoff", "done", "failed"]),
  /** Attempts that were the task's own failure. */
  failures: z.number(),
  lastError: errorCodeSchema.nullable(),
  /** End of the backoff; 0 outside of it. */
  readyAtMs: z.number(),
  /** Leases ever granted: the next one's number. */
  granted: z.number(),
  /** Live leases: of a done task they audit its result, otherwise they make it. */
  leases: z.array(z.string()),
  /** The result that counts. */
  done: z
    .object({
      holderId: z.string(),
      leaseId: z.string(),
      engine: engineSchema,
      acceptedAtMs: z.number(),
    })
    .nullable(),
  verification: verificationSchema,
  /** SHA-256 of all chunks that were ever offered for it. */
  chunkHashes: z.array(z.string()).default([]),
  /** Where holders without the source get the chunk from. */
  chunk: z
    .object({
      info: chunkInfoSchema,
      key: z.string(),
      md5: z.string(),
      /** False between the owner's offer and its word that storage has it. */
      stored: z.boolean(),
    })
    .nullable(),
  /** The owner's socket was asked for the chunk; asked again when that is over. Null: its chunk was refused. */
  staging: z.object({ connectionId: z.string(), dueAtMs: timeOrNull }).nullable(),
});
export type TaskRecord = z.infer<typeof taskRecordSchema>;

/**
 * `hash`: runs the task again, and its holder does not know that it is compared. `picture`: somebody
 * trusted decodes the result and compares what it shows with the source.
 */
export type Audit = "hash" | "picture";

export const leaseSchema = z.object({
  id: z.string(),
  taskId: z.string(),
  holderId: z.string(),
  /** The task of the holder: to make outputs, or to compare a result's pictures with the source. */
  purpose: z.enum(["make", "compare"]),
  /** Only a result of this engine counts; null: of any. */
  engine: engineSchema.nullable().default(null),
  /**
   * In [0, 1), drawn by lot when it was granted and told to nobody: its result is audited where the chance
   * of an audit is greater. Of a row from before lots were drawn: always.
   */
  lot: z.number().default(0),
  /** From 1; failed attempts of the task before this one, plus one. */
  attempt: z.number(),
  grantedAtMs: z.number(),
  /**
   * `working`: no offer yet. `offered`: URLs are being signed. `uploading`: the holder has them.
   * `checking`: the gate reads what was uploaded; the holder is no longer needed.
   * `lost`: the holder fell silent or its socket closed; it may take it up again while nobody else has the task.
   */
  phase: z.enum(["working", "offered", "uploading", "checking", "lost"]),
  /** The outputs that the holder offered. */
  outputs: z.array(outputSchema).nullable(),
  /** How often it came: again for fresh URLs, the same each time. */
  offers: z.number().default(0),
  /** The facts of the holder's commit. */
  made: z
    .object({ engine: engineSchema, encodeMs: z.number(), notices: z.array(noticeSchema) })
    .nullable(),
  /** While checking: asks of the gate so far, and when to ask again if it stays silent. */
  checks: z.number(),
  checkDueAtMs: z.number(),
  /** A sign of life, at most BEAT_RECORDED_EVERY_MS older than the last one; see `Beat`. */
  heardAtMs: z.number(),
});
export type Lease = z.infer<typeof leaseSchema>;

export const holderSchema = z.object({
  id: z.string(),
  role: roleSchema,
  /** The token it came with, as a hash: nobody else may speak for it. */
  principal: z.string(),
  /** Its network, as a salted hash; null: nobody knows. */
  network: z.string().nullable().default(null),
  /** Its id is the name that it gave itself: of rows from before ids were given. */
  isNamed: z.boolean().default(true),
  name: z.string(),
  device: z.string(),
  slots: z.number(),
  engines: z.array(engineSchema),
  hasSource: z.boolean(),
  /** Free places it told of that were not filled since. */
  want: z.number(),
  /** Its socket; null when it has none. */
  connectionId: z.string().nullable(),
  /** A lease of it ran out since it was heard last: gets nothing new until it speaks. */
  silent: z.boolean(),
  /** Results in a row that somebody trusted has proven. */
  agreed: z.number(),
  /** Failures since its last accepted result; see faults.ts. */
  faults: z.number().default(0),
  /** Caught lying, sent away by the owner, or because it only ever failed. */
  banned: z.boolean(),
  tasksDone: z.number(),
  /** Work of the video made (`videoWorkTicks`), and the time it says it took, for its speed. */
  mediaTicks: z.number(),
  workMs: z.number(),
  /** Ticks a millisecond by the progress of its first task, until that is done; 0: nothing is known. */
  guessedSpeed: z.number().default(0),
  /** Null: it is no member of a pool. */
  pool: poolMemberSchema.nullable().default(null),
});
export type Holder = z.infer<typeof holderSchema>;

/** The init segment of a rendition for an engine class; of ffmpeg's there is one, the first accepted. */
export const initRecordSchema = z.object({
  rendition: z.string(),
  engine: engineSchema,
  key: z.string(),
  sha256: z.string(),
  sizeBytes: z.number(),
  /** The task whose result brought it. */
  taskId: z.string(),
});
export type InitRecord = z.infer<typeof initRecordSchema>;

/** Whether the holder is connected and speaks: an open socket alone may be that of a frozen machine. */
export function isHeard({ connectionId, silent }: Holder): boolean {
  return connectionId !== null && !silent;
}

/** How many tasks these holders can make at once. */
export function slotsOf(holders: readonly Holder[]): number {
  return holders.reduce((sum, { slots }) => sum + slots, 0);
}

/** Whether the lease needs its holder's heartbeat. */
export function needsHolder({ phase }: Lease): boolean {
  return phase === "working" || phase === "offered" || phase === "uploading";
}

/** Whether the task has a result that no playlist may show yet. */
export function isUnclear({ done, verification }: TaskRecord): boolean {
  return done !== null && verification.state !== "verified";
}

/** Whether somebody trusted has looked at the task's result itself. */
export function isProven({ verification }: TaskRecord): boolean {
  return verification.state === "verified" && isProof(verification.by);
}
