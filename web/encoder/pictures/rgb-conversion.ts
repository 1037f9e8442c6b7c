/** A plane's value (0..255) is the weighted sum of red, green and blue (0..255), plus `added`. */
export type PlaneWeights = readonly [red: number, green: number, blue: number, added: number];

/** From RGB to limited-range Y'CbCr. */
export interface RgbConversion {
  y: PlaneWeights;
  u: PlaneWeights;
  v: PlaneWeights;
}

/** Shares of red and blue in luma (ITU-R BT.601, BT.709), by matrix_coefficients. */
const LUMA_SHARES: Record<number, { red: number; blue: number }> = {
  1: { red: 0.2126, blue: 0.0722 },
  5: { red: 0.299, blue: 0.114 },
  6: { red: 0.299, blue: 0.114 },
};

/** The standards' conversion from full-range RGB, for a value of matrix_coefficients. */
export function standardConversion(matrix: number): RgbConversion {
  const { red, blue } = LUMA_SHARES[matrix] ?? { red: 0.2126, blue: 0.0722 };
  const green = 1 - red - blue;
  const luma = 219 / 255;
  const cb = 224 / 255 / (2 * (1 - blue));
  const cr = 224 / 255 / (2 * (1 - red));
  return {
    y: [red * luma, green * luma, blue * luma, 16],
    u: [-red * cb, -green * cb, (1 - blue) * cb, 128],
    v: [(1 - red) * cr, -green * cr, -blue * cr, 128],
  };
}

/** A field of one colour: the drawn Y'CbCr values, and the means of the RGB that a decoder made of them. */
export interface ColourSample {
  yuv: readonly [number, number, number];
  rgb: readonly [number, number, number];
}

/**
 * The conversion from a decoder's RGB back to the drawn values, by least squares.
 *
 * @param samples at least four colours that do not lie in one plane of RGB space
 * @returns the conversion, and the largest error of a sample, in levels
 */
export function fitConversion(samples: readonly ColourSample[]): {
  conversion: RgbConversion;
  levels: number;
} {
  const weights = (plane: 0 | 1 | 2): PlaneWeights =>
    leastSquares(samples.map(({ rgb, yuv }) => ({ rgb, value: yuv[plane] })));
  const conversion = { y: weights(0), u: weights(1), v: weights(2) };
  const errors = samples.flatMap(({ rgb, yuv }) => [
    Math.abs(weigh(conversion.y, rgb) - yuv[0]),
    Math.abs(weigh(conversion.u, rgb) - yuv[1]),
    Math.abs(weigh(conversion.v, rgb) - yuv[2]),
  ]);
  return { conversion, levels: Math.max(...errors) };
}

function weigh([red, green, blue, added]: PlaneWeights, rgb: ColourSample["rgb"]): number {
  return red * rgb[0] + green * rgb[1] + blue * rgb[2] + added;
}

/** Solves the normal equations by Gauss-Jordan elimination. */
function leastSquares(
  samples: readonly { rgb: ColourSample["rgb"]; value: number }[],
): PlaneWeights {
  const rows = Array.from({ length: 4 }, () => new Float64Array(5));
  for (const { rgb, value } of samples) {
    const terms = [...rgb, 1, value];
    rows.forEach((row, index) => {
      terms.forEach((term, column) => {
        row[column] = (row[column] ?? 0) + (terms[index] ?? 0) * term;
      });
    });
  }
  for (const [pivot, row] of rows.entries()) {
    const by = row[pivot] ?? 0;
    row.forEach((value, column) => {
      row[column] = value / by;
    });
    for (const [index, other] of rows.entries()) {
      const times = other[pivot] ?? 0;
      if (index === pivot || times === 0) continue;
      row.forEach((value, column) => {
        other[column] = (other[column] ?? 0) - times * value;
      });
    }
  }
  const [red, green, blue, added] = rows.map((row) => row[4] ?? 0);
  return [red ?? 0, green ?? 0, blue ?? 0, added ?? 0];
}
