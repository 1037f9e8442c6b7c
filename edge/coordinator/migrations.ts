import { z } from "zod";
import { uncoded } from "../../shared/job/notice.ts";
import { claimSchema } from "./schedule/verify/verification.ts";

/**
 * Converts stored rows of earlier versions of this program. A job stays in storage while it runs and for an hour more,
 * so a new deployment finds rows of the version before. A field that is only added needs no migration, because its
 * schema has a default.
 */

/** The version of the rows that are written now. It is stored with the job; rows before version 1 have none. */
export const SCHEMA_VERSION = 3;

/**
 * The kinds of rows that migrations change, in the shape of the version that wrote them. Other rows are not rewritten
 * (`Stored.migrated`).
 */
interface Rows {
  job: unknown;
  tasks: unknown[];
  leases: unknown[];
}

/** Each converts rows from the version of its index to the next version. */
const MIGRATIONS: readonly ((rows: Rows) => Rows)[] = [
  toVerificationRecords,
  withoutOffers,
  toNotices,
];

/** @throws Error where a newer version of this program wrote the rows */
export function migrate(rows: Rows, version: number): Rows {
  if (version > SCHEMA_VERSION) throw new Error(`The job was stored by version ${version}.`);
  return MIGRATIONS.slice(version).reduce((migrated, next) => next(migrated), rows);
}

const taskBefore = z.looseObject({
  leases: z.array(z.string()),
  done: z.looseObject({ verified: z.enum(["gate", "hash", "picture"]).default("gate") }).nullable(),
  proof: z.enum(["clear", "unproven", "wanted"]),
  notFor: z.array(z.string()),
  claims: z.array(claimSchema).default([]),
});

const leaseBefore = z.looseObject({
  id: z.string(),
  holderId: z.string(),
  /** Formerly a boolean: whether the lease was an audit. */
  audit: z.union([z.boolean(), z.enum(["hash", "picture"])]).nullable(),
  pairedWith: z.string().nullable().default(null),
  engine: z.string().nullable().default(null),
});
type LeaseBefore = z.infer<typeof leaseBefore>;

/** Older rows kept the state of verification in the task's `proof`, `notFor`, `claims` and in its leases. */
function toVerificationRecords(rows: Rows): Rows {
  const leases = rows.leases.map((row) => leaseBefore.parse(row));
  const byId = new Map(leases.map((lease) => [lease.id, lease]));
  return {
    ...rows,
    tasks: rows.tasks.map((row) => {
      const { proof, notFor, claims, done, ...task } = taskBefore.parse(row);
      const { verified, ...result } = done ?? { verified: "gate" };
      const live = task.leases.flatMap((id) => byId.get(id) ?? []);
      const known = { proof, excluded: [...new Set(notFor)], claims, verified };
      return done === null
        ? { ...task, done, verification: withoutResult(known, live) }
        : { ...task, done: result, verification: withResult(known, live) };
    }),
    leases: leases.map(({ audit, pairedWith: _, ...lease }) => ({
      ...lease,
      purpose: audit === "picture" ? "compare" : "make",
      engine: audit === true ? "ffmpeg-wasm" : lease.engine,
    })),
  };
}

interface Known extends Pick<z.infer<typeof taskBefore>, "proof" | "claims"> {
  excluded: string[];
  verified: "gate" | "hash" | "picture";
}

function withResult({ proof, excluded, claims, verified }: Known, live: LeaseBefore[]) {
  if (proof === "clear") return { state: "verified", excluded, by: verified };
  if (proof === "unproven") return { state: "unverified", excluded, pair: null };
  return { state: live.length > 0 ? "auditing" : "audit-due", excluded, claims };
}

function withoutResult({ excluded, claims }: Known, live: LeaseBefore[]) {
  if (claims.length > 0) return { state: "disputed", excluded, claims };
  const second = live.find(({ pairedWith }) => pairedWith !== null);
  const first = live.find(({ holderId }) => holderId === second?.pairedWith);
  return { state: "unverified", excluded, pair: first && second ? [first.id, second.id] : null };
}

const offeredLease = z.looseObject({ phase: z.string() });

/**
 * Former offers did not contain the init segments, and their keys did not belong to a lease. They are dropped. Their
 * makers have to load the current version and do not resume these leases, which end by silence.
 */
function withoutOffers(rows: Rows): Rows {
  const leases = rows.leases.map((row) => {
    const lease = offeredLease.parse(row);
    const phase = lease.phase === "lost" ? "lost" : "working";
    return { ...lease, phase, outputs: null, made: null };
  });
  return { ...rows, leases };
}

const warned = z.looseObject({ warnings: z.array(z.string()) });
const committedLease = z.looseObject({ made: warned.nullable() });

/** Converts warnings, which were sentences without codes and times, to notices. */
function toNotices(rows: Rows): Rows {
  const coded = (row: z.infer<typeof warned>) => {
    const { warnings, ...rest } = row;
    return { ...rest, notices: uncoded(warnings) };
  };
  return {
    ...rows,
    job: coded(warned.parse(rows.job)),
    leases: rows.leases.map((row) => {
      const lease = committedLease.parse(row);
      return { ...lease, made: lease.made && coded(lease.made) };
    }),
  };
}
