import { TributaryError } from "../../../shared/job/errors.ts";

/** A picture in 4:2:0, 8 bits, limited range. */
export interface Planes {
  width: number;
  height: number;
  /** `width` bytes a row. */
  y: Uint8Array<ArrayBuffer>;
  /** `chromaWidth(width)` bytes a row, half as many rows as luma, rounded up. */
  u: Uint8Array<ArrayBuffer>;
  v: Uint8Array<ArrayBuffer>;
}

/** Shares of red and blue in luma (ITU-R BT.601, BT.709), by matrix_coefficients. */
const LUMA_SHARES: Record<number, { red: number; blue: number }> = {
  1: { red: 0.2126, blue: 0.0722 },
  5: { red: 0.299, blue: 0.114 },
  6: { red: 0.299, blue: 0.114 },
};

/** Bytes of red, green and blue within a pixel's four. */
const RGB_ORDERS: Record<string, readonly [number, number, number]> = {
  RGBA: [0, 1, 2],
  RGBX: [0, 1, 2],
  BGRA: [2, 1, 0],
  BGRX: [2, 1, 0],
};

/** Bytes and rows from one chroma sample to the next that is taken, to make 4:2:0 of it. */
const CHROMA: Record<string, { step: number; rows: number }> = {
  I420: { step: 1, rows: 1 },
  I420A: { step: 1, rows: 1 },
  I422: { step: 1, rows: 2 },
  I444: { step: 2, rows: 2 },
  NV12: { step: 2, rows: 1 },
};

export function chromaSide(side: number): number {
  return (side + 1) >> 1;
}

/** Whether a frame holds no Y'CbCr, or none that can be read. */
export function isWithoutYuv(frame: VideoFrame): boolean {
  return frame.format === null || Object.hasOwn(RGB_ORDERS, frame.format);
}

/**
 * Reads frames into planes and keeps one buffer for all of them.
 */
export class PlaneReader {
  readonly #matrix: number;
  #buffer = new Uint8Array(0);

  /** @param matrix matrix_coefficients that pictures in RGB are converted with */
  constructor(matrix: number) {
    this.#matrix = matrix;
  }

