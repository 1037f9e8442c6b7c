import type { VideoFacts } from "./job.ts";

/**
 * Why WebCodecs would not make of a source what ffmpeg makes of it, in plain words; null when it
 * would. Whether the browser has the codecs is another question, and so is each chunk's first picture.
 */
export function webCodecsRefusal(
  video: Pick<VideoFacts, "interlaced" | "transfer" | "bitDepth" | "rotation">,
): string | null {
  if (video.interlaced) return "WebCodecs cannot deinterlace.";
  if (video.transfer !== "sdr") return "WebCodecs cannot map HDR to SDR.";
  if (video.bitDepth > 8) return "WebCodecs encoders take 8 bits.";
  if (video.rotation !== 0) return "WebCodecs encoders do not turn pictures.";
  return null;
}
