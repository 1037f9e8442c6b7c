import { z } from "zod";
import { parseStored } from "../coordinator/parse-stored.ts";
import {
  jobRecordSchema,
  linkRecordSchema,
  memberRecordSchema,
  poolRecordSchema,
  serverRecordSchema,
} from "./model/records.ts";
import {
  type Change,
  dayRecordSchema,
  ownerRecordSchema,
  PoolState,
  type RowKind,
} from "./model/state.ts";

/**
 * A pool's records in its object's SQLite database, each a row with JSON. Nothing is stored before the pool is made.
 */
export class PoolStore {
  readonly #storage: DurableObjectStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /**
   * The stored pool; null where there is none.
   * @throws Error for a row that cannot be read
   */
  load(): PoolState | null {
    const tables = this.#storage.sql.exec(
      "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'records'",
    );
    if (tables.toArray().length === 0) return null;
    const [pool] = this.#rows("pool", poolRecordSchema);
    if (pool === undefined) return null;
    return new PoolState({
      pool,
      links: this.#rows("link", linkRecordSchema),
      members: this.#rows("member", memberRecordSchema),
      jobs: this.#rows("job", jobRecordSchema),
      owners: this.#rows("owner", ownerRecordSchema),
      days: this.#rows("day", dayRecordSchema),
      servers: this.#rows("server", serverRecordSchema),
    });
  }

  create(): void {
    this.#storage.sql.exec(
      `CREATE TABLE IF NOT EXISTS records (
         kind TEXT NOT NULL, id TEXT NOT NULL, json TEXT NOT NULL,
         PRIMARY KEY (kind, id)
       ) WITHOUT ROWID`,
    );
  }

  /** Writes changes in one transaction. */
  write(changes: readonly Change[]): void {
    if (changes.length === 0) return;
    this.#storage.transactionSync(() => {
      for (const { kind, id, row } of changes) {
        if (row === null) {
          this.#storage.sql.exec("DELETE FROM records WHERE kind = ? AND id = ?", kind, id);
        } else {
          this.#storage.sql.exec(
            `INSERT INTO records (kind, id, json) VALUES (?, ?, ?)
             ON CONFLICT (kind, id) DO UPDATE SET json = excluded.json`,
            kind,
            id,
            JSON.stringify(row),
          );
        }
      }
    });
  }

  #rows<S extends z.ZodType>(kind: RowKind, schema: S): z.output<S>[] {
    const rows = this.#storage.sql
      .exec<{ json: string }>("SELECT json FROM records WHERE kind = ? ORDER BY id", kind)
      .toArray();
    const values: unknown[] = rows.map(({ json }) => JSON.parse(json));
    return parseStored(kind, z.array(schema), values);
  }
}
