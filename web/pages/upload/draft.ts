import { type Signal, signal } from "@preact/signals";
import type { TrimRange } from "../../../shared/job/trim-range.ts";
import type { NewCaptions } from "../../../shared/wire/captions.ts";
import { titleOfFile } from "../../../shared/wire/details.ts";
import type { Visibility } from "../../../shared/wire/visibility.ts";
import type { KeptPool } from "../../saved/pools.ts";
import type { UploadChoices } from "../../saved/upload-choices.ts";

/** The person's entries for a file before Start. They stay where Start is refused. */
export interface Draft {
  fingerprint: string;
  visibility: Signal<Visibility>;
  title: Signal<string>;
  description: Signal<string>;
  captions: Signal<NewCaptions[]>;
  pool: Signal<KeptPool | null>;
  /** Whether the description is to name the pool. */
  credits: Signal<boolean>;
  keepsOriginal: Signal<boolean>;
  /** The chosen part; null: the whole file. Undefined: nothing was chosen. */
  part: Signal<TrimRange | null | undefined>;
}

/**
 * The draft for a file.
 * @param before the draft so far, which is returned for the same file
 */
export function draftFor(
  before: Draft | null,
  { fingerprint, name }: { fingerprint: string; name: string },
  choices: UploadChoices,
): Draft {
  if (before?.fingerprint === fingerprint) return before;
  return {
    fingerprint,
    visibility: signal(choices.visibility ?? "unlisted"),
    title: signal(titleOfFile(name)),
    description: signal(""),
    captions: signal([]),
    pool: signal(null),
    credits: signal(false),
    keepsOriginal: signal(choices.keepsOriginal === true),
    part: signal(undefined),
  };
}
