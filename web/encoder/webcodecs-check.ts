import { type FastRefusal, webCodecsRefusal } from "../../shared/encode/webcodecs-support.ts";
import { toWireError } from "../../shared/job/errors.ts";
import type { VideoFacts, VideoRendition } from "../../shared/job/job.ts";
import { outputFrameRate } from "../../shared/plan/ladder.ts";
import { decodes, hasWebCodecs } from "./capability.ts";
import { encoderConfig } from "./engines/webcodecs/rung-encoder.ts";
import { WebCodecsEngine } from "./engines/webcodecs.ts";
import { type ColourProof, proveColours } from "./pictures/colour-proof.ts";
import { decodeFrames } from "./pictures/decode-frames.ts";
import { PlaneReader } from "./pictures/planes.ts";
import { decoderConfig, planSamples } from "./pictures/sample-conversion.ts";
import { statedVideo, tellsItsMatrix } from "./pictures/stated-video.ts";

/** Checks of the browser's codecs, which are chosen only where they pass. */

const NO_DECODER: FastRefusal = {
  code: "NO_DECODER",
  message: "This browser does not decode this codec.",
};

export const NO_ENCODER: FastRefusal = {
  code: "NO_ENCODER",
  message: "This browser does not encode H.264 in these sizes.",
};

interface DecodeStart {
  /** Null where WebCodecs has no name for the source's codec. */
  config: VideoDecoderConfig | null;
  /** Whether the source's first picture is an IDR. */
  isIdr: boolean;
  /** The first key packet. */
  packet: { toEncodedVideoChunk(): EncodedVideoChunk } | null;
}

export interface FastQuestion {
  video: VideoFacts;
  renditions: readonly VideoRendition[];
  /** Reads the source's first packet and decoder configuration; called only where no earlier check refuses. */
  decodeStart(): Promise<DecodeStart>;
}

/**
 * Why the browser's codecs cannot make these renditions of a source right; null where they can.
 *
 * @throws TributaryError what `decodeStart` throws
 */
export async function refuseFast(question: FastQuestion): Promise<FastRefusal | null> {
  const { video, renditions, decodeStart } = question;
  if (!hasWebCodecs()) {
    return { code: "NO_WEBCODECS", message: "This browser has no codecs of its own to use." };
  }
  const refusal = webCodecsRefusal(video);
  if (refusal !== null) return refusal;
  const { config, isIdr, packet } = await decodeStart();
  if (!isIdr) {
    const message = "The browser's decoder does not take open groups of pictures.";
    return { code: "OPEN_GOP", message };
  }
  if (config === null || !(await decodes(config))) return NO_DECODER;
  const unreadable = await refuseSamples(config, packet, question);
  if (unreadable !== null) return unreadable;
  if (!(await encodes(renditions, outputFrameRate(video)))) return NO_ENCODER;
  const { fault, inRgb } = await colourProof();
  if (fault !== null) return { code: "COLOURS_WRONG", message: fault };
  if (!inRgb || tellsItsMatrix(config)) return null;
  const message = "This browser's own codecs might change this video's colours.";
  return { code: "COLOURS_UNKNOWN", message };
}

/** Refuses the codecs where pictures must be converted, and the conversion of the first picture fails. */
async function refuseSamples(
  config: VideoDecoderConfig,
  packet: DecodeStart["packet"],
  { video, renditions }: FastQuestion,
): Promise<FastRefusal | null> {
  try {
    const { colour, conversion } = planSamples(config, video, renditions);
    if (conversion === null && video.bitDepth <= 8) return null;
    const packets = packet === null ? [] : [packet.toEncodedVideoChunk()];
    const stated = statedVideo({ config, packets }, colour.tags);
    const coded = { ...stated, config: decoderConfig(stated.config, video) };
    if (!(await decodes(coded.config))) return NO_DECODER;
    const reader = new PlaneReader(stated.rgb, conversion);
    const pictures = decodeFrames(coded, (frame) => reader.read(frame));
    await pictures.next();
    await pictures.return();
    return null;
  } catch (thrown) {
    const code = video.transfer !== "sdr" ? "HDR" : video.bitDepth > 8 ? "BIT_DEPTH" : "COLOURS";
    return { code, message: toWireError(thrown).message };
  }
}

let proof: Promise<ColourProof> | null = null;

/** Result of `proveColours` for the browser's codecs; found once a session. */
function colourProof(): Promise<ColourProof> {
  proof ??= proveColours(new WebCodecsEngine());
  return proof;
}

/** The fault of the browser's own codecs; null where there is none, or no codecs. */
export async function colourFault(): Promise<string | null> {
  return hasWebCodecs() ? (await colourProof()).fault : null;
}

async function encodes(renditions: readonly VideoRendition[], frameRate: number): Promise<boolean> {
  const answers = renditions.map((rendition) =>
    VideoEncoder.isConfigSupported(encoderConfig(rendition, frameRate)).catch(() => null),
  );
  return (await Promise.all(answers)).every((answer) => answer?.supported === true);
}
