import { EncodedPacketSink, type InputVideoTrack } from "mediabunny";
import { readAvcRecord } from "../../h264/avc-config.ts";
import { type NalFraming, nalUnits } from "../../h264/nal-units.ts";
import { isInterlaced, readPicture } from "../../h264/picture.ts";
import { type ColourCodes, type H264Sps, parseSps } from "../../h264/sps.ts";
import type { VideoFacts } from "../../job/job.ts";

/** Facts from a track's headers and first pictures; frames and rates come from the index. */
export type PictureFacts = Pick<
  VideoFacts,
  | "codec"
  | "width"
  | "height"
  | "displayWidth"
  | "displayHeight"
  | "rotation"
  | "mirrored"
  | "interlaced"
  | "bitDepth"
  | "transfer"
  | "colour"
>;

export interface H264Stream {
  sps: H264Sps;
  framing: NalFraming;
  /** Some packets hold single fields: two of them make a frame. */
  fieldPictures: boolean;
  interlaced: boolean;
}

/** Packets looked at to tell fields from frames. */
const PACKETS_LOOKED_AT = 24;

export async function readPictureFacts(
  track: InputVideoTrack,
  h264: H264Stream | null,
): Promise<PictureFacts> {
  // The bitstream is what gets decoded; mediabunny halves the height of field-coded MPEG-TS.
  const [width, height, rotation, aspect] = await Promise.all([
    h264?.sps.width ?? track.getCodedWidth(),
    h264?.sps.height ?? track.getCodedHeight(),
    track.getRotation(),
    track.getPixelAspectRatio(),
  ]);
  const parameter = await track.getCodecParameterString();
  const shown = displaySize(width, height, aspect.num / aspect.den, rotation);
  const colour = await track.getColorSpace();
  return {
    codec: (parameter ?? (await track.getCodec()) ?? "unknown").slice(0, 100),
    width,
    height,
    ...shown,
    rotation,
    ...((await track.getFlip()) ? { mirrored: true } : {}),
    interlaced: h264?.interlaced ?? false,
    bitDepth: await readBitDepth(track, h264),
    transfer: transferName(colour.transfer, h264?.sps.transfer),
    colour: colourNames(h264?.sps.colours ?? null, colour),
  };
}

/** The size in square pixels: the width is stretched, the height stays, then the picture is turned. */
export function displaySize(
  width: number,
  height: number,
  sampleAspect: number,
  rotation: number,
): { displayWidth: number; displayHeight: number } {
  const usable = Number.isFinite(sampleAspect) && sampleAspect > 0.05 && sampleAspect < 20;
  const stretched = Math.max(1, Math.round(width * (usable ? sampleAspect : 1)));
  return rotation % 180 === 0
    ? { displayWidth: stretched, displayHeight: height }
    : { displayWidth: height, displayHeight: stretched };
}

/**
 * HDR when either the container or the bitstream says so: files exist where one of them is wrong,
 * and treating PQ as SDR shows as a grey, flat picture. Numbers: ITU-T H.273, table 3.
 */
function transferName(
  container: string | null | undefined,
  bitstream: number | undefined,
): VideoFacts["transfer"] {
  if (container === "pq" || bitstream === 16) return "pq";
  if (container === "hlg" || bitstream === 18) return "hlg";
  return "sdr";
}

/**
 * Colours as FFmpeg reports them for decoded pictures: from the bitstream if it states them, else from the
 * container. Numbers: ITU-T H.273, tables 2 to 4. Pictures with numbers that are left out are converted, so their
 * names do not matter.
 */
function colourNames(
  bitstream: ColourCodes | null,
  container: VideoColorSpaceInit,
): VideoFacts["colour"] {
  const names =
    bitstream === null
      ? {
          primaries: container.primaries,
          transfer: container.transfer,
          matrix: container.matrix === "rgb" ? "gbr" : container.matrix,
        }
      : {
          primaries: PRIMARIES[bitstream.primaries],
          transfer: TRANSFERS[bitstream.transfer],
          matrix:
            bitstream.matrix === UNSPECIFIED
              ? undefined
              : (MATRICES[bitstream.matrix] ?? `matrix ${bitstream.matrix}`),
        };
  const { primaries, transfer, matrix } = names;
  return {
    ...(primaries ? { primaries } : {}),
    ...(transfer ? { transfer } : {}),
    ...(matrix ? { matrix } : {}),
  };
}

const UNSPECIFIED = 2;
const PRIMARIES: Record<number, string> = { 1: "bt709", 5: "bt470bg", 6: "smpte170m" };
const TRANSFERS: Record<number, string> = { 1: "bt709", 6: "smpte170m", 13: "iec61966-2-1" };
const MATRICES: Record<number, string> = {
  0: "gbr",
  1: "bt709",
  5: "bt470bg",
  6: "smpte170m",
  9: "bt2020nc",
};

async function readBitDepth(track: InputVideoTrack, h264: H264Stream | null): Promise<number> {
  if (h264 !== null) return h264.sps.bitDepth;
  const codec = await track.getCodec();
  const parts = ((await track.getCodecParameterString()) ?? "").split(".");
  if (codec === "hevc") {
    // hvcC, bitDepthLumaMinus8 (ISO/IEC 14496-15, 8.3.3.1.2); profile 2 is Main 10.
    const description = await readDescription(track);
    if (description !== null && description.length > 17) return 8 + ((description[17] ?? 0) & 7);
    return parts[1]?.endsWith("2") ? 10 : 8;
  }
  // vp09.PP.LL.DD and av01.P.LLT.DD
  if (codec === "vp9" || codec === "av1") return Number(parts[3] ?? 8) || 8;
  return codec === "prores" ? 10 : 8;
}

/** Reads an H.264 track's SPS and first packets; null when it is not H.264 or has no readable SPS. */
export async function readH264Stream(
  track: InputVideoTrack,
  signal: AbortSignal,
): Promise<H264Stream | null> {
  if ((await track.getCodec()) !== "avc") return null;
  const description = await readDescription(track);
  const record = description === null ? null : readAvcRecord(description);
  const framing = record?.nalLengthBytes ?? null;
  const [stated] = record?.spsUnits ?? [];
  let sps = stated === undefined ? null : parseSps(stated);
  let fieldPictures = false;
  let interlaced = false;
  let looked = 0;
  for await (const packet of new EncodedPacketSink(track).packets()) {
    signal.throwIfAborted();
    if (sps === null) {
      for (const unit of nalUnits(packet.data, framing)) sps ??= parseSps(unit);
    }
    if (sps !== null && !sps.maybeInterlaced) break;
    if (sps !== null) {
      fieldPictures ||= readPicture(packet.data, framing, sps)?.field != null;
      interlaced ||= isInterlaced(packet.data, framing, sps);
    }
    if (fieldPictures || ++looked >= PACKETS_LOOKED_AT) break;
  }
  return sps === null ? null : { sps, framing, fieldPictures, interlaced };
}

/** The codec's own configuration record (`avcC`, `hvcC`); null where the stream has it in band. */
export async function readDescription(track: InputVideoTrack): Promise<Uint8Array | null> {
  const description = (await track.getDecoderConfig())?.description;
  if (description === undefined) return null;
  return ArrayBuffer.isView(description)
    ? new Uint8Array(description.buffer, description.byteOffset, description.byteLength)
    : new Uint8Array(description);
}
