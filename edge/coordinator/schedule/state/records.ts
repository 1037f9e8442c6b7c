import { z } from "zod";
import { engineSchema, jobSettingsSchema, jobStateSchema } from "../../../../shared/job/job.ts";
import { noticeSchema } from "../../../../shared/job/notice.ts";
import { chunkInfoSchema, outputSchema } from "../../../../shared/wire/lease.ts";
import { errorCodeSchema, reasonSchema } from "../../../../shared/wire/problem.ts";
import { roleSchema } from "../../../../shared/wire/protocol.ts";
import { isProof, verificationSchema } from "../verify/verification.ts";

/**
 * Records of one job's coordinator. Each is stored as a row. Records are replaced, never changed in place. A field that
 * is added later has a default, for rows that were written before. Any other change of a record's shape needs a
 * migration (`edge/coordinator/migrations.ts`).
 */

const timeOrNull = z.number().nullable();

/** A server that was called: it is on its way, or connected. */
const serverCallSchema = z.object({ holderId: z.string(), dueAtMs: z.number() });
export type ServerCallRecord = z.infer<typeof serverCallSchema>;

/**
 * `catalog`: writes the job's row in D1. `assemble`: stores the final playlists. `cleanup`: an hour after the end,
 * deletes everything that the job no longer needs.
 */
const choreKindSchema = z.enum(["catalog", "assemble", "cleanup"]);
export type ChoreKind = z.infer<typeof choreKindSchema>;

/** Idempotent work. It is requested at `dueAtMs`, and repeated after a while until it is reported as done. */
const choreSchema = z.object({
  dueAtMs: z.number(),
  /** The chore was requested before. It is not known whether it was done. */
  asked: z.boolean().exactOptional(),
});

/** A job's record of a member of its pool, with the counts that the pool gets. */
const poolMemberSchema = z.object({
  memberId: z.string(),
  /** Number of proven results in earlier jobs, as stated by its pass. */
  proven: z.number(),
  /**
   * Counts in this job: proven results by kind of audit, results that could be neither proven nor rejected, proven
   * lies, failed attempts.
   */
  byHash: z.number().default(0),
  byPicture: z.number().default(0),
  disputes: z.number().default(0),
  lies: z.number().default(0),
  failures: z.number().default(0),
  /** Accepted results: frames, counted once for all renditions, and bytes of all renditions. */
  frames: z.number().default(0),
  bytes: z.number().default(0),
});
export type PoolMember = z.infer<typeof poolMemberSchema>;

/** The record of a contributor link, for the results of all its members. */
const linkRecordSchema = z.object({
  /** Lies that a trusted holder has proven. */
  lies: z.number(),
  /** Results that a trusted holder has proven right: in total, and since the last lie. */
  proven: z.number(),
  provenInARow: z.number(),
  /** The link had too many lies, and admits nobody any more. */
  isClosed: z.boolean(),
});
export type LinkRecord = z.infer<typeof linkRecordSchema>;
export const NEW_LINK: LinkRecord = { lies: 0, proven: 0, provenInARow: 0, isClosed: false };

