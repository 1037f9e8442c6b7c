import type { ColourTags } from "../../../../shared/cmaf/init.ts";
import type { DecodedColour } from "../../../../shared/encode/colour.ts";

/** WebCodecs names of the code points that outputs can have (WebCodecs, 9.9; ISO/IEC 23091-2). */
const PRIMARIES: Record<number, VideoColorPrimaries> = { 1: "bt709", 5: "bt470bg", 6: "smpte170m" };
const TRANSFERS: Record<number, VideoTransferCharacteristics> = {
  1: "bt709",
  6: "smpte170m",
  13: "iec61966-2-1",
};
const MATRICES: Record<number, VideoMatrixCoefficients> = {
  1: "bt709",
  5: "bt470bg",
  6: "smpte170m",
};

/** Colours of a container or a decoded frame, in ffmpeg's names, which WebCodecs shares. */
export function decodedColour(
  space: VideoColorSpaceInit | undefined,
  format: VideoPixelFormat | null,
): DecodedColour {
  return {
    pixelFormat: format === null ? undefined : format.toLowerCase(),
    range: space?.fullRange === true ? "pc" : undefined,
    matrix: space?.matrix === "rgb" ? "gbr" : (space?.matrix ?? undefined),
    primaries: space?.primaries ?? undefined,
    transfer: space?.transfer ?? undefined,
  };
}

/** The colour space to decode with, so that frames and what is encoded from them carry the planned tags. */
export function colourSpace(tags: ColourTags): VideoColorSpaceInit {
  return {
    primaries: PRIMARIES[tags.primaries] ?? "bt709",
    transfer: TRANSFERS[tags.transfer] ?? "bt709",
    matrix: MATRICES[tags.matrix] ?? "bt709",
    fullRange: false,
  };
}
