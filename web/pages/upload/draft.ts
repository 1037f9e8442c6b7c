import { type Signal, signal } from "@preact/signals";
import type { TrimRange } from "../../../shared/job/trim-range.ts";
import type { NewCaptions } from "../../../shared/wire/captions.ts";
import { titleOfFile } from "../../../shared/wire/details.ts";
import type { Visibility } from "../../../shared/wire/visibility.ts";
import type { KeptPool } from "../../saved/pools.ts";
import type { UploadChoices } from "../../saved/upload-choices.ts";

/** What a person said of a file before Start. It stays where Start is refused. */
export interface Draft {
  fingerprint: string;
  visibility: Signal<Visibility>;
  title: Signal<string>;
  description: Signal<string>;
  captions: Signal<NewCaptions[]>;
  pool: Signal<KeptPool | null>;
  /** The description is to name the pool. */
  credits: Signal<boolean>;
  keepsOriginal: Signal<boolean>;
  /** Undefined: nothing was chosen. */
  part: Signal<TrimRange | null | undefined>;
}

/** @param before the draft so far; another file gets a new one */
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
