import { TributaryError } from "../job/errors.ts";

/**
 * Whether the ffmpeg core can decode the codec. Its build has an AV1 decoder for graphics cards only, which
 * a page cannot use: AV1 sources need the browser's own codecs or a server.
 *
 * @param codec of a source's pictures, as `VideoFacts` names it
 */
export function coreDecodes(codec: string): boolean {
  return !/^av(01|1)/.test(codec);
}

/** @param why a sentence that says why the browser's codecs cannot do it here */
export function decoderMissing(why: string): TributaryError {
  const message = `AV1 can be made into a stream by a browser's own codecs or by a server alone. ${why}`;
  return new TributaryError("DECODER_MISSING", message.trim());
}
