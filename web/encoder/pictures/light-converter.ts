import { NOMINAL_PEAK, toneGain } from "../../../shared/encode/tone-curve.ts";
import { chromaSide, type DecodedPlanes, type Planes } from "./samples.ts";

export type SourceTransfer = "sdr" | "pq" | "hlg";

/** Number of steps of R'G'B', and of the square root of light, in the tables. */
const STEPS = 4095;
/** The table reaches beyond white, so that brighter light stays brighter up to the 8-bit maximum. */
const MOST_ROOT = Math.floor(1.25 * STEPS);

/** Luma shares and chroma scales of BT.2020 (non-constant luminance) and BT.709. */
const BT2020 = { red: 0.2627, blue: 0.0593 };
const BT709 = { red: 0.2126, blue: 0.0722 };

/** BT.2020 to BT.709 in linear light (ITU-R BT.2087, 2.4), row by row. */
const [RR, RG, RB] = [1.660491, -0.587641, -0.07285];
const [GR, GG, GB] = [-0.12455, 1.1329, -0.008349];
const [BR, BG, BB] = [-0.018151, -0.100579, 1.11873];

/** Contribution of one unit of Cr or Cb to BT.2020's R'G'B', in `STEPS`. */
const GREEN_2020 = 1 - BT2020.red - BT2020.blue;
const RED_OF_CR = 2 * (1 - BT2020.red);
const BLUE_OF_CB = 2 * (1 - BT2020.blue);
const GREEN_OF_CR = (RED_OF_CR * BT2020.red) / GREEN_2020;
const GREEN_OF_CB = (BLUE_OF_CB * BT2020.blue) / GREEN_2020;

/** Scales of Cb and Cr in BT.709, for a chroma sample that is the mean of four pixels. */
const GREEN_709 = 1 - BT709.red - BT709.blue;
const CB_SCALE = 224 / (2 * (1 - BT709.blue)) / 4;
const CR_SCALE = 224 / (2 * (1 - BT709.red)) / 4;

/**
 * Converts BT.2020 pictures, HDR or not, to 8-bit BT.709 in the steps that the ffmpeg engine has zimg do: to linear
 * light, through the curve of `tone-curve.ts`, then by BT.1886. Some 25 ns a pixel.
 */
export class LightConverter {
  readonly #isHdr: boolean;
  /** Linear light by R'G'B' value; the index is in `STEPS`. */
  readonly #light: Float32Array;
  /** R'G'B' of BT.709 by the square root of light; the index is in `STEPS`, up to `MOST_ROOT`. */
  readonly #coded: Float32Array;
  /** Luma of the row that is being made, in `STEPS`, and what chroma adds to it for red, green and blue. */
  #grey = new Float32Array(0);
  #red = new Float32Array(0);
  #green = new Float32Array(0);
  #blue = new Float32Array(0);
  /** Sums over the pixels of each chroma sample. */
  #sumB = new Float32Array(0);
  #sumR = new Float32Array(0);

  constructor(transfer: SourceTransfer) {
    this.#isHdr = transfer !== "sdr";
    this.#light = table(STEPS, LIGHT[transfer]);
    this.#coded = table(MOST_ROOT, (root) => root ** (2 / 2.4));
  }

