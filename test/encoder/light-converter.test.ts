import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { NOMINAL_PEAK, WHITE } from "../../shared/encode/tone-curve.ts";
import { LightConverter, type SourceTransfer } from "../../web/encoder/pictures/light-converter.ts";
import { type DecodedPlanes, emptyPlanes } from "../../web/encoder/pictures/samples.ts";
import { ffmpeg } from "../setup/media.ts";

// Compares the browser engine's conversion of HDR and 10-bit frames with native ffmpeg's, which uses the ffmpeg
// engine's filters.

const SIZE = { width: 320, height: 180 };
const NAMES = { sdr: "bt2020-10", pq: "smpte2084", hlg: "arib-std-b67" } as const;

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "tributary-light-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** A frame of all hues and levels in 10-bit BT.2020 Y'CbCr 4:2:0: decoded, and as a raw file. */
async function picture(range: "tv" | "pc"): Promise<{ path: string; decoded: DecodedPlanes }> {
  const { width, height } = SIZE;
  const data = new Uint16Array((width * height * 3) / 2);
  const [zero, reach] = range === "tv" ? [64, 876] : [0, 1023];
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1)
      data[y * width + x] = zero + (0.85 * reach * x) / (width - 1);
  }
  // Chroma changes slowly, because zimg smooths chroma and our converter does not.
  for (const [plane, phase] of [0, 1.7].entries()) {
    const from = width * height * (1 + plane / 4);
    for (let y = 0; y < height / 2; y += 1) {
      const amount = 512 + 60 * Math.sin((2 * Math.PI * y) / (height / 2) + phase);
      data.fill(amount, from + (y * width) / 2, from + ((y + 1) * width) / 2);
    }
  }
  const path = join(dir, `${range}.yuv`);
  await writeFile(path, new Uint8Array(data.buffer));
  const plane = (offset: number, stride: number) => ({ data, offset, stride, step: 1 });
  return {
    path,
    decoded: {
      ...SIZE,
      bits: 10,
      fullRange: range === "pc",
      planes: [
        plane(0, width),
        plane(width * height, width / 2),
        plane((width * height * 5) / 4, width / 2),
      ],
      chroma: { columns: 2, rows: 2 },
    },
  };
}

/** Native ffmpeg's conversion. */
function native(path: string, transfer: SourceTransfer, range: string, step: number) {
  const [width, height] = [SIZE.width / step, SIZE.height / step];
  const named = `p=bt2020:pin=bt2020:tin=${NAMES[transfer]}:min=bt2020nc:rin=${range}`;
  const filters =
    transfer === "sdr"
      ? [`zscale=w=${width}:h=${height}:${named.slice(9)}:p=bt709:t=bt709:m=bt709:r=tv`]
      : [
          `zscale=w=${width}:h=${height}:${named}:t=linear:npl=${NOMINAL_PEAK}`,
          "format=gbrpf32le,zscale=p=bt709",
          `tonemap=tonemap=hable:desat=0:peak=${WHITE}`,
          "zscale=t=bt709:m=bt709:r=tv",
        ];
  return ffmpeg([
    ...["-f", "rawvideo", "-pix_fmt", "yuv420p10le", "-s", `${SIZE.width}x${SIZE.height}`],
    ...["-i", path, "-vf", [...filters, "format=yuv420p"].join(","), "-f", "rawvideo", "-"],
  ]);
}

function psnrDb(made: Uint8Array, wanted: Uint8Array): number {
  expect(made.length).toBe(wanted.length);
  const squares = made.reduce((sum, each, at) => sum + (each - (wanted[at] ?? 0)) ** 2, 0);
  return 10 * Math.log10((255 ** 2 * made.length) / Math.max(squares, 1));
}

describe.each([
  ["pq", "tv", 1],
  ["pq", "pc", 1],
  ["pq", "tv", 2],
  ["hlg", "tv", 1],
  ["sdr", "tv", 1],
] as const)("%s, %s, %i to 1", (transfer, range, step) => {
  test("the pictures are those of native ffmpeg", async () => {
    const { path, decoded } = await picture(range);
    const planes = emptyPlanes(SIZE.width / step, SIZE.height / step);
    new LightConverter(transfer).convert(decoded, step, planes);
    const wanted = await native(path, transfer, range, step);
    const [luma, chroma] = [planes.y.length, planes.u.length];
    expect(psnrDb(planes.y, wanted.subarray(0, luma)), "y").toBeGreaterThan(44);
    expect(psnrDb(planes.u, wanted.subarray(luma, luma + chroma)), "u").toBeGreaterThan(44);
    expect(psnrDb(planes.v, wanted.subarray(luma + chroma)), "v").toBeGreaterThan(44);
  });
});

test("an odd width and height take their last column and row whole", () => {
  const data = new Uint16Array(25).fill(400);
  const plane = (offset: number, stride: number) => ({ data, offset, stride, step: 1 });
  data.fill(512, 9);
  const decoded: DecodedPlanes = {
    ...{ width: 3, height: 3, bits: 10, fullRange: false },
    planes: [plane(0, 3), plane(9, 2), plane(13, 2)],
    chroma: { columns: 2, rows: 2 },
  };
  const planes = emptyPlanes(3, 3);
  new LightConverter("pq").convert(decoded, 1, planes);
  expect(new Set(planes.y).size).toBe(1);
  expect([...planes.u, ...planes.v]).toEqual(new Array(8).fill(128));
});
