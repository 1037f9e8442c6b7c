import { expect, test } from "vitest";
import type { Planes } from "../../web/encoder/pictures/samples.ts";
import { isScaledHere, scaledPlanes } from "../../web/encoder/pictures/scale-planes.ts";

function drawn(width: number, height: number, luma: (x: number, y: number) => number): Planes {
  const chroma = ((width + 1) >> 1) * ((height + 1) >> 1);
  const y = new Uint8Array(width * height).map((_, at) => luma(at % width, Math.floor(at / width)));
  return { width, height, y, u: new Uint8Array(chroma).fill(90), v: new Uint8Array(chroma) };
}

const mean = (values: Uint8Array) => values.reduce((sum, each) => sum + each, 0) / values.length;

test("flat pictures keep their values, in sizes that do not divide", () => {
  const small = scaledPlanes(
    drawn(1281, 719, () => 131),
    { width: 426, height: 241 },
  );
  expect(new Set(small.y)).toEqual(new Set([131]));
  expect(new Set(small.u)).toEqual(new Set([90]));
  expect(new Set(small.v)).toEqual(new Set([0]));
  expect([small.y.length, small.u.length]).toEqual([426 * 241, 213 * 121]);
});

test("gradients keep their mean and their place", () => {
  const source = drawn(1280, 720, (x, y) => 16 + Math.floor((x + y) / 10));
  const small = scaledPlanes(source, { width: 426, height: 240 });
  expect(Math.abs(mean(small.y) - mean(source.y))).toBeLessThan(0.1);
  for (const [x, y] of [
    [0, 0],
    [213, 120],
    [425, 239],
  ] as const) {
    const place = 16 + ((x + 0.5) * (1280 / 426) + (y + 0.5) * 3) / 10;
    expect(Math.abs((small.y[y * 426 + x] ?? 0) - place)).toBeLessThan(1.5);
  }
});

test("only what is far smaller is scaled here", () => {
  const source = drawn(1280, 720, () => 0);
  expect([427, 640, 854, 1280].map((width) => isScaledHere(source, { width }))).toEqual([
    ...[true, false, false, false],
  ]);
});
