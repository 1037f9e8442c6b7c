import { ffmpeg } from "../../setup/media.ts";

// Which frame a picture shows, by what is seen: some browsers do not tell its time.

/** Pictures are told apart at this size, whatever their own shape. */
export const GREY_SIZE = { width: 96, height: 54 };
const BYTES = GREY_SIZE.width * GREY_SIZE.height;

/** A video's frames in order, grey and small, as native ffmpeg decodes them: one byte a pixel. */
export async function greyFrames(masterUrl: string): Promise<Uint8Array[]> {
  const { width, height } = GREY_SIZE;
  const bytes = await ffmpeg([
    ...["-live_start_index", "0", "-i", masterUrl, "-map", "0:v:0", "-fps_mode", "passthrough"],
    ...["-vf", `scale=${width}:${height}:flags=area,format=gray`, "-f", "rawvideo", "-"],
  ]);
  return Array.from({ length: bytes.length / BYTES }, (_, index) =>
    bytes.subarray(index * BYTES, (index + 1) * BYTES),
  );
}

/** Position of the frame that is most like a picture. */
export function nearestFrame(picture: ArrayLike<number>, frames: readonly Uint8Array[]): number {
  const errors = frames.map((frame) =>
    frame.reduce((sum, value, at) => sum + (value - (picture[at] ?? 0)) ** 2, 0),
  );
  return errors.indexOf(Math.min(...errors));
}
