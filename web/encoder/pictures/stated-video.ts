import type { ColourTags } from "../../../shared/cmaf/init.ts";
import { readAvcRecord } from "../../../shared/h264/avc-config.ts";
import { statedAvcRecord, statedPacket } from "../../../shared/h264/stated-colours.ts";
import { TributaryError } from "../../../shared/job/errors.ts";
import { statedVp9Packet } from "../../../shared/vp9-colours.ts";
import { colourSpace } from "../engines/webcodecs/decoded-colour.ts";
import type { CodedVideo } from "./decode-frames.ts";
import { measuredConversion } from "./measured-rgb.ts";
import type { RgbConversion } from "./rgb-conversion.ts";

/** A video whose stream states its colours, for decoders, and for encoders that get their frames. */
export interface StatedVideo extends CodedVideo {
  /**
   * The conversion back to Y'CbCr for pictures that a decoder hands out in RGB.
   * @throws TributaryError ENGINE_UNAVAILABLE where the matrix that the decoder used is not known
   */
  rgb: () => Promise<RgbConversion>;
}

/** matrix_coefficients of all VP8 streams (RFC 6386, 9.2). */
const VP8_MATRIX = 6;

/** Whether the matrix of a codec's stream is known, so that RGB from a decoder can be converted back. */
export function tellsItsMatrix({ codec }: VideoDecoderConfig): boolean {
  return /^(avc1|vp8$|vp09\.00)/.test(codec);
}

/**
 * Makes an H.264 or VP9 stream state its colours. Some decoders convert to RGB by what the stream states, and ignore
 * their configuration (Firefox 153). Some encoders repeat the source's label (WebKitGTK 2.50).
 */
export function statedVideo({ config, packets }: CodedVideo, tags: ColourTags): StatedVideo {
  const said = { ...config, colorSpace: colourSpace(tags) };
  const coded = { config: said, packets };
  const stated = statedAvc(coded, tags) ?? statedVp9(coded, tags);
  if (stated !== null) return { ...stated, rgb: () => measuredConversion(tags.matrix) };
  if (config.codec === "vp8") {
    return { config: said, packets, rgb: () => measuredConversion(VP8_MATRIX) };
  }
  const message = "This browser hands out pictures in RGB, and does not say how it made them.";
  const rgb = () => Promise.reject(new TributaryError("ENGINE_UNAVAILABLE", message));
  return { config: said, packets, rgb };
}

/** Null where it is not H.264, or where its colours cannot be stated. */
function statedAvc({ config, packets }: CodedVideo, tags: ColourTags): CodedVideo | null {
  if (!config.codec.startsWith("avc1") || config.description === undefined) return null;
  const record = bytesOf(config.description);
  const description = statedAvcRecord(record, tags);
  if (description === null) return null;
  const { nalLengthBytes } = readAvcRecord(record);
  // Parameter sets inside the stream stand before key pictures.
  const stated = changed(packets, (data, type) =>
    type === "key" ? statedPacket(data, nalLengthBytes, tags) : data,
  );
  return stated === null ? null : { config: { ...config, description }, packets: stated };
}

/** Null where it is not VP9, or where its colours cannot be stated. */
function statedVp9({ config, packets }: CodedVideo, { matrix }: ColourTags): CodedVideo | null {
  if (!config.codec.startsWith("vp09")) return null;
  const stated = changed(packets, (data) => statedVp9Packet(data, matrix));
  return stated === null ? null : { config, packets: stated };
}

/**
 * The packets after a change; null where one cannot be changed.
 * @param change returns its argument for a packet that stays as it is
 */
function changed(
  packets: readonly EncodedVideoChunk[],
  change: (
    data: Uint8Array<ArrayBuffer>,
    type: EncodedVideoChunkType,
  ) => Uint8Array<ArrayBuffer> | null,
): EncodedVideoChunk[] | null {
  const made: EncodedVideoChunk[] = [];
  for (const packet of packets) {
    const { type, timestamp, duration } = packet;
    const own = new Uint8Array(packet.byteLength);
    packet.copyTo(own);
    const data = change(own, type);
    if (data === null) return null;
    const times = { timestamp, ...(duration === null ? {} : { duration }) };
    made.push(data === own ? packet : new EncodedVideoChunk({ type, ...times, data }));
  }
  return made;
}

function bytesOf(source: AllowSharedBufferSource): Uint8Array {
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
}
