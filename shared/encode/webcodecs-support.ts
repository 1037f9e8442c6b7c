import { AAC_LC_CODEC } from "../cmaf/aac.ts";
import type { AudioFacts, AudioRendition, VideoFacts } from "../job/job.ts";

/** Why the browser's codecs are not used for a source's pictures. */
export interface FastRefusal {
  code: FastRefusalCode;
  /** One plain sentence. */
  message: string;
}

export type FastRefusalCode =
  /** The source has what they cannot do right. */
  | "INTERLACED"
  | "HDR"
  | "BIT_DEPTH"
  | "ROTATED"
  | "MIXED_SHAPES"
  | "OPEN_GOP"
  /** The browser has none, or not these. */
  | "NO_WEBCODECS"
  | "NO_DECODER"
  | "NO_ENCODER"
  /** It has them, and they failed at a picture with known colours. */
  | "COLOURS_WRONG";

/**
 * Why WebCodecs would not make of a source what ffmpeg makes of it; null when it would. Whether the
 * browser has the codecs is another question, and so is each chunk's first picture.
 */
export function webCodecsRefusal(
  video: Pick<
    VideoFacts,
    "interlaced" | "transfer" | "bitDepth" | "rotation" | "mirrored" | "mixedShapes"
  >,
): FastRefusal | null {
  if (video.interlaced) {
    return { code: "INTERLACED", message: "The browser's codecs cannot deinterlace." };
  }
  if (video.transfer !== "sdr") {
    return { code: "HDR", message: "The browser's codecs cannot turn HDR into SDR." };
  }
  if (video.bitDepth > 8) {
    return { code: "BIT_DEPTH", message: "The browser's encoder takes 8 bits only." };
  }
  if (video.mixedShapes === true) {
    return { code: "MIXED_SHAPES", message: "The pictures change their shape." };
  }
  if (video.rotation !== 0 || video.mirrored === true) {
    return { code: "ROTATED", message: "The browser's encoder does not turn pictures." };
  }
  return null;
}

type Sound = Pick<AudioFacts, "codec" | "sampleRate" | "channels" | "mixedFormats">;

/**
 * The same of a track of sound. Only AAC is taken: should a browser's AAC decoder hand out its samples
 * late, then the sound that is encoded is late by as much, and so is what the result is held against;
 * both cancel out. That of another codec would stay.
 * @param track undefined: the plan has no such track
 */
export function webCodecsSoundRefusal(
  track: Sound | undefined,
  rendition: Pick<AudioRendition, "sampleRate" | "channels">,
): string | null {
  if (track?.codec !== AAC_LC_CODEC) return "The source's sound is not AAC-LC.";
  if (track.mixedFormats === true) return "The sound changes its channels or codec.";
  if (track.sampleRate !== rendition.sampleRate) return "The sound has to be resampled.";
  if (track.channels !== rendition.channels) return "The sound has to be mixed.";
  return null;
}

/** Raw AAC-LC frames of a rendition, as AudioEncoder is asked for them (WebCodecs AAC registration). */
export function aacEncoderConfig({
  sampleRate,
  channels,
  bitsPerSecond,
}: Pick<AudioRendition, "sampleRate" | "channels" | "bitsPerSecond">) {
  return {
    codec: AAC_LC_CODEC,
    sampleRate,
    numberOfChannels: channels,
    bitrate: bitsPerSecond,
    aac: { format: "aac" as const },
  };
}
