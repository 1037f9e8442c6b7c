import type { ResumableJob } from "../owner/owner-api.ts";

/** A job this browser started, and where its file was. */
export interface StoredJob {
  job: ResumableJob;
  /** Reopens the file without picking it again (File System Access API); null where there is none. */
  handle: FileSystemFileHandle | null;
}

/** The version of records that are written now. Those of builds before it had none count as 0. */
export const SCHEMA_VERSION = 1;
