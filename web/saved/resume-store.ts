import type { ResumableJob } from "../owner/owner-api.ts";

/** A job this browser started, and where its file was. */
export interface StoredJob {
  job: ResumableJob;
  /** Reopens the file without picking it again (File System Access API); null where there is none. */
  handle: FileSystemFileHandle | null;
}

/** Jobs that have not ended, kept over reloads. Newest first. */
export interface ResumeStore {
  list(): Promise<StoredJob[]>;
  put(stored: StoredJob): Promise<void>;
  delete(jobId: string): Promise<void>;
}

const DATABASE = "tributary";
const JOBS = "jobs";

/**
 * The store in IndexedDB, which unlike localStorage keeps file handles. Where it is not to be had
 * (some private windows), jobs are simply not kept: nothing here throws.
 */
export function openResumeStore(): ResumeStore {
  let opening: Promise<IDBDatabase> | undefined;
  const database = () => {
    opening ??= openDatabase();
    return opening;
  };
  const run = async <T>(
    mode: IDBTransactionMode,
    act: (jobs: IDBObjectStore) => Pick<IDBRequest<T>, "result">,
    otherwise: T,
  ): Promise<T> => {
    try {
      const db = await database();
      const transaction = db.transaction(JOBS, mode);
      const request = act(transaction.objectStore(JOBS));
      return await new Promise<T>((resolve, reject) => {
        transaction.oncomplete = () => resolve(request.result);
        transaction.onerror = () => reject(transaction.error);
        transaction.onabort = () => reject(transaction.error);
      });
    } catch (error) {
      console.warn("Jobs are not kept over a reload:", error);
      return otherwise;
    }
  };
  return {
    async list() {
      const all = await run<StoredJob[]>("readonly", (jobs) => jobs.getAll(), []);
      return all.sort((a, b) => b.job.createdAtMs - a.job.createdAtMs);
    },
    async put(stored) {
      await run<unknown>("readwrite", (jobs) => jobs.put(stored), undefined);
    },
    async delete(jobId) {
      await run<undefined>("readwrite", (jobs) => jobs.delete(jobId), undefined);
    },
  };
}

function openDatabase(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () =>
      request.result.createObjectStore(JOBS, { keyPath: "job.jobId" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () =>
      reject(new DOMException("Another tab holds an older version.", "AbortError"));
  });
}

/**
 * Marks a job as worked on by this tab, so that another tab does not take it up as well. The browser
 * frees the mark when the tab goes away, however it goes.
 * @returns a function that frees it, or null when another tab has it
 */
export async function claimJob(jobId: string): Promise<(() => void) | null> {
  // Only on secure origins; elsewhere (plain http on a local network) nobody is kept out.
  if (navigator.locks === undefined) return () => undefined;
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(`tributary-job-${jobId}`, { ifAvailable: true }, (lock) => {
        if (lock === null) {
          resolve(null);
          return undefined;
        }
        return new Promise<void>((free) => resolve(() => free()));
      })
      .catch(reject);
  });
}
