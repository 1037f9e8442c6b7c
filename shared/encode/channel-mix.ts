import type { AudioFacts, AudioRendition } from "../job/job.ts";

/**
 * The share of centre and surround channels in each front channel, 3 dB down (ITU-R BS.775-3, annex 4,
 * table 2). The low-frequency channel is left out, and the sum is not scaled back. For floats, libswresample
 * does the same, with which the ffmpeg engine mixes.
 */
const SIDE_SHARE = Math.SQRT1_2;

/** Channels of a 5.1 track, in the order in which decoders on FFmpeg give them. */
const FRONT_LEFT = 0;
const FRONT_RIGHT = 1;
const CENTRE = 2;
const BACK_LEFT = 4;
const BACK_RIGHT = 5;
const SURROUND_CHANNELS = 6;

/** Whether `mixChannels` can turn the track's channels into the rendition's. */
export function mixes(
  track: Pick<AudioFacts, "channels">,
  rendition: Pick<AudioRendition, "channels">,
): boolean {
  const isSurround = track.channels === SURROUND_CHANNELS && rendition.channels === 2;
  return isSurround || track.channels === rendition.channels;
}

/**
 * Mixes 5.1 down to stereo; equal numbers of channels stay as they are.
 * @param samples interleaved, of `from` channels
 * @param from as many as `to`, or 6 (5.1) where `to` is 2
 * @returns interleaved, of `to` channels; the same array when nothing had to be mixed
 */
export function mixChannels(samples: Float32Array, from: number, to: number): Float32Array {
  if (from === to) return samples;
  const count = samples.length / SURROUND_CHANNELS;
  const mixed = new Float32Array(count * 2);
  for (let index = 0; index < count; index += 1) {
    const at = index * SURROUND_CHANNELS;
    const channel = (number: number) => samples[at + number] ?? 0;
    const centre = SIDE_SHARE * channel(CENTRE);
    mixed[index * 2] = channel(FRONT_LEFT) + centre + SIDE_SHARE * channel(BACK_LEFT);
    mixed[index * 2 + 1] = channel(FRONT_RIGHT) + centre + SIDE_SHARE * channel(BACK_RIGHT);
  }
  return mixed;
}
