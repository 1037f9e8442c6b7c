import { z } from "zod";
import { engineSchema } from "../job/job.ts";
import { hex64Schema, idSchema } from "./formats.ts";
import { errorCodeSchema } from "./problem.ts";

/**
 * Pools: groups of machines that join once and then help with many videos. This file has the messages between a member
 * and its pool, and the bodies of `/api/pools`.
 */

/** Raise this version with each change after which older members no longer work. */
export const POOL_PROTOCOL_VERSION = 1;
/** A member's public key: ECDSA P-256 as SPKI, in base64url. */
const publicKeySchema = z.string().regex(/^[A-Za-z0-9_-]{100,200}$/);
/** A signature by ECDSA P-256 with SHA-256: r followed by s (IEEE P1363), in base64url. */
const signatureSchema = z.string().regex(/^[A-Za-z0-9_-]{80,100}$/);
const slots = z.int().min(0).max(64);

/** Text that a member signs to prove that a public key is its own; valid for one socket of one pool. */
export function signedText(poolId: string, nonce: string): string {
  return `tributary pool hello\n${poolId}\n${nonce}`;
}

/** Why a member accepts no work at the moment. */
export const restReasonSchema = z.enum(["paused", "hours", "data", "battery", "active", "device"]);
export type RestReason = z.infer<typeof restReasonSchema>;

/** Messages of a member to its pool. The text "ping" is answered by "pong" without waking the pool. */
export const memberMessageSchema = z.discriminatedUnion("type", [
  /** The answer to `challenge`. */
  z.object({
    type: z.literal("hello"),
    protocolVersion: z.int(),
    publicKey: publicKeySchema,
    signature: signatureSchema,
    name: z.string().max(60),
    device: z.string().max(60),
    engines: z.array(engineSchema).max(3),
    /** Encoders at a time; 0: it accepts no work, for the reason in `rests`. */
    slots,
    rests: restReasonSchema.nullable(),
    /** The job that it still works on after a lost connection. */
    jobId: idSchema.nullable(),
  }),
  z.object({ type: z.literal("slots"), slots, rests: restReasonSchema.nullable() }),
  /** The member's work on the job is over: the job has ended (null), or has refused the member with this code. */
  z.object({ type: z.literal("left"), jobId: idSchema, code: errorCodeSchema.nullable() }),
  /** The member's pass expires soon. Answered by `pass` as long as the member is assigned to the job. */
  z.object({ type: z.literal("renew"), jobId: idSchema }),
]);
export type MemberMessage = z.infer<typeof memberMessageSchema>;

/** The work that a member has done for a pool so far. */
export const givenSchema = z.object({
  jobs: z.int(),
  tasks: z.int(),
  /** Video made, in seconds. */
  mediaSeconds: z.number(),
  frames: z.int(),
  /** Bytes of the results that it offered for upload. */
  bytes: z.number(),
});
export type Given = z.infer<typeof givenSchema>;

/** Messages of a pool to a member. */
export const poolMessageSchema = z.discriminatedUnion("type", [
  /** The first thing said on each socket. */
  z.object({ type: z.literal("challenge"), nonce: z.string(), poolId: idSchema }),
  z.object({
    type: z.literal("welcome"),
    memberId: idSchema,
    poolName: z.string(),
    given: givenSchema,
  }),
  /** The member helps with this job from now on. It first finishes what it began for another job. */
  z.object({
    type: z.literal("assign"),
    jobId: idSchema,
    title: z.string(),
    /** Admits the member to this job, like a contributor link's token. */
    pass: z.string(),
    passEndsAtMs: z.number(),
  }),
  z.object({
    type: z.literal("pass"),
    jobId: idSchema,
    pass: z.string(),
    passEndsAtMs: z.number(),
  }),
  /** The member takes no new tasks of any job. It finishes what it began. */
  z.object({ type: z.literal("rest") }),
  z.object({ type: z.literal("given"), given: givenSchema }),
  z.object({ type: z.literal("error"), code: errorCodeSchema, message: z.string() }),
]);
export type PoolMessage = z.infer<typeof poolMessageSchema>;

/** The part of a request for a new job that asks a pool for help. */
export const poolAskSchema = z.object({
  poolId: idSchema,
  /** The text after `#` in the pool's link for owners. */
  token: z.string().min(1).max(400),
  /**
   * A random text that a browser or program keeps. Jobs with the same text count as one owner's, and owners share the
   * pool equally. Default: the network address of the request.
   */
  requester: z.string().min(8).max(100).optional(),
  /** The owner agrees that chunks of a private video go to the pool's machines. */
  sharePrivate: z.boolean().optional(),
});
export type PoolAsk = z.infer<typeof poolAskSchema>;

const poolName = z.string().trim().min(1).max(60);
const linkKindSchema = z.enum(["join", "ask"]);
export type PoolLinkKind = z.infer<typeof linkKindSchema>;

/** Rules of a pool, which its operator sets. */
export const poolRulesSchema = z.object({
  /** The most members that are connected at the same time. */
  maxMembers: z.int().min(1).max(1_000),
  /** The most jobs of one owner that wait for the pool at the same time. */
  maxJobsEach: z.int().min(1).max(100),
  /** Servers of the site that help the pool's jobs as members do. */
  servers: z.int().min(0).max(4),
});
export type PoolRules = z.infer<typeof poolRulesSchema>;
export const DEFAULT_POOL_RULES: PoolRules = { maxMembers: 500, maxJobsEach: 20, servers: 0 };

/** `POST /api/pools` */
export const createPoolRequestSchema = z
  .object({ name: poolName, rules: poolRulesSchema.partial().optional() })
  .meta({ examples: [{ name: "Media club" }] });
