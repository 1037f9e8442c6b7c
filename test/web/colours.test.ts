import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { root } from "../../edge/local/server.ts";
import { launchBrowser, openBlankPage } from "../../web/headless/browser.ts";
import { compareColours } from "../exactness/plane-likeness.ts";
import type { MadeBars, RgbDecoder } from "./rgb-stage.ts";

// Engines prove their colours with a clip of bars. Native ffmpeg checks the result as well.

let browser: Browser;
let page: Page;
let dir: string;
beforeAll(async () => {
  browser = await launchBrowser();
  page = await openBlankPage(browser, inject("serverUrl"));
  dir = await mkdtemp(join(tmpdir(), "tributary-colours-"));
});
afterAll(async () => {
  await browser?.close();
  await rm(dir, { recursive: true, force: true });
});

/** Faults that a browser might have in the frames that it encodes, or in its output. */
type Wrong =
  | ("nothing" | "matrix" | "range" | "swapped" | "mirrored" | "late" | "shifted")
  | ("luma a quarter" | "chroma a half" | "label");

/** The proof's verdict on the browser's codecs, with an encoder or a decoder that has a fault. */
function fault(wrong: Wrong, codec: "encoder" | "decoder" = "encoder"): Promise<string | null> {
  return page.evaluate(
    async ({ wrong, codec }) => {
      const { proveColours } = await load<
        typeof import("../../web/encoder/pictures/colour-proof.ts")
      >("/encoder/pictures/colour-proof.ts");
      const { WebCodecsEngine } = await load<
        typeof import("../../web/encoder/engines/webcodecs.ts")
      >("/encoder/engines/webcodecs.ts");
      const { frameOf, PlaneReader } = await load<
        typeof import("../../web/encoder/pictures/planes.ts")
      >("/encoder/pictures/planes.ts");
      const spoil = async (own: VideoFrame): Promise<VideoFrame> => {
        const planes = await new PlaneReader(() => Promise.reject()).read(own);
        const { width, y, u, v } = planes;
        if (wrong === "range") planes.y = y.map((value) => ((value - 16) * 255) / 219);
        if (wrong === "swapped") [planes.u, planes.v] = [v, u];
        if (wrong === "mirrored") {
          for (let at = 0; at < y.length; at += width) y.subarray(at, at + width).reverse();
        }
        if (wrong === "shifted") y.copyWithin(2, 0);
        const shift = (plane: Uint8Array, samples: number) => {
          for (let at = plane.length - 1; at > 0; at -= 1) {
            const [here, before] = [plane[at] as number, plane[at - 1] as number];
            plane[at] = here + samples * (before - here) + 0.5;
          }
        };
        if (wrong === "luma a quarter") shift(y, 0.25);
        if (wrong === "chroma a half") for (const plane of [u, v]) shift(plane, 0.25);
        if (wrong === "matrix") {
          // From BT.709 to BT.601, under the old label.
          for (let at = 0; at < y.length; at += 1) {
            const [row, column] = [Math.floor(at / width) >> 1, (at % width) >> 1];
            const chromaAt = row * (width >> 1) + column;
            const cb = (u[chromaAt] as number) - 128;
            const cr = (v[chromaAt] as number) - 128;
            y[at] = (y[at] as number) + 0.0993 * cb + 0.192 * cr;
          }
        }
        const label = own.colorSpace.toJSON();
        // The other one's, over the values as they are.
        const other = label.matrix === "bt709" ? "smpte170m" : "bt709";
        if (wrong === "label")
          Object.assign(label, { primaries: other, transfer: other, matrix: other });
        return frameOf(planes, own, label);
      };
      const { VideoEncoder: RealEncoder, VideoDecoder: RealDecoder } = globalThis;
      class SpoilingEncoder extends RealEncoder {
        #spoiled: Promise<void> = Promise.resolve();
        #last: VideoFrame | null = null;

        override encode(frame: VideoFrame, options?: VideoEncoderEncodeOptions): void {
          const own = frame.clone();
          this.#spoiled = this.#spoiled.then(async () => {
            let spoiled = await spoil(own);
            if (wrong === "late") {
              const kept: VideoFrame = spoiled;
              spoiled = new VideoFrame(this.#last ?? kept, { timestamp: own.timestamp });
              this.#last?.close();
              this.#last = kept;
            }
            super.encode(spoiled, options);
            if (spoiled !== this.#last) spoiled.close();
            own.close();
          });
        }

        override async flush(): Promise<void> {
          await this.#spoiled;
          await super.flush();
        }
      }
      class SpoilingDecoder extends RealDecoder {
        readonly #spoiled: { last: Promise<void> };

        constructor({ output, error }: VideoDecoderInit) {
          const spoiled = { last: Promise.resolve() };
          const take = (frame: VideoFrame): void => {
            spoiled.last = spoiled.last.then(async () => {
              output(await spoil(frame));
              frame.close();
            });
          };
          super({ output: take, error });
          this.#spoiled = spoiled;
        }

        override async flush(): Promise<void> {
          await super.flush();
          await this.#spoiled.last;
        }
      }
      if (codec === "encoder" && wrong !== "nothing") globalThis.VideoEncoder = SpoilingEncoder;
      if (codec === "decoder") globalThis.VideoDecoder = SpoilingDecoder;
      try {
        return (await proveColours(new WebCodecsEngine())).fault;
      } finally {
        Object.assign(globalThis, { VideoEncoder: RealEncoder, VideoDecoder: RealDecoder });
      }
    },
    { wrong, codec },
  );
}

