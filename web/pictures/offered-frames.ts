import { TributaryError } from "../../shared/job/errors.ts";
import { jpegOf } from "./drawn-picture.ts";
import { posterCandidates, posterOf } from "./poster-frames.ts";
import { openPictures } from "./video-pictures.ts";

/** Pictures for the choice of a poster. The script is loaded when a person asks for them. */

/** One of the video's own frames, offered as a poster. */
export interface OfferedFrame {
  seconds: number;
  jpeg: Blob;
  /** Object URL of the JPEG; the caller has to revoke it. */
  url: string;
}

/** Most pixels of the longer side of a person's own picture. */
const OWN_PICTURE_SIDE = 1920;

/**
 * Frames of the video to choose from, in order of time.
 * @throws TributaryError NOT_FOUND, ENGINE_UNAVAILABLE, DECODE_FAILED, NETWORK
 */
export async function offeredFrames(
  masterUrl: string,
  ownerToken: string | null,
): Promise<OfferedFrame[]> {
  const { signal } = new AbortController();
  const reader = { masterUrl: new URL(masterUrl, location.href).href, ownerToken, signal };
  const pictures = await openPictures(reader);
  const offered: OfferedFrame[] = [];
  for (const candidate of await posterCandidates(reader, pictures)) {
    const jpeg = await posterOf(reader, pictures, candidate);
    offered.push({ seconds: candidate.seconds, jpeg, url: URL.createObjectURL(jpeg) });
  }
  return offered;
}

/**
 * A JPEG of any picture file that the browser can read. It is turned upright, and has none of the camera's metadata.
 * @throws TributaryError PICTURE_INVALID
 */
export async function pictureOfFile(file: Blob): Promise<Blob> {
  const bitmap = await createImageBitmap(file).catch((cause: unknown) => {
    throw new TributaryError("PICTURE_INVALID", "The file is no picture.", { cause });
  });
  try {
    return await jpegOf(bitmap, OWN_PICTURE_SIDE);
  } finally {
    bitmap.close();
  }
}
