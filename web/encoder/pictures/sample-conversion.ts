import { type ColourPlan, planColour } from "../../../shared/encode/colour.ts";
import { TributaryError } from "../../../shared/job/errors.ts";
import type { VideoFacts, VideoRendition } from "../../../shared/job/job.ts";
import { decodedColour } from "../engines/webcodecs/decoded-colour.ts";
import type { SampleConversion } from "./planes.ts";

/** Setup of a `PlaneReader` for a source's decoded frames. */
export interface SamplePlan {
  colour: ColourPlan;
  /** Null where encoders take decoded pictures unchanged. */
  conversion: SampleConversion | null;
}

/** A decoder's configuration for a source of this bit depth. */
export function decoderConfig(
  config: VideoDecoderConfig,
  { bitDepth }: Pick<VideoFacts, "bitDepth">,
): VideoDecoderConfig {
  return {
    ...config,
    // Decoders in hardware do not hand out samples of more than 8 bits.
    hardwareAcceleration: bitDepth > 8 ? "prefer-software" : "no-preference",
    optimizeForLatency: false,
  };
}

/**
 * @param config of the source
 * @param renditions video renditions, not empty
 * @throws TributaryError ENGINE_UNAVAILABLE for colours that only ffmpeg converts
 */
export function planSamples(
  config: VideoDecoderConfig,
  facts: VideoFacts,
  renditions: readonly VideoRendition[],
): SamplePlan {
  const decoded = { ...decodedColour(config.colorSpace, null), ...facts.colour };
  const colour = planColour(decoded, facts, renditions[0]?.parameterSets?.colour);
  const fullRange = decoded.range === "pc";
  const { kind } = colour.conversion;
  const isWide = kind === "gamut" && /^bt2020-?ncl?$/.test(decoded.matrix ?? "");
  if (kind === "matrix" || (kind === "gamut" && !isWide)) {
    const message = "The browser's codecs do not convert colours of this kind.";
    throw new TributaryError("ENGINE_UNAVAILABLE", message);
  }
  const light = kind === "keep" ? null : facts.transfer;
  const largest = renditions.reduce((a, b) => (b.width > a.width ? b : a));
  return {
    colour,
    conversion: light === null && !fullRange ? null : { fullRange, light, largest },
  };
}
