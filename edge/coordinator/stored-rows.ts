import { z } from "zod";
import { acceptedSegmentSchema, jobPlanSchema } from "../../shared/job/job.ts";
import { roleSchema } from "../../shared/wire/protocol.ts";
import { migrate, SCHEMA_VERSION } from "./migrations.ts";
import { parseStored } from "./parse-stored.ts";
import {
  holderSchema,
  initRecordSchema,
  jobRecordSchema,
  leaseSchema,
  taskRecordSchema,
} from "./schedule/state/records.ts";
import { type Changes, noChanges, restoreState, type State } from "./schedule/state/state.ts";

/** A token that admits to a job. Only its hash is stored. */
const tokenRecordSchema = z.object({
  /** SHA-256 of the token in hex. */
  hash: z.string(),
  role: roleSchema,
  /** The id of a server that was called, whatever name it sends. */
  holderId: z.string().exactOptional(),
  /** When a contributor link expires, and the most contributors that it admits at once. */
  link: z.object({ expiresAtMs: z.number(), maxContributors: z.number() }).exactOptional(),
  /** The record of a pool's link. Its `hash` belongs to no token, because members are admitted by passes. */
  isOfPool: z.boolean().exactOptional(),
});
export type TokenRecord = z.infer<typeof tokenRecordSchema>;

/** The job's row has the version of all rows. */
const versionSchema = z.looseObject({ schemaVersion: z.int().default(0) });

export type Kind = "job" | "plan" | "token" | "task" | "lease" | "holder" | "init" | "accepted";

/** A job as read from its rows. */
export interface Stored {
  state: State;
  tokens: TokenRecord[];
  /** Rows of an earlier version in their present form, to be written; null where there are none. */
  migrated: Changes | null;
}

/**
 * Reads a job from its rows, which any earlier version of this program may have written.
 * @param textsOf returns the JSON of all rows of a kind, sorted by id; the plan's rows are parts of one text
 * @returns null where there is no job
 * @throws Error for an invalid row, or one that a newer version wrote
 */
export function readRows(textsOf: (kind: Kind) => string[]): Stored | null {
  const rowsOf = (kind: Kind): unknown[] => textsOf(kind).map((text) => JSON.parse(text));
  const [stored] = rowsOf("job");
  if (stored === undefined) return null;
  const { schemaVersion } = parseStored("job", versionSchema, stored);
  const rows = { job: stored, tasks: rowsOf("task"), leases: rowsOf("lease") };
  const { job, tasks, leases } = migrate(rows, schemaVersion);
  const plan = parseStored("plan", jobPlanSchema, JSON.parse(textsOf("plan").join("")));
  const taskRecords = parseStored("task", z.array(taskRecordSchema), tasks);
  const state = restoreState(plan, parseStored("job", jobRecordSchema, job), {
    tasks: taskRecords,
    leases: parseStored("lease", z.array(leaseSchema), leases),
    holders: parseStored("holder", z.array(holderSchema), rowsOf("holder")),
    inits: parseStored("init", z.array(initRecordSchema), rowsOf("init")),
    accepted: parseStored("accepted", z.array(acceptedSegmentSchema), rowsOf("accepted")),
  });
  const tokens = parseStored("token", z.array(tokenRecordSchema), rowsOf("token"));
  if (schemaVersion === SCHEMA_VERSION) return { state, tokens, migrated: null };
  // Tasks that have never changed have no row, and get none.
  const taskRows = new Map(taskRecords.map((task) => [task.id, task]));
  const migrated = { ...noChanges(), job: state.job, tasks: taskRows, leases: state.leases };
  return { state, tokens, migrated };
}
