import { TributaryError } from "../../../shared/job/errors.ts";
import { LightConverter, type SourceTransfer } from "./light-converter.ts";
import type { PlaneWeights, RgbConversion } from "./rgb-conversion.ts";
import {
  type DecodedPlanes,
  emptyPlanes,
  type Planes,
  type SampleFormat,
  sampleFormat,
  scaleSamples,
} from "./samples.ts";

/** Bytes of red, green and blue within a pixel's four. */
const RGB_ORDERS: Record<string, readonly [number, number, number]> = {
  RGBA: [0, 1, 2],
  RGBX: [0, 1, 2],
  BGRA: [2, 1, 0],
  BGRX: [2, 1, 0],
};

/** How pictures become 8-bit SDR of limited range. */
export interface SampleConversion {
  /** Y'CbCr of the source uses all values. */
  fullRange: boolean;
  /** The light of BT.2020 pictures becomes BT.709's by this; null: values are only scaled. */
  light: SourceTransfer | null;
  /** Size of the largest rendition: pictures of at least twice that size are made smaller on the way. */
  largest: { width: number; height: number };
}

/** Whether a frame holds no Y'CbCr, or none that can be read. */
export function isWithoutYuv(frame: VideoFrame): boolean {
  return frame.format === null || Object.hasOwn(RGB_ORDERS, frame.format);
}

/**
 * Reads frames into planes and keeps one buffer for all of them.
 */
export class PlaneReader {
  readonly #rgb: () => Promise<RgbConversion>;
  readonly #conversion: SampleConversion | null;
  readonly #light: LightConverter | null;
  #buffer = new Uint8Array(0);

  /**
   * @param rgb asked for with each picture in RGB
   * @param conversion null: Y'CbCr is limited range and SDR already
   */
  constructor(rgb: () => Promise<RgbConversion>, conversion: SampleConversion | null = null) {
    this.#rgb = rgb;
    this.#conversion = conversion;
    const light = conversion?.light ?? null;
    this.#light = light === null ? null : new LightConverter(light);
  }

  /** Whether an encoder must not have a frame as it is. */
  changes(frame: VideoFrame): boolean {
    if (this.#conversion !== null || isWithoutYuv(frame)) return true;
    return sampleFormat(frame.format ?? "")?.bits !== 8;
  }

  /**
   * The visible part of a frame, which stays the caller's.
   *
   * @throws TributaryError ENGINE_UNAVAILABLE where its format is not among those that are read, and what
   * the conversion throws
   */
  async read(frame: VideoFrame): Promise<Planes> {
    const { width, height } = frame.visibleRect ?? { width: 0, height: 0 };
    if (isWithoutYuv(frame)) {
      // The browser has made 8 bits of them already, by a curve of its own.
      if (this.#conversion !== null) {
        throw unreadable("The browser does not hand out pictures of this kind as they are.");
      }
      const planes = emptyPlanes(width, height);
      convertRgb(await this.readRgb(frame), await this.#rgb(), planes);
      return planes;
    }
    const samples = sampleFormat(frame.format ?? "");
    if (samples === null) throw unreadable(`Frames in ${frame.format} cannot be read.`);
    const decoded = this.#view(await this.#copy(frame, {}), samples, { width, height });
    if (this.#light === null) return scaleSamples(decoded);
    const { largest } = this.#conversion ?? { largest: { width, height } };
    const step = Math.max(1, Math.floor(Math.min(width / largest.width, height / largest.height)));
    const planes = emptyPlanes(Math.floor(width / step), Math.floor(height / step));
    this.#light.convert(decoded, step, planes);
    return planes;
  }

  /** The frame that was copied last, as samples. */
  #view(
    layout: readonly PlaneLayout[],
    { bits, chroma, interleaved }: SampleFormat,
    size: { width: number; height: number },
  ): DecodedPlanes {
    const bytes = bits > 8 ? 2 : 1;
    const data = bytes === 2 ? new Uint16Array(this.#buffer.buffer) : this.#buffer;
    const plane = (index: number, first: number) => ({
      data,
      offset: (layout[index]?.offset ?? 0) / bytes + first,
      stride: (layout[index]?.stride ?? size.width * bytes) / bytes,
      step: interleaved && index > 0 ? 2 : 1,
    });
    return {
      ...size,
      ...{ bits, chroma, fullRange: this.#conversion?.fullRange === true },
      planes: [plane(0, 0), plane(1, 0), interleaved ? plane(1, 1) : plane(2, 0)],
    };
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
      // Even: samples may take two bytes.
      if (this.#buffer.length < bytes) this.#buffer = new Uint8Array(bytes + (bytes % 2));
      return await frame.copyTo(this.#buffer, options);
    } catch (cause) {
      throw new TributaryError("ENGINE_UNAVAILABLE", "Decoded frames cannot be read.", { cause });
    }
  }
}

function unreadable(message: string): TributaryError {
  return new TributaryError("ENGINE_UNAVAILABLE", message);
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

/** Packed pixels of four bytes. */
export interface RgbPixels {
  bytes: Uint8Array;
  /** Bytes from a row to the next. */
  stride: number;
  /** Places of red, green and blue within a pixel. */
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
