import type { AudioCodec } from "mediabunny";

/**
 * Makes a counter of the samples that a packet decodes to, for codecs where the number varies. Rounded times
 * of a container do not tell it, and a count that is off by one shifts everything after it.
 * @returns null when all packets of the codec are equal, or nothing is known
 */
export function countSamples(
  codec: AudioCodec | null,
  description: Uint8Array | null,
): ((packet: Uint8Array) => number) | null {
  if (codec === "opus") return opusSamples;
  if (codec === "flac") return flacSamples;
  if (codec === "vorbis" && description !== null) return vorbisCounter(description);
  return null;
}

/** Bytes of one sample of all channels; null when the codec is not PCM. */
export function pcmFrameBytes(codec: AudioCodec | null, channels: number): number | null {
  if (codec === "ulaw" || codec === "alaw") return channels;
  const bits = /^pcm-[suf](\d+)/.exec(codec ?? "")?.[1];
  return bits === undefined ? null : (Number(bits) / 8) * channels;
}

/** Frame durations by configuration, in samples at 48 kHz (RFC 6716, table 2). */
function opusFrameSamples(config: number): number {
  if (config >= 16) return 120 << (config & 3);
  if (config >= 12) return 480 << (config & 1);
  return (config & 3) === 3 ? 2880 : 480 << (config & 3);
}

/** RFC 6716, 3.1 and 3.2. */
function opusSamples(packet: Uint8Array): number {
  const toc = packet[0];
  if (toc === undefined) return 0;
  const code = toc & 3;
  const frames = code === 0 ? 1 : code < 3 ? 2 : (packet[1] ?? 0) & 63;
  return frames * opusFrameSamples(toc >> 3);
}

/** Block size of a frame header (RFC 9639, 9.1.1 and 9.1.6). */
function flacSamples(packet: Uint8Array): number {
  const code = (packet[2] ?? 0) >> 4;
  if (code === 1) return 192;
  if (code >= 2 && code <= 5) return 576 << (code - 2);
  if (code >= 8) return 256 << (code - 8);
  // The coded number is like UTF-8: its first byte tells its length.
  const lead = packet[4] ?? 0;
  const length = lead < 0x80 ? 1 : Math.max(2, Math.clz32(~(lead << 24)));
  const at = 4 + length;
  return code === 6
    ? (packet[at] ?? 0) + 1
    : (((packet[at] ?? 0) << 8) | (packet[at + 1] ?? 0)) + 1;
}

/**
 * Vorbis I, 4.3.8: a packet yields a quarter of its own and a quarter of the previous block's size;
 * the first yields nothing. The mode, and with it the size, stands in the packet's first bits.
 */
function vorbisCounter(description: Uint8Array): ((packet: Uint8Array) => number) | null {
  const headers = splitXiph(description);
  const identification = headers?.[0];
  const setup = headers?.[2];
  if (identification === undefined || setup === undefined || identification.length < 30)
    return null;
  const exponents = identification[28] ?? 0;
  const small = 1 << (exponents & 15);
  const large = 1 << (exponents >> 4);
  const modes = vorbisModes(setup);
  if (modes === null) return null;
  const modeBits = 32 - Math.clz32(modes.length - 1);
  let previous: number | null = null;
  return (packet) => {
    const first = packet[0] ?? 1;
    // The lowest bit is 1 in headers, which yield nothing.
    if (packet.length === 0 || (first & 1) === 1) return 0;
    const mode = (first >> 1) & ((1 << modeBits) - 1);
    const size = modes[mode] === 1 ? large : small;
    const samples = previous === null ? 0 : (previous + size) / 4;
    previous = size;
    return samples;
  };
}

/** Three headers with Xiph lacing, as Matroska keeps them. */
function splitXiph(description: Uint8Array): Uint8Array[] | null {
  if (description[0] !== 2) return null;
  let at = 1;
  const sizes: number[] = [];
  for (let i = 0; i < 2; i++) {
    let size = 0;
    while (description[at] === 255) {
      size += 255;
      at++;
    }
    sizes.push(size + (description[at++] ?? 0));
  }
  const [first = 0, second = 0] = sizes;
  return [
    description.subarray(at, at + first),
    description.subarray(at + first, at + first + second),
    description.subarray(at + first + second),
  ];
}

/**
 * Block flags of the modes, read backwards from the setup header's end as libavcodec's vorbis_parser
 * does: 41 bits a mode, of which 32 are zero, and before all modes their number.
 */
function vorbisModes(setup: Uint8Array): number[] | null {
  const bit = (position: number) => ((setup[position >> 3] ?? 0) >> (position & 7)) & 1;
  const value = (position: number, bits: number) => {
    let sum = 0;
    for (let i = 0; i < bits; i++) sum += bit(position + i) * 2 ** i;
    return sum;
  };
  let end = setup.length * 8 - 1;
  while (end > 97 && bit(end) === 0) end--;
  let found = 0;
  let at = end;
  for (let count = 1; count <= 64 && at - 41 > 6; count++) {
    at -= 41;
    // Mode: flag, window type (0), transform type (0), mapping.
    if (value(at + 1, 32) !== 0 || value(at + 33, 8) > 63) break;
    if (value(at - 6, 6) + 1 === count) found = count;
  }
  if (found === 0) return null;
  return Array.from({ length: found }, (_, mode) => bit(end - 41 * (found - mode)));
}
