import { TributaryError } from "../job/errors.ts";

/**
 * What the ffmpeg core can decode. Its build has a decoder of AV1 for graphics cards alone, so that it has
 * none in a page: such sources are for the browser's own codecs, and for servers.
 *
 * @param codec of a source's pictures, as `VideoFacts` names it
 */
export function coreDecodes(codec: string): boolean {
  return !/^av(01|1)/.test(codec);
}

/** @param why the browser's codecs do not do it, as a sentence */
export function decoderMissing(why: string): TributaryError {
  const message = `AV1 can be made into a stream by a browser's own codecs or by a server alone. ${why}`;
  return new TributaryError("DECODER_MISSING", message.trim());
}
