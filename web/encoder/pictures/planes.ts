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

/** Positions of red, green and blue in a pixel's four bytes, by format. */
const RGB_ORDERS: Record<string, readonly [number, number, number]> = {
  RGBA: [0, 1, 2],
  RGBX: [0, 1, 2],
  BGRA: [2, 1, 0],
  BGRX: [2, 1, 0],
};

/** How decoded pictures are converted to 8-bit SDR of limited range. */
export interface SampleConversion {
  /** The source's Y'CbCr has full range. */
  fullRange: boolean;
  /** Transfer of BT.2020 pictures, which are converted to BT.709; null: values are only scaled. */
  light: SourceTransfer | null;
  /** Size of the largest rendition: pictures of at least twice that size are made smaller during the conversion. */
  largest: { width: number; height: number };
}

/** Whether a frame is RGB, or has no format, so that it can only be read as RGB. */
export function isWithoutYuv(frame: VideoFrame): boolean {
  return frame.format === null || Object.hasOwn(RGB_ORDERS, frame.format);
}

/** Reads frames into planes; one buffer serves all frames. */
export class PlaneReader {
  readonly #rgb: () => Promise<RgbConversion>;
  readonly #conversion: SampleConversion | null;
  readonly #light: LightConverter | null;
  #buffer = new Uint8Array(0);

  /**
   * @param rgb called for each picture in RGB
   * @param conversion null where the source's Y'CbCr already is limited range and SDR
   */
  constructor(rgb: () => Promise<RgbConversion>, conversion: SampleConversion | null = null) {
    this.#rgb = rgb;
    this.#conversion = conversion;
    const light = conversion?.light ?? null;
    this.#light = light === null ? null : new LightConverter(light);
  }

  /** Whether a frame has to be converted before an encoder gets it. */
  changes(frame: VideoFrame): boolean {
    if (this.#conversion !== null || isWithoutYuv(frame)) return true;
    return sampleFormat(frame.format ?? "")?.bits !== 8;
  }

  /**
   * The visible part of a frame. The caller still has to close the frame.
   *
   * @throws TributaryError ENGINE_UNAVAILABLE where its format cannot be read, and what the conversion throws
   */
  async read(frame: VideoFrame): Promise<Planes> {
    const { width, height } = frame.visibleRect ?? { width: 0, height: 0 };
    if (isWithoutYuv(frame)) {
      // The browser has already converted them to 8 bits, by a curve of its own.
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

  /** Views of the last copied frame's planes. */
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
   * @returns pixels that are valid until the next frame is read
   * @throws TributaryError as `read`
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
      // An even size, because samples may take two bytes.
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

/** A frame of these planes, with the timestamp of the frame that they were read from. */
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
  /** Positions of red, green and blue in a pixel's bytes. */
  order: readonly [number, number, number];
}

/** Fills planes with a picture in RGB; chroma is the mean of each four pixels. Fixed point with 16 bits. */
function convertRgb(
  { bytes, stride, order: [redAt, greenAt, blueAt] }: RgbPixels,
  conversion: RgbConversion,
  { width, height, y, u, v }: Planes,
): void {
  // Half a level is added to round to the nearest. Chroma adds up four pixels, so its weights are divided by four.
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
