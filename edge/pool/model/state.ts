import { z } from "zod";
import type { PoolSample } from "../../../shared/wire/pool.ts";
import type {
  JobRecord,
  LinkRecord,
  MemberRecord,
  PoolRecord,
  Presence,
  ServerRecord,
} from "./records.ts";

/** An owner's use of the pool. It is kept after the owner's jobs are deleted. */
export const ownerRecordSchema = z.object({
  id: z.string(),
  linkId: z.string(),
  jobs: z.number(),
  mediaSeconds: z.number(),
});
export type OwnerRecord = z.infer<typeof ownerRecordSchema>;

/** The samples of a day, in one row. */
export const dayRecordSchema = z.object({
  id: z.string(),
  samples: z.array(
    z.object({ atMs: z.number(), members: z.number(), working: z.number(), jobs: z.number() }),
  ),
});
export type DayRecord = z.infer<typeof dayRecordSchema> & { samples: PoolSample[] };

export interface PoolRows {
  pool: PoolRecord;
  links: LinkRecord[];
  members: MemberRecord[];
  jobs: JobRecord[];
  owners: OwnerRecord[];
  days: DayRecord[];
  servers?: ServerRecord[];
}

export type RowKind = "pool" | "link" | "member" | "job" | "owner" | "day" | "server";
interface RowOf {
  pool: PoolRecord;
  link: LinkRecord;
  member: MemberRecord;
  job: JobRecord;
  owner: OwnerRecord;
  day: DayRecord;
  server: ServerRecord;
}

/** A row to write, or to delete where `row` is null. */
export interface Change {
  kind: RowKind;
  id: string;
  row: object | null;
}

/** The pool's records in memory, and which of them are not stored yet. Records are replaced, never changed. */
export class PoolState {
  readonly #rows: { [K in RowKind]: Map<string, RowOf[K]> };
  #changes = new Map<string, Change>();
  /** Connected members, by connection id. */
  readonly present = new Map<string, Presence>();
  /** By job id: members that have a lease, from the job's last report. */
  readonly busy = new Map<string, ReadonlySet<string>>();

  constructor({ pool, links, members, jobs, owners, days, servers = [] }: PoolRows) {
    const byId = <T extends { id: string }>(rows: T[]) => new Map(rows.map((row) => [row.id, row]));
    this.#rows = {
      pool: byId([pool]),
      link: byId(links),
      member: byId(members),
      job: byId(jobs),
      owner: byId(owners),
      day: byId(days),
      server: byId(servers),
    };
  }

  get pool(): PoolRecord {
    const [pool] = this.#rows.pool.values();
    if (pool === undefined) throw new Error("a pool has a row");
    return pool;
  }

  get<K extends RowKind>(kind: K, id: string): RowOf[K] | undefined {
    return this.#rows[kind].get(id);
  }

  all<K extends RowKind>(kind: K): RowOf[K][] {
    return [...this.#rows[kind].values()];
  }

  put<K extends RowKind>(kind: K, row: RowOf[K]): void {
    this.#rows[kind].set(row.id, row);
    this.#changes.set(`${kind} ${row.id}`, { kind, id: row.id, row });
  }

  delete(kind: RowKind, id: string): void {
    this.#rows[kind].delete(id);
    this.#changes.set(`${kind} ${id}`, { kind, id, row: null });
  }

  takeChanges(): Change[] {
    const changes = [...this.#changes.values()];
    this.#changes = new Map();
    return changes;
  }

  /** The connection of a member; undefined while it has none. */
  connectionOf(memberId: string): string | undefined {
    for (const [connectionId, presence] of this.present) {
      if (presence.memberId === memberId) return connectionId;
    }
    return undefined;
  }

  /** Jobs that are not over. */
  openJobs(): JobRecord[] {
    return this.all("job").filter(({ endedAtMs }) => endedAtMs === null);
  }
}
