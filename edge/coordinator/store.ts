import type { JobPlan } from "../../shared/job/job.ts";
import { SCHEMA_VERSION } from "./migrations.ts";
import type { JobRecord } from "./schedule/state/records.ts";
import type { Changes } from "./schedule/state/state.ts";
import { type Kind, readRows, type Stored, type TokenRecord } from "./stored-rows.ts";

/** The most characters of a part of the plan. A row holds at most 2 MB, and a character may take three bytes. */
const PLAN_PART_CHARACTERS = 500_000;

/**
 * The job's records in the object's SQLite database, each a row with JSON. The table is created together with a job, so
 * that requests for an unknown job leave no storage behind.
 */
export class Store {
  readonly #storage: DurableObjectStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  create(plan: JobPlan, job: JobRecord, tokens: readonly TokenRecord[]): void {
    this.#storage.transactionSync(() => {
      this.#storage.sql.exec(
        `CREATE TABLE IF NOT EXISTS records (
           kind TEXT NOT NULL, id TEXT NOT NULL, json TEXT NOT NULL,
           PRIMARY KEY (kind, id)
         ) WITHOUT ROWID`,
      );
      const text = JSON.stringify(plan);
      for (let part = 0; part * PLAN_PART_CHARACTERS < text.length; part += 1) {
        const from = part * PLAN_PART_CHARACTERS;
        const id = String(part).padStart(6, "0");
        this.#putText("plan", id, text.slice(from, from + PLAN_PART_CHARACTERS));
      }
      for (const token of tokens) this.#put("token", token.hash, token);
      this.#putJob(job);
    });
  }

  /** The stored job; null where there is none. */
  load(): Stored | null {
    const tables = this.#storage.sql.exec(
      "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'records'",
    );
    if (tables.toArray().length === 0) return null;
    const stored = readRows((kind) => this.#texts(kind));
    if (stored?.migrated) this.write(stored.migrated);
    return stored;
  }

  putToken(token: TokenRecord): void {
    this.#put("token", token.hash, token);
  }

  deleteToken(hash: string): void {
    this.#storage.sql.exec("DELETE FROM records WHERE kind = 'token' AND id = ?", hash);
  }

  /** Writes changes in one transaction. */
  write(changes: Changes): void {
    this.#storage.transactionSync(() => {
      if (changes.job !== null) this.#putJob(changes.job);
      for (const [id, task] of changes.tasks) this.#put("task", id, task);
      for (const [id, holder] of changes.holders) this.#put("holder", id, holder);
      for (const [id, init] of changes.inits) this.#putOrDelete("init", id, init);
      for (const [id, segment] of changes.accepted) this.#putOrDelete("accepted", id, segment);
      for (const [id, lease] of changes.leases) this.#putOrDelete("lease", id, lease);
    });
  }

  #putOrDelete(kind: Kind, id: string, record: unknown): void {
    if (record !== null) this.#put(kind, id, record);
    else this.#storage.sql.exec("DELETE FROM records WHERE kind = ? AND id = ?", kind, id);
  }

  #putJob(job: JobRecord): void {
    this.#put("job", "job", { ...job, schemaVersion: SCHEMA_VERSION });
  }

  #put(kind: Kind, id: string, record: unknown): void {
    this.#putText(kind, id, JSON.stringify(record));
  }

  #putText(kind: Kind, id: string, text: string): void {
    this.#storage.sql.exec(
      `INSERT INTO records (kind, id, json) VALUES (?, ?, ?)
       ON CONFLICT (kind, id) DO UPDATE SET json = excluded.json`,
      kind,
      id,
      text,
    );
  }

  #texts(kind: Kind): string[] {
    return this.#storage.sql
      .exec<{ json: string }>("SELECT json FROM records WHERE kind = ? ORDER BY id", kind)
      .toArray()
      .map(({ json }) => json);
  }
}
