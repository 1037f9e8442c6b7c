import { TributaryError } from "../../../shared/job/errors.ts";
import type { PlaneWeights, RgbConversion } from "./rgb-conversion.ts";

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
  readonly #conversion: () => Promise<RgbConversion>;
  #buffer = new Uint8Array(0);

  /** @param conversion asked for with each picture in RGB */
  constructor(conversion: () => Promise<RgbConversion>) {
    this.#conversion = conversion;
  }

  /**
   * The visible part of a frame, which stays the caller's.
   *
   * @throws TributaryError ENGINE_UNAVAILABLE where its format is not among those that are read, and what
   * the conversion throws
   */
  async read(frame: VideoFrame): Promise<Planes> {
    const { width, height } = frame.visibleRect ?? { width: 0, height: 0 };
    const planes = emptyPlanes(width, height);
    if (isWithoutYuv(frame)) {
      convertRgb(await this.readRgb(frame), await this.#conversion(), planes);
      return planes;
    }
    const format = frame.format ?? "";
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

  /**
   * The visible part of a frame without Y'CbCr.
   * @returns valid until the next frame is read; throws as `read`
   */
  async readRgb(frame: VideoFrame): Promise<RgbPixels> {
    const options: VideoFrameCopyToOptions = frame.format === null ? { format: "RGBA" } : {};
    const layout = await this.#copy(frame, options);
    const width = frame.visibleRect?.width ?? 0;
    const { offset, stride } = layout[0] ?? { offset: 0, stride: width * 4 };
    const order = RGB_ORDERS[frame.format ?? "RGBA"] ?? [0, 1, 2];
    return { bytes: this.#buffer.subarray(offset), stride, order };
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

/** Packed pixels of four bytes. */
export interface RgbPixels {
  bytes: Uint8Array;
  /** Bytes from a row to the next. */
  stride: number;
  /** Of red, green and blue within a pixel. */
  order: readonly [number, number, number];
}

/** Fills planes with a picture in RGB; chroma is the mean of each four pixels. Fixed point with 16 bits. */
function convertRgb(
  { bytes, stride, order: [redAt, greenAt, blueAt] }: RgbPixels,
  conversion: RgbConversion,
  { width, height, y, u, v }: Planes,
): void {
  // Half a level more rounds to the nearest; chroma adds up four pixels.
  const fixed = ([red, green, blue, added]: PlaneWeights, pixels: number): PlaneWeights => [
    ...([red, green, blue].map((weight) => Math.round((weight * 65_536) / pixels)) as Triple),
    Math.round((added + 0.5) * 65_536),
  ];
  const [yr, yg, yb, yAdded] = fixed(conversion.y, 1);
  const [ur, ug, ub, uAdded] = fixed(conversion.u, 4);
  const [vr, vg, vb, vAdded] = fixed(conversion.v, 4);
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
          (yr * pr + yg * pg + yb * pb + yAdded) >> 16;
        r += pr;
        g += pg;
        b += pb;
      }
      u[chromaAt] = (ur * r + ug * g + ub * b + uAdded) >> 16;
      v[chromaAt] = (vr * r + vg * g + vb * b + vAdded) >> 16;
      chromaAt += 1;
    }
  }
}

type Triple = [number, number, number];
