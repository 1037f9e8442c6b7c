import type { ColourTags } from "../../../../shared/cmaf/init.ts";

/**
 * The clip that tests engines: flat fields whose values are known. The script `web/build/make-colour-bars.ts`
 * draws it and encodes it once for each matrix. `colour-proof.ts` looks for these values in an engine's output.
 */

export const BARS = { width: 1280, height: 720, frames: 8, framesPerSecond: 25 } as const;

export interface BarsClip {
  /** Below `web/public/`. */
  file: string;
  tags: ColourTags;
  /** ffmpeg's name of the tags. */
  name: "bt709" | "smpte170m";
}

/** BT.709, then BT.601; code points of ISO/IEC 23091-2. */
export const BARS_CLIPS: readonly [BarsClip, BarsClip] = [
  {
    file: "colour-bars-709.mp4",
    tags: { primaries: 1, transfer: 1, matrix: 1 },
    name: "bt709",
  },
  {
    file: "colour-bars-601.mp4",
    tags: { primaries: 6, transfer: 6, matrix: 6 },
    name: "smpte170m",
  },
];

/** The clip for a value of matrix_coefficients. */
export function barsOf(matrix: number): BarsClip {
  const [bt709, bt601] = BARS_CLIPS;
  return matrix === 1 ? bt709 : bt601;
}

export type Yuv = readonly [y: number, u: number, v: number];

/** A field of one colour; its edges are shares of the picture's width and height. */
export interface Field {
  left: number;
  top: number;
  right: number;
  bottom: number;
  colour: Yuv;
}

/** Red, green and blue of the bars; multiplied by STRENGTH (75 %), so that no conversion clips them. */
const BARS_RGB = [
  [1, 1, 1],
  [1, 1, 0],
  [0, 1, 1],
  [0, 1, 0],
  [1, 0, 1],
  [1, 0, 0],
  [0, 0, 1],
  [0, 0, 0],
] as const;
const STRENGTH = 0.75;

/** Luma of the greys below the bars: both ends of the limited range side by side. */
const GREYS = [90, 130, 170, 235, 16, 60];

const BARS_BOTTOM = 0.5;
const GREYS_BOTTOM = 0.75;

/** The fields of one frame; they cover the picture. */
export function fieldsOf(frame: number, matrix: number): Field[] {
  const row = (colours: readonly Yuv[], top: number, bottom: number): Field[] =>
    colours.map((colour, index) => ({
      left: index / colours.length,
      right: (index + 1) / colours.length,
      ...{ top, bottom, colour },
    }));
  const greys = [numberLuma(frame), numberLuma(BARS.frames - 1 - frame), ...GREYS];
  const [first, ...bars] = BARS_RGB.map((rgb) => yuvOf(rgb, matrix));
  return [
    ...row([first as Yuv, ...bars], 0, BARS_BOTTOM),
    ...row(
      greys.map((luma) => [luma, 128, 128]),
      BARS_BOTTOM,
      GREYS_BOTTOM,
    ),
    // The bars again in another order, so that a flipped or mirrored picture shows.
    ...row([...bars, first as Yuv], GREYS_BOTTOM, 1),
  ];
}

/** Luma of the field that tells the frames apart. */
function numberLuma(frame: number): number {
  return 40 + 24 * frame;
}

/** ITU-R BT.601 and BT.709, limited range, rounded. */
function yuvOf([r, g, b]: (typeof BARS_RGB)[number], matrix: number): Yuv {
  const [red, blue] = matrix === 1 ? [0.2126, 0.0722] : [0.299, 0.114];
  const luma = STRENGTH * (red * r + (1 - red - blue) * g + blue * b);
  const u = (STRENGTH * b - luma) / (2 * (1 - blue));
  const v = (STRENGTH * r - luma) / (2 * (1 - red));
  return [Math.round(16 + 219 * luma), Math.round(128 + 224 * u), Math.round(128 + 224 * v)];
}
