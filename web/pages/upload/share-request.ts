import type { NewCaptions } from "../../../shared/wire/captions.ts";
import type { DetailsPatch } from "../../../shared/wire/details.ts";
import type { Visibility } from "../../../shared/wire/visibility.ts";

/** What a person said of a video before its work begins. */
export interface ShareRequest {
  visibility: Visibility;
  details: DetailsPatch;
  captions: NewCaptions[];
}
