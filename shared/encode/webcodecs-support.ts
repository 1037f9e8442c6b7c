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
  /** The codecs cannot handle this source correctly. HDR, BIT_DEPTH and COLOURS depend on the browser. */
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
  /** The browser has these codecs, but they failed at a picture with known colours. */
  | "COLOURS_WRONG"
  /** The decoder puts out RGB, and how it converts this codec's colours cannot be found out. */
  | "COLOURS_UNKNOWN";

/**
 * Why WebCodecs would not give the same pictures as ffmpeg for a source; null when it would. Whether the
 * browser has the codecs, and each chunk's first picture, are checked elsewhere.
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
 * The same for an audio track, as one plain sentence. Only AAC is accepted: there is an AAC encoder of known
 * delay, by which to find out whether a decoder puts samples in their places. Audio that has to be resampled
 * goes to ffmpeg, too: a resampler of our own would serve only the few sources that are neither at 44.1 nor at
 * 48 kHz.
 *
 * @param track undefined: the source has no such track
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