  /**
   * The visible part of a frame, which stays the caller's.
   *
   * @throws TributaryError ENGINE_UNAVAILABLE where its format is not among those that are read
   */
  async read(frame: VideoFrame): Promise<Planes> {
    const { width, height } = frame.visibleRect ?? { width: 0, height: 0 };
    const planes = emptyPlanes(width, height);
    const format = frame.format ?? "RGBA";
    if (Object.hasOwn(RGB_ORDERS, format)) {
      const layout = await this.#copy(frame, frame.format === null ? { format: "RGBA" } : {});
      const order = RGB_ORDERS[format] ?? [0, 1, 2];
      convertRgb(this.#buffer, layout[0]?.stride ?? width * 4, order, this.#matrix, planes);
      return planes;
    }
    const chroma = CHROMA[format];
    if (chroma === undefined) {
      throw new TributaryError("ENGINE_UNAVAILABLE", `Frames in ${format} cannot be read.`);
    }
    const layout = await this.#copy(frame, {});
    const half = chromaSide(width);
    copyRows(this.#buffer, layout[0], { step: 1, rows: 1, first: 0 }, planes.y, width);
    copyRows(this.#buffer, layout[1], { ...chroma, first: 0 }, planes.u, half);
    const isPacked = layout.length === 2;
    copyRows(
      this.#buffer,
      layout[isPacked ? 1 : 2],
      { ...chroma, first: isPacked ? 1 : 0 },
      planes.v,
      half,
    );
    return planes;
  }

  async #copy(frame: VideoFrame, options: VideoFrameCopyToOptions): Promise<PlaneLayout[]> {
    try {
      const bytes = frame.allocationSize(options);
      if (this.#buffer.length < bytes) this.#buffer = new Uint8Array(bytes);
      return await frame.copyTo(this.#buffer, options);
    } catch (cause) {
      throw new TributaryError("ENGINE_UNAVAILABLE", "Decoded frames cannot be read.", { cause });
    }
  }
}

/** A frame of these planes, with the time of the one they were read from. */
export function frameOf(
  { width, height, y, u, v }: Planes,
  { timestamp }: VideoFrame,
  colorSpace: VideoColorSpaceInit,
): VideoFrame {
  const data = new Uint8Array(y.length + u.length + v.length);
  data.set(y);
  data.set(u, y.length);
  data.set(v, y.length + u.length);
  return new VideoFrame(data, {
    format: "I420",
    codedWidth: width,
    codedHeight: height,
    timestamp,
    colorSpace,
  });
}

function emptyPlanes(width: number, height: number): Planes {
  const chroma = chromaSide(width) * chromaSide(height);
  return {
    ...{ width, height },
    y: new Uint8Array(width * height),
    u: new Uint8Array(chroma),
    v: new Uint8Array(chroma),
  };
}

function copyRows(
  bytes: Uint8Array,
  layout: PlaneLayout | undefined,
  { step, rows, first }: { step: number; rows: number; first: number },
  plane: Uint8Array,
  width: number,
): void {
  const { offset, stride } = layout ?? { offset: 0, stride: width };
  for (let at = 0, row = offset; at < plane.length; at += width, row += stride * rows) {
    if (step === 1) {
      plane.set(bytes.subarray(row, row + width), at);
      continue;
    }
    for (let x = 0; x < width; x += 1) plane[at + x] = bytes[row + x * step + first] as number;
  }
}

/**
 * Full-range RGB to limited Y'CbCr; chroma is the mean of each four pixels.
 *
 * Fixed point with 16 bits; the offsets round to the nearest.
 */
function convertRgb(
  bytes: Uint8Array,
  stride: number,
  [redAt, greenAt, blueAt]: readonly [number, number, number],
  matrix: number,
  { width, height, y, u, v }: Planes,
): void {
  const { red, blue } = LUMA_SHARES[matrix] ?? { red: 0.2126, blue: 0.0722 };
  const green = 1 - red - blue;
  const luma = (219 / 255) * 65_536;
  const [yr, yg, yb] = [red * luma, green * luma, blue * luma].map(Math.round) as Triple;
  const cb = ((224 / 255) * 65_536) / (2 * (1 - blue)) / 4;
  const cr = ((224 / 255) * 65_536) / (2 * (1 - red)) / 4;
  const [ur, ug, ub] = [-red * cb, -green * cb, (1 - blue) * cb].map(Math.round) as Triple;
  const [vr, vg, vb] = [(1 - red) * cr, -green * cr, -blue * cr].map(Math.round) as Triple;
  const lumaOffset = (16 << 16) + 32_768;
  const chromaOffset = (128 << 16) + 32_768;
  let chromaAt = 0;
  for (let row = 0; row < height; row += 2) {
    const below = row + 1 < height ? stride : 0;
    const belowOut = row + 1 < height ? width : 0;
    for (let column = 0; column < width; column += 2) {
      const at = row * stride + column * 4;
      const beside = column + 1 < width ? 4 : 0;
      const out = row * width + column;
      const besideOut = column + 1 < width ? 1 : 0;
      let r = 0;
      let g = 0;
      let b = 0;
      for (let corner = 0; corner < 4; corner += 1) {
        const from = at + (corner & 1) * beside + (corner >> 1) * below;
        const pr = bytes[from + redAt] as number;
        const pg = bytes[from + greenAt] as number;
        const pb = bytes[from + blueAt] as number;
        y[out + (corner & 1) * besideOut + (corner >> 1) * belowOut] =
          (yr * pr + yg * pg + yb * pb + lumaOffset) >> 16;
        r += pr;
        g += pg;
        b += pb;
      }
      u[chromaAt] = (ur * r + ug * g + ub * b + chromaOffset) >> 16;
      v[chromaAt] = (vr * r + vg * g + vb * b + chromaOffset) >> 16;
      chromaAt += 1;
    }
  }
}

type Triple = [number, number, number];