export const jobRecordSchema = z.object({
  id: z.string(),
  state: jobStateSchema,
  error: reasonSchema.nullable(),
  /** Notices for people, about the source and about the work. */
  notices: z.array(noticeSchema),
  createdAtMs: z.number(),
  firstPlayableAtMs: timeOrNull,
  endedAtMs: timeOrNull,
  /** Bytes of the accepted media and init segments. */
  bytesStored: z.number(),
  /** Bytes of all chunks that have ever been offered. */
  chunkBytes: z.number().default(0),
  /** Bytes of all results that have ever been offered, by the hash of the holder's token. */
  uploadBytes: z.record(z.string(), z.number()).default({}),
  /** Bytes of all contributors' results together. */
  helperBytes: z.number().default(0),
  /** Number of tasks with a result, verified or not. */
  tasksDone: z.number(),
  settings: jobSettingsSchema,
  /** The title that the owner gave; null: it follows from the file's name. */
  title: z.string().nullable().default(null),
  /** The pool that helps; null: none. */
  pool: z
    .object({ id: z.string(), name: z.string(), sharePrivate: z.boolean() })
    .nullable()
    .default(null),
  /**
   * Origin of the site where the job was created. URLs that are signed without a request (by the queue or an alarm) get
   * this origin.
   */
  origin: z.string(),
  /** Whether this deployment has servers. */
  hasServers: z.boolean(),
  /** Number of the site's servers that the pool lends. */
  lentServers: z.number().default(0),
  /** Servers that were called, and the number of all calls so far. */
  serverCalls: z.array(serverCallSchema),
  serversCalled: z.number(),
  /** Since when no holder takes the work that is ready in storage; null while one does. */
  unattendedSinceMs: timeOrNull,
  /** A random secret of this job. Hashes that include it cannot be guessed. */
  seed: z.string(),
  /** Since when only audits are left that no connected holder can do; null otherwise. */
  unauditedSinceMs: timeOrNull,
  /** Whether that state has lasted too long. A trusted holder has to come, and may make again what it cannot verify. */
  awaitsTrusted: z.boolean().default(false),
  /** Record of each contributor link, by the hash of its token. */
  links: z.record(z.string(), linkRecordSchema).default({}),
  /** When to check again whether a lease needs a backup copy; null while no holder is free for one. */
  backupDueAtMs: timeOrNull,
  /** Since when no connected holder could continue the job; null while one can, and after the job's end. */
  stuckSinceMs: timeOrNull,
  /** Work of the platform that is still to be done, each kind at most once. */
  chores: z.partialRecord(choreKindSchema, choreSchema),
});
export type JobRecord = z.infer<typeof jobRecordSchema>;

export const taskRecordSchema = z.object({
  id: z.string(),
  /**
   * `ready`: any holder that has the chunk may take the task. Whether there is such a holder is shown by the view
   * (`waiting`).
   */
  state: z.enum(["ready", "leased", "backoff", "done", "failed"]),
  /** Number of failed attempts. */
  failures: z.number(),
  lastError: errorCodeSchema.nullable(),
  /** End of the backoff; 0 outside of it. */
  readyAtMs: z.number(),
  /** Number of leases granted so far, which is the number of the next one. */
  granted: z.number(),
  /** Ids of live leases. They make the task's result, or audit it if the task is done. */
  leases: z.array(z.string()),
  /** The task's result. */
  done: z
    .object({
      holderId: z.string(),
      leaseId: z.string(),
      engine: engineSchema,
      acceptedAtMs: z.number(),
    })
    .nullable(),
  verification: verificationSchema,
  /** SHA-256 of all chunks that have ever been offered for the task. */
  chunkHashes: z.array(z.string()).default([]),
  /** The chunk in storage, for holders without the source. */
  chunk: z
    .object({
      info: chunkInfoSchema,
      key: z.string(),
      md5: z.string(),
      /** False between the owner's offer and its message that storage has the chunk. */
      stored: z.boolean(),
    })
    .nullable(),
  /**
   * The owner's socket that was asked for the chunk. It is asked again after `dueAtMs`; null: the chunk was refused.
   */
  staging: z.object({ connectionId: z.string(), dueAtMs: timeOrNull }).nullable(),
});
export type TaskRecord = z.infer<typeof taskRecordSchema>;

/**
 * `hash`: a holder runs the task again, without being told that this is an audit. `picture`: a trusted holder decodes
 * the result and compares its frames with the source.
 */
export type Audit = "hash" | "picture";

