import { ffmpeg } from "../setup/media.ts";

/** Figures for one plane over all frames, in 8-bit levels. */
export interface PlaneLikeness {
  plane: "y" | "u" | "v";
  sourceMean: number;
  madeMean: number;
  /** PSNR of all frames together, capped at 99 dB. */
  psnrDb: number;
}

export interface ColourLikeness {
  frames: number;
  planes: PlaneLikeness[];
}

/**
 * Compares a rendition, as native ffmpeg decodes it, with the source scaled to its size. There is no colour
 * conversion in between: a wrong matrix or range shows, whatever the colour tags say.
 *
 * @param madePath a file or playlist of one rendition
 * @param sourceFilter what the job was meant to do to the source's frames, e.g. `bwdif=0`
 */
export async function compareColours(
  madePath: string,
  sourcePath: string,
  { width, height }: { width: number; height: number },
  sourceFilter = "null",
): Promise<ColourLikeness> {
  const decoded = (path: string, filter: string) =>
    ffmpeg([
      ...(path.endsWith(".m3u8") ? ["-allowed_extensions", "ALL"] : []),
      ...["-i", path, "-map", "0:v:0", "-fps_mode", "passthrough"],
      ...["-vf", `${filter},format=yuv420p`, "-f", "rawvideo", "-"],
    ]);
  const [made, source] = await Promise.all([
    decoded(madePath, "null"),
    decoded(sourcePath, `${sourceFilter},scale=${width}:${height}:out_range=tv`),
  ]);
  const luma = width * height;
  const chroma = ((width + 1) >> 1) * ((height + 1) >> 1);
  const frameBytes = luma + 2 * chroma;
  const frames = Math.min(made.length, source.length) / frameBytes;
  const planeAt = (plane: PlaneLikeness["plane"], from: number, size: number): PlaneLikeness => {
    let [sourceSum, madeSum, squares] = [0, 0, 0];
    for (let frame = 0; frame < frames; frame += 1) {
      for (let at = frame * frameBytes + from, end = at + size; at < end; at += 1) {
        const own = source[at] as number;
        const their = made[at] as number;
        sourceSum += own;
        madeSum += their;
        squares += (own - their) ** 2;
      }
    }
    const count = size * frames;
    const psnrDb = squares === 0 ? 99 : Math.min(99, 10 * Math.log10((255 ** 2 * count) / squares));
    return { plane, sourceMean: sourceSum / count, madeMean: madeSum / count, psnrDb };
  };
  return {
    frames,
    planes: [
      planeAt("y", 0, luma),
      planeAt("u", luma, chroma),
      planeAt("v", luma + chroma, chroma),
    ],
  };
}