  /** @param step each pixel made is the mean of `step` x `step` source pixels: smaller and faster */
  convert(picture: DecodedPlanes, step: number, made: Planes): void {
    const { width, height } = made;
    const chromaWidth = chromaSide(width);
    if (this.#grey.length !== width) {
      this.#grey = new Float32Array(width);
      this.#red = new Float32Array(width);
      this.#green = new Float32Array(width);
      this.#blue = new Float32Array(width);
      this.#sumB = new Float32Array(chromaWidth);
      this.#sumR = new Float32Array(chromaWidth);
    }
    for (let row = 0; row < height; row += 1) {
      this.#readGrey(picture, step, row);
      this.#readColour(picture, step, row);
      if (row % 2 === 0) {
        this.#sumB.fill(0);
        this.#sumR.fill(0);
      }
      this.#makeRow(made.y, row * width);
      const isLast = row === height - 1;
      if (row % 2 === 0 && !isLast) continue;
      const from = (row >> 1) * chromaWidth;
      // With an odd height, the last row has no partner and counts twice; so does the last column of an odd width.
      const share = row % 2 === 0 ? 2 : 1;
      for (let at = 0; at < chromaWidth; at += 1) {
        made.u[from + at] = inByte(128.5 + (this.#sumB[at] as number) * share * CB_SCALE);
        made.v[from + at] = inByte(128.5 + (this.#sumR[at] as number) * share * CR_SCALE);
      }
    }
  }

  #readGrey({ planes: [luma], bits, fullRange }: DecodedPlanes, step: number, row: number): void {
    const grey = this.#grey;
    const { data, stride } = luma;
    const unit = 2 ** (bits - 8);
    const scale = STEPS / (fullRange ? 2 ** bits - 1 : 219 * unit) / (step * step);
    const zero = 0.5 - (fullRange ? 0 : 16 * unit) * step * step * scale;
    const start = luma.offset + row * step * stride;
    for (let column = 0, from = start; column < grey.length; column += 1, from += step) {
      let sum = 0;
      for (let down = 0, line = from; down < step; down += 1, line += stride) {
        for (let right = 0; right < step; right += 1) sum += data[line + right] as number;
      }
      grey[column] = sum * scale + zero;
    }
  }

  #readColour(
    { planes: [, cb, cr], chroma, bits, fullRange }: DecodedPlanes,
    step: number,
    row: number,
  ): void {
    const [red, green, blue] = [this.#red, this.#green, this.#blue];
    const unit = 2 ** (bits - 8);
    const scale = STEPS / (fullRange ? 2 ** bits - 1 : 224 * unit);
    const chromaRow = Math.floor((row * step) / chroma.rows);
    const cbStart = cb.offset + chromaRow * cb.stride;
    const crStart = cr.offset + chromaRow * cr.stride;
    for (let column = 0; column < red.length; column += 1) {
      const at = ((column * step) / chroma.columns) | 0;
      const b = ((cb.data[cbStart + at * cb.step] as number) - 128 * unit) * scale;
      const r = ((cr.data[crStart + at * cr.step] as number) - 128 * unit) * scale;
      red[column] = RED_OF_CR * r;
      green[column] = -GREEN_OF_CR * r - GREEN_OF_CB * b;
      blue[column] = BLUE_OF_CB * b;
    }
  }

  #makeRow(y: Uint8Array, from: number): void {
    const [light, coded, isHdr] = [this.#light, this.#coded, this.#isHdr];
    const [grey, red, green, blue] = [this.#grey, this.#red, this.#green, this.#blue];
    const [sumB, sumR] = [this.#sumB, this.#sumR];
    const { length } = grey;
    for (let column = 0; column < length; column += 1) {
      const base = grey[column] as number;
      const r = light[within(base + (red[column] as number))] as number;
      const g = light[within(base + (green[column] as number))] as number;
      const b = light[within(base + (blue[column] as number))] as number;
      const r709 = RR * r + RG * g + RB * b;
      const g709 = GR * r + GG * g + GB * b;
      const b709 = BR * r + BG * g + BB * b;
      const gain = isHdr ? toneGain(Math.max(r709, g709, b709)) : 1;
      const codedR = codedOf(r709 * gain, coded);
      const codedG = codedOf(g709 * gain, coded);
      const codedB = codedOf(b709 * gain, coded);
      const luma = BT709.red * codedR + GREEN_709 * codedG + BT709.blue * codedB;
      y[from + column] = inByte(16.5 + 219 * luma);
      const weight = column === length - 1 && column % 2 === 0 ? 2 : 1;
      const at = column >> 1;
      sumB[at] = (sumB[at] as number) + weight * (codedB - luma);
      sumR[at] = (sumR[at] as number) + weight * (codedR - luma);
    }
  }
}

/** Limits a value to 0..255; storing it into a byte array cuts off the fraction. */
function inByte(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : value;
}

function within(index: number): number {
  return index < 0 ? 0 : index > STEPS ? STEPS : index | 0;
}

/** R'G'B' for light. Colours outside of BT.709 have negative light, and R'G'B' below 0, as in zimg. */
function codedOf(light: number, coded: Float32Array): number {
  const root = Math.sqrt(light < 0 ? -light : light) * STEPS + 0.5;
  const value = coded[root > MOST_ROOT ? MOST_ROOT : root | 0] as number;
  return light < 0 ? -value : value;
}

function table(length: number, of: (share: number) => number): Float32Array {
  return Float32Array.from({ length: length + 1 }, (_, index) => of(index / STEPS));
}

/** R'G'B' to light. PQ: SMPTE ST 2084; HLG: ITU-R BT.2100; SDR: ITU-R BT.1886. */
const LIGHT: Record<SourceTransfer, (coded: number) => number> = {
  sdr: (coded) => coded ** 2.4,
  pq: (coded) => {
    const root = coded ** (1 / 78.84375);
    const share = Math.max(0, root - 0.8359375) / (18.8515625 - 18.6875 * root);
    return (10_000 / NOMINAL_PEAK) * share ** (1 / 0.1593017578125);
  },
  hlg: (coded) => {
    const scene =
      coded <= 0.5
        ? (coded * coded) / 3
        : (Math.exp((coded - 0.55991073) / 0.17883277) + 0.28466892) / 12;
    // System gamma of a 1000 cd/m2 display, applied to each colour separately.
    return (1000 / NOMINAL_PEAK) * scene ** 1.2;
  },
};
