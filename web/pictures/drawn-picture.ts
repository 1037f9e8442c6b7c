import { TributaryError } from "../../shared/job/errors.ts";
import { livelinessOf, METER_HEIGHT, METER_WIDTH } from "../../shared/pictures/liveliness.ts";
import { MOST_POSTER_BYTES } from "../../shared/wire/pictures.ts";

/** Draws pictures on canvases, to measure them or to encode them as JPEG. */

/** JPEG qualities that are tried one after the other, until the file is small enough. */
const QUALITIES = [0.86, 0.7, 0.5];

type Drawable = VideoFrame | ImageBitmap;

/** Measures how much a picture shows: little where it is black, white or blurred. */
export class Liveliness {
  readonly #context = contextOf(METER_WIDTH, METER_HEIGHT, { willReadFrequently: true });

  /** @returns 0 for one colour; some 60 for a lively picture */
  of(picture: Drawable): number {
    this.#context.drawImage(picture, 0, 0, METER_WIDTH, METER_HEIGHT);
    const { data } = this.#context.getImageData(0, 0, METER_WIDTH, METER_HEIGHT);
    return livelinessOf(lumaOf(data), METER_WIDTH);
  }
}

/** Luma by ITU-R BT.709. */
function lumaOf(rgba: Uint8ClampedArray): Float32Array {
  const luma = new Float32Array(rgba.length / 4);
  for (let at = 0; at < luma.length; at += 1) {
    const [red = 0, green = 0, blue = 0] = rgba.subarray(4 * at, 4 * at + 3);
    luma[at] = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  }
  return luma;
}

/**
 * A JPEG of a picture, scaled down where it is larger than `mostSide`.
 * @param mostSide most pixels of the longer side
 * @throws TributaryError PICTURE_INVALID where the file would have too many bytes at each quality
 */
export async function jpegOf(picture: Drawable, mostSide: number): Promise<Blob> {
  const [width, height] =
    "displayWidth" in picture
      ? [picture.displayWidth, picture.displayHeight]
      : [picture.width, picture.height];
  const scale = Math.min(1, mostSide / Math.max(width, height));
  const sides = [width, height].map((side) => Math.max(1, Math.round(side * scale)));
  const context = contextOf(sides[0] ?? 1, sides[1] ?? 1);
  // White shows through transparent parts.
  context.fillStyle = "#fff";
  context.fillRect(0, 0, context.canvas.width, context.canvas.height);
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, 0, 0, context.canvas.width, context.canvas.height);
  return jpegOfCanvas(context.canvas, MOST_POSTER_BYTES);
}

/** @throws TributaryError PICTURE_INVALID where the file would have more than `mostBytes` at each quality */
export async function jpegOfCanvas(canvas: OffscreenCanvas, mostBytes: number): Promise<Blob> {
  for (const quality of QUALITIES) {
    const blob = await canvas.convertToBlob({ type: "image/jpeg", quality });
    if (blob.size <= mostBytes) return blob;
  }
  throw new TributaryError("PICTURE_INVALID", "The picture has too many details.");
}

/**
 * Context of a new canvas.
 * @throws TributaryError OUT_OF_MEMORY
 */
export function contextOf(
  width: number,
  height: number,
  options: { willReadFrequently?: boolean } = {},
): OffscreenCanvasRenderingContext2D {
  const context = new OffscreenCanvas(width, height).getContext("2d", options);
  if (context === null) throw new TributaryError("OUT_OF_MEMORY", "There is no canvas to draw on.");
  return context;
}
