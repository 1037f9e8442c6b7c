import { AAC_LC_CODEC } from "../cmaf/aac.ts";
import type { AudioFacts, AudioRendition, VideoFacts } from "../job/job.ts";
import { mixes } from "./channel-mix.ts";

/** Why the browser's codecs are not used for a source's pictures. */
export interface FastRefusal {
  code: FastRefusalCode;
  /** One plain sentence. */
  message: string;
}

export type FastRefusalCode =
  /** The source has what they cannot do right; HDR, BIT_DEPTH, COLOURS: as this browser hands it out. */
  | "INTERLACED"
  | "HDR"
  | "BIT_DEPTH"
  | "COLOURS"
  | "ROTATED"
  | "MIXED_SHAPES"
  | "OPEN_GOP"
  /** The browser lacks WebCodecs, or these codecs. */
  | "NO_WEBCODECS"
  | "NO_DECODER"
  | "NO_ENCODER"
  /** It has them, and they failed at a picture with known colours. */
  | "COLOURS_WRONG"
  /** Its decoder hands out RGB, and how it made that of this codec cannot be known. */
  | "COLOURS_UNKNOWN";

/**
 * Why WebCodecs would not make of a source what ffmpeg makes of it; null when it would. Whether the
 * browser has the codecs is another question, and so is each chunk's first picture.
 */
export function webCodecsRefusal(
  video: Pick<VideoFacts, "interlaced" | "rotation" | "mirrored" | "mixedShapes">,
): FastRefusal | null {
  if (video.interlaced) {
    return { code: "INTERLACED", message: "The browser's codecs cannot deinterlace." };
  }
  if (video.mixedShapes === true) {
    return { code: "MIXED_SHAPES", message: "The pictures change their shape." };
  }
  if (video.rotation !== 0 || video.mirrored === true) {
    return { code: "ROTATED", message: "The browser's encoder does not turn pictures." };
  }
  return null;
}

/**
 * The same of an audio track. Only AAC is taken: whether a decoder of it gives its samples in their place
 * can be found out, because there is an encoder whose delay is known. Other rates are ffmpeg's, too: a
 * resampler of our own would be for the few sources that are neither at 44.1 nor at 48 kHz.
 *
 * @param track undefined: the plan has no such track
 */
export function webCodecsAudioRefusal(
  track: Pick<AudioFacts, "codec" | "sampleRate" | "channels" | "mixedFormats"> | undefined,
  rendition: Pick<AudioRendition, "sampleRate" | "channels">,
): string | null {
  if (track?.codec !== AAC_LC_CODEC) return "The source's audio is not AAC-LC.";
  if (track.mixedFormats === true) return "The audio changes its channels or codec.";
  if (track.sampleRate !== rendition.sampleRate) return "The audio has to be resampled.";
  if (rendition.channels > 2) return "5.1 is made by ffmpeg.";
  if (!mixes(track, rendition)) return "The audio's channels are not mono, stereo or 5.1.";
  return null;
}
