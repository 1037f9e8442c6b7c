import { ffmpeg } from "../setup/media.ts";

const WIDTH = 96;
const HEIGHT = 54;
/** PSNR in dB. A source frame that is more similar than this to a neighbour cannot show a shift. */
const STILL_DB = 34;
/** dB by which a neighbour may fit better because of coding noise. A shift makes it fit far better. */
const NOISE_DB = 0.5;

/** How similar a rendition's frames are to the source's, both scaled to a small common size. */
export interface PictureLikeness {
  frames: number;
  /** Lowest luma PSNR, in dB, of a frame against its source frame. */
  worstDb: number;
  meanDb: number;
  /** Number of frames in which something moves. */
  moving: number;
  /** Share of the moving frames that fit their own source frame better than its neighbours. */
  inPlace: number;
}

/**
 * Compares decoded frames one by one. Their number alone proves nothing: a wrong seek can give the right number of
 * wrong frames.
 * @param sourceFilter what the job was meant to do to the source's frames, e.g. `bwdif=0`
 */
export async function comparePictures(
  playlistPath: string,
  sourcePath: string,
  sourceFilter = "null",
): Promise<PictureLikeness> {
  const [made, source] = await Promise.all([
    lumaPictures(playlistPath, "null"),
    lumaPictures(sourcePath, sourceFilter),
  ]);
  const frames = Math.min(made.length, source.length);
  const result = { frames, worstDb: Number.POSITIVE_INFINITY, meanDb: 0, moving: 0, inPlace: 0 };
  let fitting = 0;
  for (let at = 0; at < frames; at += 1) {
    const own = psnrDb(made[at], source[at]);
    result.worstDb = Math.min(result.worstDb, own);
    result.meanDb += own / frames;
    const neighbours = [source[at - 1], source[at + 1]].filter((each) => each !== undefined);
    const stillness = Math.max(0, ...neighbours.map((each) => psnrDb(source[at], each)));
    if (stillness > STILL_DB) continue;
    result.moving += 1;
    if (neighbours.every((each) => psnrDb(made[at], each) < own + NOISE_DB)) fitting += 1;
  }
  result.inPlace = result.moving === 0 ? 1 : fitting / result.moving;
  return result;
}

async function lumaPictures(path: string, filter: string): Promise<Uint8Array[]> {
  const raw = await ffmpeg([
    ...(path.endsWith(".m3u8") ? ["-allowed_extensions", "ALL"] : []),
    ...["-i", path, "-map", "0:v:0", "-fps_mode", "passthrough"],
    ...["-vf", `${filter},scale=${WIDTH}:${HEIGHT}:flags=area:out_range=tv,format=yuv420p`],
    ...["-f", "rawvideo", "-"],
  ]);
  const luma = WIDTH * HEIGHT;
  const frame = luma * 1.5;
  return Array.from({ length: Math.floor(raw.length / frame) }, (_, at) =>
    raw.subarray(at * frame, at * frame + luma),
  );
}

/** PSNR of two frames in dB, at most 99, which equal frames get. */
function psnrDb(a: Uint8Array | undefined, b: Uint8Array | undefined): number {
  if (a === undefined || b === undefined) return 0;
  let sum = 0;
  for (let at = 0; at < a.length; at += 1) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    sum += difference * difference;
  }
  return sum === 0 ? 99 : Math.min(99, 10 * Math.log10((255 * 255 * a.length) / sum));
}
