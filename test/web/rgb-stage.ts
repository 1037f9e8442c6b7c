import { readAvcRecord } from "../../shared/h264/avc-config.ts";
import { parseSps } from "../../shared/h264/sps.ts";
import { BARS_CLIPS } from "../../web/encoder/engines/webcodecs/colour-bars.ts";
import { WebCodecsEngine } from "../../web/encoder/engines/webcodecs.ts";
import {
  type ColourProof,
  makeBars,
  proveColours,
} from "../../web/encoder/pictures/colour-proof.ts";
import { PlaneReader } from "../../web/encoder/pictures/planes.ts";

/** Runs in a page: makes the colour bars with the engine and with decoders that output RGB, like Firefox's. */

/**
 * How a decoder makes RGB. It uses the matrix of the stream, not of its configuration. "weak blue": BT.709 like
 * Firefox 153. "bent": no matrix can undo it.
 */
export type RgbDecoder = "weak blue" | "bent";

export interface MadeBars {
  proof: ColourProof;
  /** A whole file for each rendition. */
  made: { width: number; height: number; bytes: number[] }[];
}

/** @param decoder null: the browser's own */
export async function barsBy(decoder: RgbDecoder | null, file: string): Promise<MadeBars> {
  const Real = globalThis.VideoDecoder;
  if (decoder !== null) globalThis.VideoDecoder = rgbDecoder(decoder);
  try {
    const proof = await proveColours(new WebCodecsEngine());
    const clip = BARS_CLIPS.find((each) => each.file === file);
    if (clip === undefined) throw new Error("no such clip");
    if (proof.fault !== null) return { proof, made: [] };
    const { task, outputs } = await makeBars(new WebCodecsEngine(), clip);
    const made = task.grant.renditions.flatMap((rendition) => {
      if (rendition.kind !== "video") return [];
      const own = outputs.filter((output) => output.rendition === rendition.id);
      const bytes = own.flatMap((output) => [...output.bytes]);
      return [{ width: rendition.width, height: rendition.height, bytes }];
    });
    return { proof, made };
  } finally {
    globalThis.VideoDecoder = Real;
  }
}

function rgbDecoder(kind: RgbDecoder): typeof VideoDecoder {
  return class extends VideoDecoder {
    /** A promise that settles once all frames so far were output. */
    readonly #handed: () => Promise<void>;
    #isBt709 = true;

    constructor({ output, error }: VideoDecoderInit) {
      let handed = Promise.resolve();
      super({
        error,
        output: (frame) => {
          handed = handed.then(async () => output(await inRgb(frame, this.#isBt709, kind)));
        },
      });
      this.#handed = () => handed;
    }

    override configure(config: VideoDecoderConfig): void {
      const record = new Uint8Array(config.description as ArrayBuffer);
      const [sps] = readAvcRecord(record).spsUnits;
      const colours = sps === undefined ? null : parseSps(sps)?.colours;
      this.#isBt709 = (colours?.matrix ?? 1) === 1;
      super.configure(config);
    }

    override async flush(): Promise<void> {
      await super.flush();
      await this.#handed();
    }
  };
}

async function inRgb(frame: VideoFrame, isBt709: boolean, kind: RgbDecoder): Promise<VideoFrame> {
  const { width, height, y, u, v } = await new PlaneReader(() => Promise.reject()).read(frame);
  const [vr, ug, vg, ub] = isBt709 ? [1.7927, 0.2132, 0.5329, 2] : [1.596, 0.3918, 0.813, 2.0172];
  const data = new Uint8ClampedArray(width * height * 4);
  for (let at = 0; at < y.length; at += 1) {
    const [row, column] = [Math.floor(at / width) >> 1, (at % width) >> 1];
    const chroma = row * ((width + 1) >> 1) + column;
    const luma = 1.1644 * ((y[at] as number) - 16);
    const [cb, cr] = [(u[chroma] as number) - 128, (v[chroma] as number) - 128];
    const rgb = [luma + vr * cr, luma - ug * cb - vg * cr, luma + ub * cb];
    data.set(kind === "bent" ? rgb.map((each) => (each * each) / 255) : rgb, at * 4);
  }
  const { timestamp } = frame;
  frame.close();
  return new VideoFrame(data, {
    ...{ format: "RGBX", codedWidth: width, codedHeight: height, timestamp },
  });
}
