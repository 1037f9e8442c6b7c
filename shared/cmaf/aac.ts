import { invalid } from "../isobmff/box.ts";
import { u16 } from "../isobmff/write.ts";

/** How AAC-LC is described to decoders (ISO/IEC 14496-3, 1.6.2.1). */

/** AAC-LC in a codecs parameter (RFC 6381). */
export const AAC_LC_CODEC = "mp4a.40.2";

const AAC_LC_OBJECT_TYPE = 2;

/** MPEG-4 sampling frequency indexes (ISO/IEC 14496-3, table 1.18). */
const SAMPLE_RATES = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000,
  7_350,
];

interface AacTrack {
  sampleRate: number;
  /** 1 to 6; these are also the values of channelConfiguration. */
  channels: number;
}

/**
 * AudioSpecificConfig of AAC-LC with frames of 1,024 samples.
 * @throws TributaryError OUTPUT_INVALID for a rate without an index
 */
export function audioSpecificConfig({ sampleRate, channels }: AacTrack): Uint8Array<ArrayBuffer> {
  const rateIndex = SAMPLE_RATES.indexOf(sampleRate);
  if (rateIndex < 0) throw invalid(`AAC has no index for ${sampleRate} Hz.`);
  return Uint8Array.from(u16((AAC_LC_OBJECT_TYPE << 11) | (rateIndex << 7) | (channels << 3)));
}

/**
 * Whether an encoder's AudioSpecificConfig describes the same AAC-LC as ours. It may be longer: encoders
 * append whether they use spectral band replication (SBR). With SBR the result is false.
 */
export function isPlainAacLc(config: Uint8Array, track: AacTrack): boolean {
  const [first, second] = audioSpecificConfig(track);
  if (config[0] !== first || config[1] !== second) return false;
  // syncExtensionType 0x2b7, then extensionAudioObjectType 5 (SBR) and sbrPresentFlag.
  const [, , sync, syncAndType, flags = 0] = config;
  return !(sync === 0x56 && syncAndType === 0xe5 && flags >= 0x80);
}
