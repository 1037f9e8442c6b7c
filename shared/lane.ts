import type { VideoFacts } from "./job.ts";

/**
 * Why WebCodecs would not make of a source what ffmpeg makes of it, in plain words; null when it
 * would. Whether the browser has the codecs is another question, and so is each chunk's first picture.
 */
export function webCodecsRefusal(
  video: Pick<VideoFacts, "interlaced" | "transfer" | "bitDepth" | "rotation">,
): string | null {
  if (video.interlaced) return "The browser's codecs cannot deinterlace.";
  if (video.transfer !== "sdr") return "The browser's codecs cannot turn HDR into SDR.";
  if (video.bitDepth > 8) return "The browser's encoder takes 8 bits only.";
  if (video.rotation !== 0) return "The browser's encoder does not turn pictures.";
  return null;
}
