import type { ColourTags } from "../cmaf/init.ts";
import type { VideoFacts } from "../job/job.ts";

/**
 * How a source's colours become those of the renditions: 8-bit SDR in limited range. They are tagged, so
 * that all rungs of a ladder look the same even in players that would guess the colours by size.
 *
 * BT.601 and BT.709 sources keep their matrix and are tagged with it, which is fast and loses nothing.
 * All else (HDR, BT.2020, RGB) becomes BT.709.
 */

/** Colour description of the first decoded frame, by ffprobe; ffmpeg's names, absent where unknown. */
export interface DecodedColour {
  pixelFormat?: string | undefined;
  range?: string | undefined;
  matrix?: string | undefined;
  primaries?: string | undefined;
  transfer?: string | undefined;
}

/** ffmpeg's names of the tags. */
export interface ColourNames {
  primaries: string;
  transfer: string;
  matrix: string;
}

export type ColourConversion =
  /** As it is. */
  | { kind: "keep" }
  /** RGB and the like, or a matrix other than the output's: the scaler converts. */
  | { kind: "matrix" }
  /** Wide gamut without HDR. */
  | { kind: "gamut" }
  /** HDR: made linear, tone-mapped, made BT.709. The scaler gets the input's colours by name, not from tags. */
  | { kind: "tone-map"; input: ColourNames; range: "tv" | "pc" };

export interface ColourPlan {
  conversion: ColourConversion;
  output: ColourNames;
  tags: ColourTags;
}

const BT709: ColourNames = { primaries: "bt709", transfer: "bt709", matrix: "bt709" };
const BT601: ColourNames = { primaries: "smpte170m", transfer: "smpte170m", matrix: "smpte170m" };

/** ISO/IEC 23091-2 code points of the names that outputs can have. */
const PRIMARIES: Record<string, number> = { bt709: 1, bt470bg: 5, smpte170m: 6 };
const TRANSFERS: Record<string, number> = { bt709: 1, smpte170m: 6, "iec61966-2-1": 13 };
const MATRICES: Record<string, number> = { bt709: 1, bt470bg: 5, smpte170m: 6 };

const TRANSFER_NAMES = { pq: "smpte2084", hlg: "arib-std-b67" } as const;

/** Larger pictures without a stated matrix are taken for BT.709 (ITU-R BT.601 ends at 720x576). */
const LARGEST_BT601 = { longSide: 1024, shortSide: 576 };

/**
 * Plans how a chunk's colours are converted and tagged.
 * @param planned tags that the outputs must have; default: by the decoded frame
 */
export function planColour(
  decoded: DecodedColour,
  facts: Pick<VideoFacts, "transfer" | "width" | "height">,
  planned?: ColourTags,
): ColourPlan {
  const own = ownColour(decoded, facts);
  if (planned === undefined) return own;
  const output = namesOf(planned);
  // Without a stated matrix, the planned one was a guess and stands. A different stated one is converted.
  const isOther = decoded.matrix !== undefined && decoded.matrix !== output.matrix;
  const conversion: ColourConversion =
    own.conversion.kind === "keep" && isOther ? { kind: "matrix" } : own.conversion;
  return { conversion, output, tags: planned };
}

function ownColour(
  decoded: DecodedColour,
  facts: Pick<VideoFacts, "transfer" | "width" | "height">,
): ColourPlan {
  const transfer = facts.transfer === "sdr" ? decoded.transfer : TRANSFER_NAMES[facts.transfer];
  if (transfer === TRANSFER_NAMES.pq || transfer === TRANSFER_NAMES.hlg) {
    // These transfers go with BT.2020, whatever else a container says (ITU-R BT.2100).
    const input = { primaries: "bt2020", transfer, matrix: "bt2020nc" };
    return converted({ kind: "tone-map", input, range: decoded.range === "pc" ? "pc" : "tv" });
  }
  const matrix = decoded.matrix ?? guessMatrix(facts);
  if (/rgb|gbr/.test(decoded.pixelFormat ?? "") || matrix === "gbr")
    return converted({ kind: "matrix" });
  if (!Object.hasOwn(MATRICES, matrix)) return converted({ kind: "gamut" });
  const usual = matrix === "bt709" ? BT709 : BT601;
  const output = {
    matrix,
    primaries: knownOr(decoded.primaries, PRIMARIES, usual.primaries),
    transfer: knownOr(decoded.transfer, TRANSFERS, usual.transfer),
  };
  return { conversion: { kind: "keep" }, output, tags: tagsOf(output) };
}

function converted(conversion: ColourConversion): ColourPlan {
  return { conversion, output: BT709, tags: tagsOf(BT709) };
}

function guessMatrix({ width, height }: { width: number; height: number }): string {
  const isSmall =
    Math.max(width, height) <= LARGEST_BT601.longSide &&
    Math.min(width, height) <= LARGEST_BT601.shortSide;
  return isSmall ? BT601.matrix : BT709.matrix;
}

function knownOr(name: string | undefined, known: Record<string, number>, usual: string): string {
  return name !== undefined && Object.hasOwn(known, name) ? name : usual;
}

function tagsOf(names: ColourNames): ColourTags {
  return {
    primaries: PRIMARIES[names.primaries] ?? 1,
    transfer: TRANSFERS[names.transfer] ?? 1,
    matrix: MATRICES[names.matrix] ?? 1,
  };
}

/** ffmpeg's names for the code points in tags. */
function namesOf({ primaries, transfer, matrix }: ColourTags): ColourNames {
  const nameOf = (codes: Record<string, number>, code: number): string =>
    Object.keys(codes).find((name) => codes[name] === code) ?? "bt709";
  return {
    primaries: nameOf(PRIMARIES, primaries),
    transfer: nameOf(TRANSFERS, transfer),
    matrix: nameOf(MATRICES, matrix),
  };
}
