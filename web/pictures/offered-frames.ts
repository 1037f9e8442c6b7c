import { TributaryError } from "../../shared/job/errors.ts";
import { jpegOf } from "./drawn-picture.ts";
import { posterCandidates, posterOf } from "./poster-frames.ts";
import { openPictures } from "./video-pictures.ts";

/** Pictures to choose from, loaded where a person asks for them. */

/** One of the video's own pictures. */
export interface OfferedFrame {
  seconds: number;
  jpeg: Blob;
  /** Address of the JPEG, to be revoked. */
  url: string;
}

/** Pixels of the longer side of a picture of the person's own. */
const OWN_PICTURE_SIDE = 1920;

/** In the order of their times. @throws TributaryError NOT_FOUND, ENGINE_UNAVAILABLE, DECODE_FAILED, NETWORK */
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
 * A picture of any kind that the browser reads, upright, as a JPEG; what a camera wrote into the file is left out.
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
