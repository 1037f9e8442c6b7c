import type { VideoFacts } from "../job/job.ts";

/**
 * How many bits of H.264 give the quality of one bit of another codec; less than 1 for older codecs. From
 * comparisons at equal quality: 1.5 to 2 for H.265 and VP9, 2 and more for AV1.
 */
const WORTH: readonly [codec: RegExp, worth: number][] = [
  [/^(hvc1|hev1|hevc|h265)/, 1.7],
  [/^(vp09|vp9)/, 1.5],
  [/^(av01|av1)/, 2],
  [/^(mp2v|mpeg2|mpeg1)/, 0.6],
  [/^(mjpeg|jpeg|prores|ap[co4]|dv)/, 0.3],
];

/** Smaller pictures need more bits a pixel: twice the pixels need 1.7 times the bits. */
const PIXEL_POWER = 0.75;

/**
 * The highest bit rate that a rendition can make use of: the source's, scaled to the rendition's size.
 * @param shortSide of the rendition
 * @returns kbit/s; infinite when the source's rate is not known
 */
export function usefulKilobits(
  video: Pick<VideoFacts, "codec" | "bitsPerSecond" | "displayWidth" | "displayHeight">,
  shortSide: number,
): number {
  if (video.bitsPerSecond === undefined) return Number.POSITIVE_INFINITY;
  const worth = WORTH.find(([codec]) => codec.test(video.codec))?.[1] ?? 1;
  const scale = shortSide / Math.min(video.displayWidth, video.displayHeight);
  return (video.bitsPerSecond / 1000) * worth * Math.min(1, scale) ** (2 * PIXEL_POWER);
}
