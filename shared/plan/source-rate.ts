import type { VideoFacts } from "../job/job.ts";

/**
 * How many bits of H.264 show what a bit of another codec shows; less than 1 for older codecs. From
 * comparisons at equal quality, on the generous side: 1.5 to 2 for H.265 and VP9, 2 and more for AV1.
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
 * Most bits a second that a rendition can make use of: those of the source, for its share of the pixels.
 * @param shortSide of the rendition
 * @returns kbit/s; infinite where the source's rate is not known
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
