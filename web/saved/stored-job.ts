import type { ResumableJob } from "../owner/owner-api.ts";

/** A job that this browser started, and the handle of its file. */
export interface StoredJob {
  job: ResumableJob;
  /** Reopens the file without picking it again (File System Access API); null where there is none. */
  handle: FileSystemFileHandle | null;
}

/** The version of records that are written now. Records of builds that wrote no version count as 0. */
export const SCHEMA_VERSION = 1;
