import type { ColourTags } from "../../../shared/cmaf/init.ts";
import { readAvcRecord } from "../../../shared/h264/avc-config.ts";
import { statedAvcRecord, statedPacket } from "../../../shared/h264/stated-colours.ts";
import { TributaryError } from "../../../shared/job/errors.ts";
import { statedVp9Packet } from "../../../shared/vp9-colours.ts";
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
  return /^(avc1|vp8$|vp09\.00)/.test(codec);
}

/**
 * Some decoders convert to RGB by what the stream says, whatever their configuration has (Firefox 153), and
 * some encoders repeat the source's label (WebKitGTK 2.50): so the stream is made to say it, where it is H.264 or VP9.
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

/** Null where it is not H.264 or cannot be told. */
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

/** Null where it is not VP9 or cannot be told. */
function statedVp9({ config, packets }: CodedVideo, { matrix }: ColourTags): CodedVideo | null {
  if (!config.codec.startsWith("vp09")) return null;
  const stated = changed(packets, (data) => statedVp9Packet(data, matrix));
  return stated === null ? null : { config, packets: stated };
}

/** Null where one cannot be changed. @param change returns what it is given for what stays */
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
