import { TributaryError } from "../../../shared/job/errors.ts";
import { readChunkPackets } from "../engines/webcodecs/chunk-packets.ts";
import { barsOf, type Field, fieldsOf } from "../engines/webcodecs/colour-bars.ts";
import { decodeFrames } from "./decode-frames.ts";
import { fetchBars } from "./fetch-bars.ts";
import { PlaneReader, type RgbPixels } from "./planes.ts";
import {
  type ColourSample,
  fitConversion,
  type RgbConversion,
  standardConversion,
} from "./rgb-conversion.ts";

/** Largest error, in levels, that rounding, clipping and coding leave where the conversion is right. */
const MOST_LEVELS = 2;

const known = new Map<string, Promise<RgbConversion>>();

/**
 * Conversion from the RGB of this browser's decoder back to a stream's Y'CbCr, for streams that state their matrix.
 * Measured on the colour bars once in each worker: Firefox 153 uses 2.0 as BT.709's factor of blue where the standard
 * has 2.11, so that blue is 5 % too weak.
 *
 * @throws TributaryError ENGINE_UNAVAILABLE where no such conversion was found
 */
export function measuredConversion(matrix: number): Promise<RgbConversion> {
  const clip = barsOf(matrix);
  let found = known.get(clip.name);
  if (found === undefined) {
    found = measure(matrix);
    // A later call tries again, where the clip could not be fetched, for example.
    found.catch(() => known.delete(clip.name));
    known.set(clip.name, found);
  }
  return found;
}

async function measure(matrix: number): Promise<RgbConversion> {
  const clip = barsOf(matrix);
  const reader = new PlaneReader(async () => standardConversion(matrix));
  const samples: ColourSample[] = [];
  let frame = 0;
  try {
    const bars = await readChunkPackets(await fetchBars(clip));
    const read = async (shown: VideoFrame): Promise<ColourSample[]> => {
      const { width, height } = shown.visibleRect ?? { width: 0, height: 0 };
      const pixels = await reader.readRgb(shown);
      return fieldsOf(frame, clip.tags.matrix).map((field) => ({
        yuv: field.colour,
        rgb: middleMean(pixels, field, width, height),
      }));
    };
    for await (const found of decodeFrames(bars, read)) {
      samples.push(...found);
      frame += 1;
    }
  } catch (cause) {
    throw unknown(cause);
  }
  const { conversion, levels } = fitConversion(samples);
  // Written so that NaN fails, too.
  if (!(levels <= MOST_LEVELS)) throw unknown(new Error(`${levels} levels are left.`));
  return conversion;
}

/** Mean of the inner half of a field's width and height. */
function middleMean(
  { bytes, stride, order }: RgbPixels,
  { left, top, right, bottom }: Field,
  width: number,
  height: number,
): ColourSample["rgb"] {
  const quarter = { x: (right - left) / 4, y: (bottom - top) / 4 };
  const [fromX, toX] = [
    Math.ceil((left + quarter.x) * width),
    Math.floor((right - quarter.x) * width),
  ];
  const [fromY, toY] = [
    Math.ceil((top + quarter.y) * height),
    Math.floor((bottom - quarter.y) * height),
  ];
  const sums: [number, number, number] = [0, 0, 0];
  for (let y = fromY; y < toY; y += 1) {
    for (let x = fromX; x < toX; x += 1) {
      const at = y * stride + x * 4;
      sums[0] += bytes[at + order[0]] as number;
      sums[1] += bytes[at + order[1]] as number;
      sums[2] += bytes[at + order[2]] as number;
    }
  }
  const pixels = (toX - fromX) * (toY - fromY);
  return [sums[0] / pixels, sums[1] / pixels, sums[2] / pixels];
}

function unknown(cause: unknown): TributaryError {
  const message = "This browser's way to RGB could not be found out.";
  return new TributaryError("ENGINE_UNAVAILABLE", message, { cause });
}