export const createPoolResponseSchema = z.object({
  poolId: idSchema,
  operatorToken: z.string(),
  /** The operator's page; the token stands behind `#`. */
  operatorUrl: z.string(),
  /** The link by which members join. It is valid for a year, for as many members as the rules allow. */
  joinUrl: z.string(),
  /** The link by which owners of videos ask for help. */
  askUrl: z.string(),
});
export type CreatePoolResponse = z.infer<typeof createPoolResponseSchema>;

/** `PATCH /api/pools/:id`, with the operator's token. */
export const poolPatchSchema = z
  .object({ name: poolName.optional(), rules: poolRulesSchema.partial().optional() })
  .meta({ examples: [{ rules: { maxMembers: 40 } }] });
export type PoolPatch = z.infer<typeof poolPatchSchema>;

/** `POST /api/pools/:id/links`, with the operator's token. */
export const poolLinkRequestSchema = z
  .object({
    kind: linkKindSchema,
    /** A name for the operator's page, such as "Class 7b". */
    label: z.string().trim().max(60).default(""),
    /** Up to two years; default: a year. */
    expiresInDays: z.int().min(1).max(730).default(365),
    /** The most members that are connected by this link at the same time. Ignored for links for owners. */
    maxMembers: z.int().min(1).max(1_000).default(500),
  })
  .meta({ examples: [{ kind: "join", label: "Class 7b", maxMembers: 30 }] });
export type PoolLinkRequest = z.input<typeof poolLinkRequestSchema>;
/** A link of a pool, for members (`join`) or for owners of videos (`ask`). */
export const poolLinkSchema = z.object({
  linkId: idSchema,
  kind: linkKindSchema,
  label: z.string(),
  url: z.string(),
  expiresAtMs: z.number(),
});
export type PoolLink = z.infer<typeof poolLinkSchema>;

/** `GET /api/pools/:id`, with any token of the pool. */
export const poolFactsSchema = z.object({
  poolId: idSchema,
  name: z.string(),
  /** Members that are connected, and how many of them are working. */
  members: z.int(),
  working: z.int(),
  /** Jobs that have asked for help and have not ended. */
  jobs: z.int(),
});
export type PoolFacts = z.infer<typeof poolFactsSchema>;

const memberViewSchema = z.object({
  memberId: idSchema,
  name: z.string(),
  device: z.string(),
  linkId: z.string(),
  connected: z.boolean(),
  slots: z.int(),
  rests: restReasonSchema.nullable(),
  /** The job that it helps with. */
  jobId: z.string().nullable(),
  firstSeenAtMs: z.number(),
  lastSeenAtMs: z.number(),
  given: givenSchema,
  /** Pixels that one encoder makes per second of work; null: not known yet. */
  pixelsPerSecond: z.number().nullable(),
  record: z.object({
    /** Proven results, of which older ones count less. */
    proven: z.number(),
    byHash: z.int(),
    byPicture: z.int(),
    disputes: z.int(),
    lies: z.int(),
  }),
  bannedAtMs: z.number().nullable(),
});
const queuedJobSchema = z.object({
  jobId: idSchema,
  title: z.string(),
  ownerId: z.string(),
  askedAtMs: z.number(),
  /** Null while the job is running. */
  endedAtMs: z.number().nullable(),
  totalSeconds: z.number(),
  /** Seconds of video that are still to be made. */
  remainingSeconds: z.number(),
  members: z.int(),
  failures: z.int(),
});
/** A sample of the pool's state, taken every five minutes. */
const poolSampleSchema = z.object({
  atMs: z.number(),
  members: z.int(),
  working: z.int(),
  jobs: z.int(),
});
export type PoolSample = z.infer<typeof poolSampleSchema>;

/** `GET /api/pools/:id/overview`, with the operator's token. */
export const poolOverviewSchema = poolFactsSchema.extend({
  createdAtMs: z.number(),
  rules: poolRulesSchema,
  /** Servers of the site that are lent to a job now. */
  serversAtWork: z.int(),
  links: z.array(
    poolLinkSchema.omit({ url: true }).extend({
      /** Members that ever joined by it; those that may at the same time. */
      members: z.int(),
      maxMembers: z.int(),
      lies: z.int(),
      isClosed: z.boolean(),
    }),
  ),
  memberList: z.array(memberViewSchema),
  queue: z.array(queuedJobSchema),
  /** For each owner: the number of jobs, and the seconds of video that the pool made for them. */
  owners: z.array(
    z.object({
      ownerId: z.string(),
      linkId: z.string(),
      jobs: z.int(),
      mediaSeconds: z.number(),
    }),
  ),
  history: z.array(poolSampleSchema),
});
export type PoolOverview = z.infer<typeof poolOverviewSchema>;

/** A ticket for a pool's socket. */
export const poolTicketSchema = z.object({ ticket: z.string(), expiresAtMs: z.number() });

/** Contents of a member's pass, which a job's coordinator reads. */
export const poolPassSchema = z.object({
  jobId: idSchema,
  poolId: idSchema,
  memberId: idSchema,
  /**
   * Principal of the link by which the member joined. What is proven about one of the link's members, good or bad,
   * counts for all of them.
   */
  principal: hex64Schema,
  /** Number of the member's results in earlier jobs that trusted lease holders have proven. */
  proven: z.int().min(0),
  /** Pixels that one encoder makes per millisecond; 0: not known. */
  pixelsPerMs: z.number().min(0),
  expiresAtMs: z.number(),
});
export type PoolPass = z.infer<typeof poolPassSchema>;
