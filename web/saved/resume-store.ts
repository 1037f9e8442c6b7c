import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import { SCHEMA_VERSION, type StoredJob } from "./stored-job.ts";

/** Stores jobs that have not ended over reloads; `list` gives the newest first. */
export interface ResumeStore {
  list(): Promise<StoredJob[]>;
  put(stored: StoredJob): Promise<void>;
  delete(jobId: string): Promise<void>;
}

interface Stored extends DBSchema {
  /** Parsed when read, because earlier and later builds write into the same store. */
  jobs: { key: string; value: unknown };
}

const DATABASE = "tributary";
/** Version of the database's stores; their records have versions of their own. */
const DATABASE_VERSION = 1;

/**
 * The store in IndexedDB, which unlike localStorage can store file handles. Where IndexedDB is missing (some private
 * windows), jobs are not stored. Nothing here throws.
 */
export function openResumeStore(): ResumeStore {
  let opening: Promise<IDBPDatabase<Stored>> | undefined;
  const run = async <T>(
    act: (database: IDBPDatabase<Stored>) => Promise<T>,
    otherwise: T,
  ): Promise<T> => {
    try {
      opening ??= openDatabase();
      return await act(await opening);
    } catch (error) {
      console.warn("Jobs are not kept over a reload:", error);
      return otherwise;
    }
  };
  return {
    list: () => run(listJobs, []),
    put: (stored) =>
      run(async (database) => {
        await database.put("jobs", { ...stored, schemaVersion: SCHEMA_VERSION });
      }, undefined),
    delete: (jobId) => run((database) => database.delete("jobs", jobId), undefined),
  };
}

/** All stored jobs. Rows that cannot be read are dropped, with a line in the console. */
async function listJobs(database: IDBPDatabase<Stored>): Promise<StoredJob[]> {
  const { store, done } = database.transaction("jobs");
  const [keys, records] = await Promise.all([store.getAllKeys(), store.getAll(), done]);
  if (keys.length === 0) return [];
  // Loaded on demand, because the schemas are needed only after a reload during work.
  const { readRecord } = await import("./read-record.ts");
  const jobs: StoredJob[] = [];
  for (const [index, key] of keys.entries()) {
    const read = readRecord(records[index]);
    if (read.state === "usable") jobs.push(read.stored);
    if (read.state === "unreadable") {
      console.warn(`Job ${key} of an earlier visit cannot be read and is forgotten:`, read.reason);
      await database.delete("jobs", key);
    }
  }
  return jobs.sort((a, b) => b.job.createdAtMs - a.job.createdAtMs);
}

function openDatabase(): Promise<IDBPDatabase<Stored>> {
  return new Promise((resolve, reject) => {
    openDB<Stored>(DATABASE, DATABASE_VERSION, {
      upgrade(database) {
        database.createObjectStore("jobs", { keyPath: "job.jobId" });
      },
      blocked: () => reject(new DOMException("Another tab holds an older version.", "AbortError")),
    }).then(resolve, reject);
  });
}

/**
 * Marks a job as worked on by this tab, so that another tab does not take it up as well.
 * @returns a function that frees the job; null where another tab has it
 */
export function claimJob(jobId: string): Promise<(() => void) | null> {
  return claimName(`tributary-job-${jobId}`);
}

/**
 * Locks a name for this tab. The browser frees the name when the tab ends, whatever the cause.
 * @returns a function that frees the name; null where another tab has it
 */
export async function claimName(name: string): Promise<(() => void) | null> {
  // Browsers have locks only on secure origins; on plain http no other tab is kept out. In a frame of another site the
  // browser may allow neither locks nor storage; there no other tab can find the job.
  if (navigator.locks === undefined) return () => undefined;
  return new Promise((resolve) => {
    navigator.locks
      .request(name, { ifAvailable: true }, (lock) => {
        if (lock === null) {
          resolve(null);
          return undefined;
        }
        return new Promise<void>((free) => resolve(() => free()));
      })
      .catch((error: unknown) => {
        console.warn(`The name ${name} could not be taken for this tab alone:`, error);
        resolve(() => undefined);
      });
  });
}
