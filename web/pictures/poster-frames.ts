import { TributaryError } from "../../shared/job/errors.ts";
import { CANDIDATES } from "../../shared/pictures/liveliness.ts";
import { forPoster, POSTER_SIDE } from "../../shared/pictures/poster.ts";
import { everyNth } from "../../shared/pictures/storyboard.ts";
import { jpegOf, Liveliness } from "./drawn-picture.ts";
import type { MediaPart } from "./playlists.ts";
import {
  eachKeyFrame,
  eachPicture,
  entries,
  type VideoPictures,
  type VideoReader,
} from "./video-pictures.ts";

/** Finds frames of a video that are good posters. */

/** Number of frames that are offered as posters. */
export const OFFERED = 3;
/** With fewer key frames than this, frames between them are measured as well. */
const FEW_KEY_FRAMES = 9;
/** Most segments of the smallest rendition that are decoded as a whole for that. */
const MOST_WHOLE_SEGMENTS = 3;

/** A frame of the video, with its liveliness: how much it shows. */
export interface Candidate {
  seconds: number;
  liveliness: number;
  /** The bytes needed to decode it: a key frame alone, or the whole segment. */
  segment: MediaPart;
  isKeyFrame: boolean;
}

/** The liveliest frame of each third of the available video, in order; fewer where there are few frames. */
export async function posterCandidates(
  reader: VideoReader,
  pictures: VideoPictures,
): Promise<Candidate[]> {
  const { keyFrames, segments } = pictures;
  const found: Candidate[] = [];
  const meter = new Liveliness();
  if (keyFrames.length < FEW_KEY_FRAMES) {
    const whole = everyNth(segments, MOST_WHOLE_SEGMENTS);
    for (const segment of whole) {
      const step = (segment.endSeconds - segment.startSeconds) * (whole.length / CANDIDATES);
      let next = segment.startSeconds;
      await eachPicture(reader, segment, (frame, seconds) => {
        if (seconds < next) return;
        next += step;
        found.push({ seconds, liveliness: meter.of(frame), segment, isKeyFrame: false });
      });
    }
  } else {
    await eachKeyFrame(reader, everyNth(keyFrames, CANDIDATES), (frame, keyFrame) => {
      const { startSeconds: seconds } = keyFrame;
      const liveliness = meter.of(frame);
      found.push({ seconds, liveliness, segment: keyFrame, isKeyFrame: true });
    });
  }
  const third = Math.ceil(found.length / OFFERED);
  return Array.from({ length: OFFERED }, (_, index) =>
    liveliest(found.slice(index * third, (index + 1) * third)),
  ).filter((each) => each !== null);
}

/** The liveliest candidate; null where there are none. */
export function liveliest(candidates: readonly Candidate[]): Candidate | null {
  return candidates.reduce<Candidate | null>((best, each) => {
    return best === null || each.liveliness > best.liveliness ? each : best;
  }, null);
}

/**
 * A candidate as a JPEG, from a rendition with enough pixels.
 * @throws TributaryError NOT_FOUND where that rendition does not have the frame (yet)
 */
export async function posterOf(
  reader: VideoReader,
  { renditions }: VideoPictures,
  { seconds, isKeyFrame }: Candidate,
): Promise<Blob> {
  const rendition = forPoster(renditions);
  const url = isKeyFrame ? rendition?.keyFramesUrl : rendition?.mediaUrl;
  const parts = url === undefined ? [] : await entries(reader, url);
  // A tolerance of a hundredth of a second, because playlists round their times.
  const part = parts.find(({ endSeconds }) => endSeconds > seconds + 0.01);
  if (part === undefined) throw missing();
  let jpeg: Promise<Blob> | null = null;
  if (isKeyFrame) {
    await eachKeyFrame(reader, [part], (frame) => {
      jpeg = jpegOf(frame, POSTER_SIDE);
    });
  } else {
    await eachPicture(reader, part, (frame, at) => {
      if (jpeg === null && at >= seconds - 0.001) jpeg = jpegOf(frame, POSTER_SIDE);
    });
  }
  if (jpeg === null) throw missing();
  return jpeg;
}

function missing(): TributaryError {
  return new TributaryError("NOT_FOUND", "This picture of the video is not there (yet).");
}
