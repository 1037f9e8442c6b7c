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

/** A capability to speak for a job. Only its hash is kept. */
const tokenRecordSchema = z.object({
  /** Hex SHA-256 of the token. */
  hash: z.string(),
  role: roleSchema,
  /** The id of a server that was called, whatever it calls itself. */
  holderId: z.string().exactOptional(),
  /** When a contributor link ends, and how many may work through it at once. */
  link: z.object({ expiresAtMs: z.number(), maxContributors: z.number() }).exactOptional(),
  /** A pool's link: its `hash` is of no token, its members come by passes. */
  isOfPool: z.boolean().exactOptional(),
});
export type TokenRecord = z.infer<typeof tokenRecordSchema>;

/** The job's row tells the version of all rows. */
const versionSchema = z.looseObject({ schemaVersion: z.int().default(0) });

export type Kind = "job" | "plan" | "token" | "task" | "lease" | "holder" | "init" | "accepted";

export interface Stored {
  state: State;
  tokens: TokenRecord[];
  /** Rows of an earlier version, as they are to be written now; null where there are none. */
  migrated: Changes | null;
}

/**
 * The job that rows hold, whichever version of this program wrote them.
 * @param textsOf the JSON of all rows of a kind, by id; the plan's are the parts of one text
 * @returns null where there is no job
 * @throws Error for a row that cannot be read, or that a newer version wrote
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
  // Tasks that nobody touched have no row, and get none.
  const taskRows = new Map(taskRecords.map((task) => [task.id, task]));
  const migrated = { ...noChanges(), job: state.job, tasks: taskRows, leases: state.leases };
  return { state, tokens, migrated };
}
