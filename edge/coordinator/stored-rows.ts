import { z } from "zod";
import { acceptedSegmentSchema, jobPlanSchema } from "../../shared/job/job.ts";
import { roleSchema } from "../../shared/wire/protocol.ts";
import { migrate, SCHEMA_VERSION } from "./migrations.ts";
import {
  holderSchema,
  initRecordSchema,
  jobRecordSchema,
  leaseSchema,
  taskRecordSchema,
} from "./schedule/state/records.ts";
import { restoreState, type State } from "./schedule/state/state.ts";

/** A capability to speak for a job. Only its hash is kept. */
const tokenRecordSchema = z.object({
  /** Hex SHA-256 of the token. */
  hash: z.string(),
  role: roleSchema,
  /** Of a contributor link: when it ends, and how many may work through it at once. */
  link: z.object({ expiresAtMs: z.number(), maxContributors: z.number() }).exactOptional(),
});
export type TokenRecord = z.infer<typeof tokenRecordSchema>;

/** The job's row tells the version of all rows. */
const versionSchema = z.looseObject({ schemaVersion: z.int().default(0) });

export type Kind = "job" | "plan" | "token" | "task" | "lease" | "holder" | "init" | "accepted";

export interface Stored {
  state: State;
  tokens: TokenRecord[];
  /** The rows are not as this version writes them. */
  isOld: boolean;
}

/**
 * The job that rows hold, whichever version of this program wrote them.
 * @param textsOf the JSON of all rows of a kind, by id; the plan's are the parts of one text
 * @returns null where there is no job
 * @throws Error for a row that cannot be read, or that a newer version wrote
 */
export function readRows(textsOf: (kind: Kind) => string[]): Stored | null {
  const rowsOf = (kind: Kind): unknown[] => textsOf(kind).map((text) => JSON.parse(text));
  const [job] = rowsOf("job");
  if (job === undefined) return null;
  const { schemaVersion } = parse("job", versionSchema, job);
  const { tasks, leases } = migrate(
    { tasks: rowsOf("task"), leases: rowsOf("lease") },
    schemaVersion,
  );
  const plan = parse("plan", jobPlanSchema, JSON.parse(textsOf("plan").join("")));
  const state = restoreState(plan, parse("job", jobRecordSchema, job), {
    tasks: parse("task", z.array(taskRecordSchema), tasks),
    leases: parse("lease", z.array(leaseSchema), leases),
    holders: parse("holder", z.array(holderSchema), rowsOf("holder")),
    inits: parse("init", z.array(initRecordSchema), rowsOf("init")),
    accepted: parse("accepted", z.array(acceptedSegmentSchema), rowsOf("accepted")),
  });
  const tokens = parse("token", z.array(tokenRecordSchema), rowsOf("token"));
  return { state, tokens, isOld: schemaVersion !== SCHEMA_VERSION };
}

/** @throws Error that names the kind of row and the fields, no value */
function parse<T extends z.ZodType>(kind: Kind, schema: T, stored: unknown): z.output<T> {
  const parsed = schema.safeParse(stored);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map(({ path }) => path.join(".")).join(", ");
  throw new Error(`A stored row cannot be read: ${kind}, ${fields}.`);
}