export const leaseSchema = z.object({
  id: z.string(),
  taskId: z.string(),
  holderId: z.string(),
  /** What the holder has to do: make outputs, or compare a result's frames with the source. */
  purpose: z.enum(["make", "compare"]),
  /** Only a result of this engine is accepted; null: of any engine. */
  engine: engineSchema.nullable().default(null),
  /**
   * A random number in [0, 1), drawn when the lease was granted and never shown to anybody. The result is audited if
   * the chance of an audit is greater. 0 in older rows, which are always audited.
   */
  lot: z.number().default(0),
  /** Number of the attempt: the task's failed attempts before it, plus one. */
  attempt: z.number(),
  grantedAtMs: z.number(),
  /**
   * `working`: no offer yet. `offered`: URLs are being signed. `uploading`: the holder has the URLs. `checking`: the
   * gate reads the uploads, and the holder is no longer needed. `lost`: the holder fell silent or its socket closed; it
   * may resume the lease as long as nobody else has the task.
   */
  phase: z.enum(["working", "offered", "uploading", "checking", "lost"]),
  /** The outputs that the holder offered. */
  outputs: z.array(outputSchema).nullable(),
  /** Number of offers. The holder repeats the same offer to get new URLs. */
  offers: z.number().default(0),
  /** The facts of the holder's commit. */
  made: z
    .object({ engine: engineSchema, encodeMs: z.number(), notices: z.array(noticeSchema) })
    .nullable(),
  /** While checking: failed checks by the gate so far, and when to ask it again if it does not answer. */
  checks: z.number(),
  checkDueAtMs: z.number(),
  /** The stored sign of life. The last one is at most BEAT_RECORDED_EVERY_MS later; see `Beat`. */
  heardAtMs: z.number(),
});
export type Lease = z.infer<typeof leaseSchema>;

export const holderSchema = z.object({
  id: z.string(),
  role: roleSchema,
  /** Hash of the holder's token. Only connections with this token may act as the holder. */
  principal: z.string(),
  /** The holder's network as a salted hash; null: not known. */
  network: z.string().nullable().default(null),
  /** The id is the name that the holder sent, in rows from before the coordinator assigned ids. */
  isNamed: z.boolean().default(true),
  name: z.string(),
  device: z.string(),
  slots: z.number(),
  engines: z.array(engineSchema),
  hasSource: z.boolean(),
  /** Free slots that the holder reported, minus the leases granted since. */
  want: z.number(),
  /** Its connection; null when it has none. */
  connectionId: z.string().nullable(),
  /** A lease of the holder has expired since its last message. It gets no new leases until its next one. */
  silent: z.boolean(),
  /** Number of its results in a row that trusted holders have proven. */
  agreed: z.number(),
  /** Number of failures since its last accepted result; see faults.ts. */
  faults: z.number().default(0),
  /** Banned for a proven lie, by the owner, or after too many failures in a row. */
  banned: z.boolean(),
  tasksDone: z.number(),
  /**
   * Work of the video tasks that it made (`videoWorkTicks`), and the milliseconds that it reported for them. They give
   * its speed.
   */
  mediaTicks: z.number(),
  workMs: z.number(),
  /** Ticks per millisecond, estimated from the progress of its first task until that is done; 0: not known. */
  guessedSpeed: z.number().default(0),
  /** Null: the holder is not a member of a pool. */
  pool: poolMemberSchema.nullable().default(null),
});
export type Holder = z.infer<typeof holderSchema>;

/** The init segment of a rendition for an engine. For ffmpeg there is one: the first that was accepted. */
export const initRecordSchema = z.object({
  rendition: z.string(),
  engine: engineSchema,
  key: z.string(),
  sha256: z.string(),
  sizeBytes: z.number(),
  /** Id of the task whose result brought it. */
  taskId: z.string(),
});
export type InitRecord = z.infer<typeof initRecordSchema>;

/** Whether the holder is connected and not silent. An open socket alone may belong to a frozen machine. */
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

/** Whether a trusted holder has verified this result itself. */
export function isProven({ verification }: TaskRecord): boolean {
  return verification.state === "verified" && isProof(verification.by);
}
