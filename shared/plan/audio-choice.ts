/** The owner's choices for a video's audio; absent fields take the default. Pages use this module: no schemas. */
export interface AudioChoice {
  /** Rate of a stereo rendition, in kbit/s. Mono gets half, but not below the least. Default: AUDIO_KILOBITS.usual. */
  kilobitsPerSecond?: number | undefined;
  /** Whether all tracks are made as loud as `LOUDNESS_TARGET`. Default: they stay as they are. */
  loudness?: boolean | undefined;
  /** Whether 5.1 of the source is made, too, beside its stereo. Default: no; it is as much work as three stereos. */
  surround?: boolean | undefined;
  /** Measures of the source, where its loudness is to be changed. */
  measured?: readonly LoudnessMeasure[] | undefined;
}

/** Channels of 5.1. */
export const SURROUND_CHANNELS = 6;

/** Loudness of a track as it is mixed for the video (EBU R 128). */
export interface LoudnessMeasure {
  /** `AudioFacts.track` */
  track: number;
  /** Channels of the mix: 1, 2 or 6. */
  channels: number;
  /** Integrated; null for silence. */
  lufs: number | null;
  /** True peak; null for silence. */
  peakDbtp: number | null;
}

/** The usual loudness of web players and podcast apps. The limiter holds the peak (`encode/loudness.ts`). */
export const LOUDNESS_TARGET = { lufs: -16, peakDbtp: -1.5 } as const;

/** Rates of a stereo rendition, in kbit/s. The AAC encoder is good from 64 on (`encode/ffmpeg-audio-args.ts`). */
export const AUDIO_KILOBITS = { least: 64, usual: 128, music: 192, most: 320 } as const;

/**
 * Reads a rate in kbit/s from text, such as a parameter of an address or a stored choice.
 * @returns undefined for anything but a whole number within the bounds
 */
export function audioKilobits(text: string | null | undefined): number | undefined {
  const rate = Number(text);
  const isRate =
    Number.isInteger(rate) && rate >= AUDIO_KILOBITS.least && rate <= AUDIO_KILOBITS.most;
  return isRate ? rate : undefined;
}
