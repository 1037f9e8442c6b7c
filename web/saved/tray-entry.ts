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
  /** The part of the file that is made; null: all; default: the part that is planned. */
  trim?: TrimRange | null | undefined;
  /** Whether the file itself is kept, too; default: not. */
  keepsOriginal?: boolean | undefined;
  /** The pool whose machines are to help; default: none. */
  pool?: PoolAsk | undefined;
}

/** One file among several, as a tab keeps it over a reload. */
export interface TrayEntry {
  id: string;
  name: string;
  sizeBytes: number;
  /** Reopens the file without picking it again; null where there is none. */
  handle: FileSystemFileHandle | null;
  /** The quality levels that the person typed for it; null: the suggested ones. */
  ladder: LadderRung[] | null;
  /** Null: Share was not pressed for it yet. */
  request: ShareRequest | null;
  /** `working`: the page has it in hand, from its reading to its end. */
  state: "waiting" | "working" | "ready" | "failed" | "cancelled";
  jobId: string | null;
  watchUrl: string | null;
  /** Cause where it has `failed`. */
  error: WireError | null;
}

export function isOver({ state }: TrayEntry): boolean {
  return state === "ready" || state === "cancelled";
}
