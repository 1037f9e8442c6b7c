import type { WireError } from "../../shared/job/errors.ts";
import type { TrimRange } from "../../shared/job/trim-range.ts";
import type { LadderRung } from "../../shared/plan/rungs.ts";
import type { NewCaptions } from "../../shared/wire/captions.ts";
import type { DetailsPatch } from "../../shared/wire/details.ts";
import type { PoolAsk } from "../../shared/wire/pool.ts";
import type { Visibility } from "../../shared/wire/visibility.ts";

/** A person's choices for a video before its work begins. */
export interface ShareRequest {
  visibility: Visibility;
  details: DetailsPatch;
  captions: NewCaptions[];
  /** The part of the file that is made; null: the whole file; default: the planned part. */
  trim?: TrimRange | null | undefined;
  /** Whether the source file is kept, too; default: no. */
  keepsOriginal?: boolean | undefined;
  /** The pool that is asked for help; default: none. */
  pool?: PoolAsk | undefined;
}

/** One of several files, in the form that is stored over a reload. */
export interface TrayEntry {
  id: string;
  name: string;
  sizeBytes: number;
  /** Reopens the file without picking it again; null where there is none. */
  handle: FileSystemFileHandle | null;
  /** The quality levels that the person typed for it; null: the suggested ones. */
  ladder: LadderRung[] | null;
  /** Null: Start was not pressed for it yet. */
  request: ShareRequest | null;
  /** `working`: from the reading of the file to the end of its job. */
  state: "waiting" | "working" | "ready" | "failed" | "cancelled";
  jobId: string | null;
  watchUrl: string | null;
  /** The error where the entry has `failed`. */
  error: WireError | null;
}

export function isOver({ state }: TrayEntry): boolean {
  return state === "ready" || state === "cancelled";
}
