import { HIGH_PROFILE, readAvcConfig } from "../h264/avc-config.ts";
import { holdsPicture } from "../h264/level.ts";
import type { H264Sps } from "../h264/sps.ts";
import { invalid } from "../isobmff/box.ts";
import { TributaryError } from "../job/errors.ts";
import { type Rendition, TICKS_PER_SECOND, type VideoRendition } from "../job/job.ts";
import { AAC_LC_CODEC } from "./aac.ts";
import { plannedInit } from "./planned-init.ts";
import { readInit } from "./read-init.ts";

/** Facts of a checked init segment, needed to check its media segments. */
export interface InitFacts {
  /** RFC 6381: "avc1.64001f", "mp4a.40.2". */
  codec: string;
  /** Ticks a second of the media's times: TICKS_PER_SECOND for video, the sample rate for audio. */
  timescale: number;
  trackId: number;
  /** Bytes of a NAL unit's length; 0 for audio. */
  nalLengthBytes: number;
  /** Picture parameter sets that slices may go with; none for audio. */
  ppsIds: readonly number[];
}

/** Our own init segments are far smaller. Longer ones are refused. */
const MAX_INIT_BYTES = 16 * 1024;

/**
 * Checks an init segment against the plan: ftyp and moov, no edit list, one track of the rendition's kind
 * and size. Video is H.264 High at the rendition's level, or at a lower one that allows its size; audio is
 * AAC-LC. Where the plan gives every byte (`plannedInit`), all bytes have to be equal.
 * @throws TributaryError OUTPUT_INVALID, INIT_MISMATCH
 */
export function checkInit(bytes: Uint8Array, rendition: Rendition): InitFacts {
  if (bytes.length > MAX_INIT_BYTES) throw invalid(`An init segment of ${bytes.length} bytes.`);
  const init = readInit(bytes);
  if (init.topLevel.join() !== "ftyp,moov")
    throw invalid("An init segment is an ftyp and a moov box.");
  if (init.hasEditList) throw invalid("An init segment holds an edit list.");
  const { timescale, trackId } = init;
  if (rendition.kind === "video") {
    if (init.handler !== "vide" || init.entryType !== "avc1")
      throw invalid("Not a track of H.264 video.");
    if (timescale !== TICKS_PER_SECOND) throw invalid(`Times in 1/${timescale} s.`);
    const { codec, nalLengthBytes, ppsIds, spsList } = readAvcConfig(init.config);
    checkPicture(rendition, init);
    for (const sps of spsList) checkSps(rendition, sps);
    const planned = plannedInit(rendition);
    if (planned !== null && !areEqual(planned, bytes)) {
      throw new TributaryError("INIT_MISMATCH", "The init segment is not the one that is planned.");
    }
    return { codec, timescale, trackId, nalLengthBytes, ppsIds };
  }
  if (init.handler !== "soun" || init.entryType !== "mp4a")
    throw invalid("Not a track of AAC sound.");
  if (
    timescale !== rendition.sampleRate ||
    init.sampleRate !== rendition.sampleRate ||
    init.channels !== rendition.channels
  ) {
    throw invalid(`${init.channels} channels at ${init.sampleRate} Hz in 1/${timescale} s.`);
  }
  const objectType = (init.config[0] ?? 0) >> 3;
  if (objectType !== 2) throw invalid(`MPEG-4 audio object type ${objectType}, not AAC-LC.`);
  return { codec: AAC_LC_CODEC, timescale, trackId, nalLengthBytes: 0, ppsIds: [] };
}

function checkSps(rendition: VideoRendition, sps: H264Sps): void {
  checkPicture(rendition, sps);
  const { profile, level } = sps;
  // An encoder that uses fewer reference pictures or bits than planned may state a lower level.
  const isFit = level <= rendition.level && holdsPicture(level, rendition);
  if (profile !== HIGH_PROFILE || !isFit) {
    throw invalid(`Profile ${profile} level ${level}, planned is High ${rendition.level}.`);
  }
}

function checkPicture(
  rendition: VideoRendition,
  { width, height }: { width: number; height: number },
): void {
  if (width !== rendition.width || height !== rendition.height) {
    throw invalid(
      `A picture of ${width}x${height}, planned is ${rendition.width}x${rendition.height}.`,
    );
  }
}

function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
