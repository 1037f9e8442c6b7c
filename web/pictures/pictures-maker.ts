import { toWireError } from "../../shared/job/errors.ts";
import { type Notice, notice } from "../../shared/job/notice.ts";
import type { Poster } from "../../shared/wire/pictures.ts";
import type { EdgeClient } from "../edge-client.ts";
import { makeStoryboard } from "./make-storyboard.ts";
import { liveliest, posterCandidates, posterOf } from "./poster-frames.ts";
import { openPictures, type VideoReader } from "./video-pictures.ts";

export interface MadePictures {
  poster: Poster | null;
  hasStoryboard: boolean;
  notices: Notice[];
}

export interface MakePictures {
  client: Pick<EdgeClient, "savePoster" | "saveStoryboard">;
  jobId: string;
  ownerToken: string;
  masterUrl: string;
  /** Whether the video is complete: then its storyboard is made, too. */
  isWhole: boolean;
  signal: AbortSignal;
}

/**
 * Makes a poster for a video where nobody chose one and, once the video is complete, its storyboard. A failure becomes
 * a notice, and the video goes on without that picture.
 */
export async function makePictures(options: MakePictures): Promise<MadePictures> {
  const { client, jobId, ownerToken, masterUrl, isWhole, signal } = options;
  const reader: VideoReader = { masterUrl, ownerToken, signal };
  let poster: Poster | null = null;
  let hasStoryboard = false;
  try {
    const pictures = await openPictures(reader);
    const best = liveliest(await posterCandidates(reader, pictures));
    if (best !== null) {
      const jpeg = await posterOf(reader, pictures, best);
      const saved = await client.savePoster(jobId, ownerToken, jpeg, "automatic", signal);
      poster = saved.poster ?? null;
    }
    const storyboard = isWhole ? await makeStoryboard(reader, pictures) : null;
    if (storyboard !== null) {
      const saved = await client.saveStoryboard(jobId, ownerToken, storyboard, signal);
      hasStoryboard = saved.storyboardPath != null;
    }
    return { poster, hasStoryboard, notices: [] };
  } catch (thrown) {
    const message = `${
      poster === null ? "A picture to stand for the video" : "Small pictures of the video"
    } could not be made: ${toWireError(thrown).message}`.slice(0, 500);
    return { poster, hasStoryboard, notices: [notice("PICTURES_NOT_MADE", message)] };
  }
}
