import { expect, test } from "vitest";
import { fieldsOf } from "../../web/encoder/engines/webcodecs/colour-bars.ts";
import { fitConversion, standardConversion } from "../../web/encoder/pictures/rgb-conversion.ts";

/** Converts limited-range ITU-R BT.709 to RGB bytes. @param blue factor of Cb for blue; 2.112 is right */
function toRgb([y, u, v]: readonly [number, number, number], blue: number) {
  const luma = 1.1644 * (y - 16);
  const [cb, cr] = [u - 128, v - 128];
  const rgb = [luma + 1.7927 * cr, luma - 0.2132 * cb - 0.5329 * cr, luma + blue * cb];
  return rgb.map((each) => Math.min(255, Math.max(0, Math.round(each)))) as Triple;
}
type Triple = [number, number, number];

const samplesOf = (blue: number) =>
  fieldsOf(0, 1).map(({ colour }) => ({ yuv: colour, rgb: toRgb(colour as Triple, blue) }));

test("what leads back from the standard's RGB is the standard's", () => {
  const { conversion, levels } = fitConversion(samplesOf(2.1124));
  expect(levels).toBeLessThan(1);
  const standard = standardConversion(1);
  for (const plane of ["y", "u", "v"] as const) {
    conversion[plane].forEach((weight, at) => {
      expect(weight).toBeCloseTo(standard[plane][at] ?? 0, at === 3 ? 0 : 2);
    });
  }
});

test("a weak blue is led back to what was drawn, too", () => {
  const { conversion, levels } = fitConversion(samplesOf(2));
  expect(levels).toBeLessThan(1);
  const [yuv, rgb] = [[90, 170, 110] as Triple, toRgb([90, 170, 110], 2)];
  (["y", "u", "v"] as const).forEach((plane, at) => {
    const [red, green, blue, added] = conversion[plane];
    const value = red * rgb[0] + green * rgb[1] + blue * rgb[2] + added;
    expect(Math.abs(value - (yuv[at] ?? 0)), plane).toBeLessThan(1.5);
  });
});

test("what no weights lead back from leaves more than two levels, or no number", () => {
  const bent = samplesOf(2).map(({ yuv, rgb }) => ({
    yuv,
    rgb: rgb.map((each) => (each * each) / 255) as Triple,
  }));
  expect(fitConversion(bent).levels).toBeGreaterThan(2);
  const grey = samplesOf(2).map(({ yuv }) => ({ yuv, rgb: [128, 128, 128] as Triple }));
  expect(fitConversion(grey).levels <= 2).toBe(false);
});
