import type { ColourTags } from "../../../shared/cmaf/init.ts";
import { readAvcRecord } from "../../../shared/h264/avc-config.ts";
import { statedAvcRecord, statedPacket } from "../../../shared/h264/stated-colours.ts";
import { TributaryError } from "../../../shared/job/errors.ts";
import { colourSpace } from "../engines/webcodecs/decoded-colour.ts";
import type { CodedVideo } from "./decode-frames.ts";
import { measuredConversion } from "./measured-rgb.ts";
import type { RgbConversion } from "./rgb-conversion.ts";

/** A video that states the colours it is decoded in, to decoders and to encoders after them. */
export interface StatedVideo extends CodedVideo {
  /**
   * Leads back from pictures that a decoder hands out in RGB.
   * @throws TributaryError ENGINE_UNAVAILABLE where nobody knows how they came to be
   */
  rgb: () => Promise<RgbConversion>;
}

/** matrix_coefficients that all of VP8 has (RFC 6386, 9.2). */
const VP8_MATRIX = 6;

/** Whether it can be known how a decoder that hands out RGB makes it of this codec. */
export function tellsItsMatrix({ codec }: VideoDecoderConfig): boolean {
  return codec.startsWith("avc1") || codec === "vp8";
}

/**
 * Some decoders convert to RGB by what the stream says, whatever their configuration has (Firefox 153), and
 * some encoders repeat the source's label (WebKitGTK 2.50): so the stream is made to say it, where it is H.264.
 */
export function statedVideo({ config, packets }: CodedVideo, tags: ColourTags): StatedVideo {
  const said = { ...config, colorSpace: colourSpace(tags) };
  const stated = statedAvc({ config: said, packets }, tags);
  if (stated !== null) return { ...stated, rgb: () => measuredConversion(tags.matrix) };
  if (config.codec === "vp8") {
    return { config: said, packets, rgb: () => measuredConversion(VP8_MATRIX) };
  }
  const message = "This browser hands out pictures in RGB, and does not say how it made them.";
  const rgb = () => Promise.reject(new TributaryError("ENGINE_UNAVAILABLE", message));
  return { config: said, packets, rgb };
}

/** Null where it is not H.264 or cannot be told. */
function statedAvc({ config, packets }: CodedVideo, tags: ColourTags): CodedVideo | null {
  if (!config.codec.startsWith("avc1") || config.description === undefined) return null;
  const record = bytesOf(config.description);
  const description = statedAvcRecord(record, tags);
  if (description === null) return null;
  const { nalLengthBytes } = readAvcRecord(record);
  const statedPackets: EncodedVideoChunk[] = [];
  for (const packet of packets) {
    const own = packet.type === "key" ? statedKey(packet, nalLengthBytes, tags) : packet;
    if (own === null) return null;
    statedPackets.push(own);
  }
  return { config: { ...config, description }, packets: statedPackets };
}

/** Parameter sets inside the stream stand before key pictures. */
function statedKey(
  packet: EncodedVideoChunk,
  nalLengthBytes: number,
  tags: ColourTags,
): EncodedVideoChunk | null {
  const data = new Uint8Array(packet.byteLength);
  packet.copyTo(data);
  const stated = statedPacket(data, nalLengthBytes, tags);
  if (stated === data) return packet;
  if (stated === null) return null;
  const { type, timestamp, duration } = packet;
  return new EncodedVideoChunk({
    ...{ type, timestamp, data: stated },
    ...(duration === null ? {} : { duration }),
  });
}

function bytesOf(source: AllowSharedBufferSource): Uint8Array {
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
}
