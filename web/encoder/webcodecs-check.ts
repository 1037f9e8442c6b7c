import { type FastRefusal, webCodecsRefusal } from "../../shared/encode/webcodecs-support.ts";
import type { VideoFacts, VideoRendition } from "../../shared/job/job.ts";
import { outputFrameRate } from "../../shared/plan/ladder.ts";
import { decodes, hasWebCodecs } from "./capability.ts";
import { encoderConfig } from "./engines/webcodecs/rung-encoder.ts";
import { WebCodecsEngine } from "./engines/webcodecs.ts";
import { type ColourProof, proveColours } from "./pictures/colour-proof.ts";
import { tellsItsMatrix } from "./pictures/stated-video.ts";

/** What is asked of the browser's codecs before anybody promises their speed. */

interface DecodeStart {
  /** Null where WebCodecs has no name for the source's codec. */
  config: VideoDecoderConfig | null;
  /** The source's first picture is an IDR. */
  isIdr: boolean;
}

export interface FastQuestion {
  video: VideoFacts;
  renditions: readonly VideoRendition[];
  /** Reads how decoding of the source begins; called only where that still matters. */
  decodeStart(): Promise<DecodeStart>;
}

/**
 * Why the browser's codecs would not make these renditions of a source right; null when they would.
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
  const { config, isIdr } = await decodeStart();
  if (!isIdr) {
    const message = "The browser's decoder does not take open groups of pictures.";
    return { code: "OPEN_GOP", message };
  }
  if (!(await decodes(config))) {
    return { code: "NO_DECODER", message: "This browser does not decode this codec." };
  }
  if (!(await encodes(renditions, outputFrameRate(video)))) {
    return { code: "NO_ENCODER", message: "This browser does not encode H.264 in these sizes." };
  }
  const { fault, inRgb } = await colourProof();
  if (fault !== null) return { code: "COLOURS_WRONG", message: fault };
  if (config === null || !inRgb || tellsItsMatrix(config)) return null;
  const message =
    "This browser's decoder turns this codec's pictures into RGB, and does not say how.";
  return { code: "COLOURS_UNKNOWN", message };
}

let proof: Promise<ColourProof> | null = null;

/** As `proveColours` says of the browser's codecs; found once a session. */
function colourProof(): Promise<ColourProof> {
  proof ??= proveColours(new WebCodecsEngine());
  return proof;
}

/** What is wrong with the browser's own codecs, if it has any. */
export async function colourFault(): Promise<string | null> {
  return hasWebCodecs() ? (await colourProof()).fault : null;
}

async function encodes(renditions: readonly VideoRendition[], frameRate: number): Promise<boolean> {
  const answers = renditions.map((rendition) =>
    VideoEncoder.isConfigSupported(encoderConfig(rendition, frameRate)).catch(() => null),
  );
  return (await Promise.all(answers)).every((answer) => answer?.supported === true);
}