test("the browser's codecs keep colours, range, order and places", async () => {
  expect(await fault("nothing")).toBeNull();
});

test.each([
  ["matrix", /change colours/],
  ["range", /change colours/],
  ["swapped", /change colours/],
  ["mirrored", /change colours/],
  ["late", /change colours/],
  ["shifted", /move pictures/],
  ["luma a quarter", /move pictures/],
  ["chroma a half", /move pictures/],
] as const)("an encoder with a wrong %s is found out", async (wrong, sentence) => {
  expect(await fault(wrong)).toMatch(sentence);
});

test("an encoder that writes another label is found out", async () => {
  expect(await fault("label")).toBe("This browser's codecs failed at a test picture.");
});

test("a decoder that hands out good pictures passes, one that spoils or mislabels them does not, even where it undoes its own fault", async () => {
  expect(await fault("nothing", "decoder")).toBeNull();
  for (const wrong of ["matrix", "range", "swapped", "mirrored"] as const) {
    expect([wrong, await fault(wrong, "decoder")]).toEqual([
      wrong,
      expect.stringMatching(/colours/),
    ]);
  }
  expect(await fault("luma a quarter", "decoder")).toMatch(/move pictures/);
  // What the encoder makes of the frames says another thing than the plan.
  expect(await fault("label", "decoder")).not.toBeNull();
});

const STAGE = `/@fs${join(root, "test/web/rgb-stage.ts")}`;

/** Makes the bars with the browser's codecs. @param decoder one that outputs RGB; null: the browser's own */
function madeBy(decoder: RgbDecoder | null, file: string): Promise<MadeBars> {
  return page.evaluate(
    async ({ address, decoder, file }) => {
      const stage = await load<typeof import("./rgb-stage.ts")>(address);
      return stage.barsBy(decoder, file);
    },
    { address: STAGE, decoder, file },
  );
}

describe.each(["colour-bars-709.mp4", "colour-bars-601.mp4"])("%s", (file) => {
  test.each([null, "weak blue"] as const)(
    "comes out with its values by native ffmpeg, too; decoded to RGB: %s",
    async (decoder) => {
      const { proof, made } = await madeBy(decoder, file);
      expect(proof).toEqual({ fault: null, inRgb: decoder !== null });
      expect(made).toHaveLength(2);
      for (const { bytes, ...size } of made) {
        const path = join(dir, `${size.height}-${file}`);
        await writeFile(path, Uint8Array.from(bytes));
        const likeness = await compareColours(path, join(root, "web/public", file), size);
        expect(likeness.frames).toBe(8);
        for (const { plane, sourceMean, madeMean, psnrDb } of likeness.planes) {
          expect(Math.abs(sourceMean - madeMean), `${size.height} ${plane}: mean`).toBeLessThan(1);
          expect(psnrDb, `${size.height} ${plane}: PSNR`).toBeGreaterThan(28);
        }
      }
    },
  );
});

test("RGB that no matrix leads back from is found out", async () => {
  // A new page, because the conversion from RGB is determined only once in a page.
  page = await openBlankPage(browser, inject("serverUrl"));
  const { proof } = await madeBy("bent", "colour-bars-709.mp4");
  expect(proof.fault).toBe("This browser's codecs failed at a test picture.");
});
