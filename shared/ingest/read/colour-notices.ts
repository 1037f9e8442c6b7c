import type { VideoFacts } from "../../job/job.ts";
import { type Notice, notice } from "../../job/notice.ts";

/** Notices for colours of the source that the renditions, 8-bit SDR, cannot keep. */
export function coloursReduced({
  transfer,
  bitDepth,
}: Pick<VideoFacts, "transfer" | "bitDepth">): Notice[] {
  if (transfer !== "sdr") {
    const message =
      "The video is HDR. It is made for ordinary screens, so very bright parts look less bright.";
    return [notice("TONE_MAPPED", message)];
  }
  if (bitDepth <= 8) return [];
  const message = `The ${bitDepth}-bit picture becomes 8-bit, which plays everywhere. Fine shades may show steps.`;
  return [notice("DEPTH_REDUCED", message)];
}
