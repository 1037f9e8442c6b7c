import { describe, expect, test } from "vitest";
import { BARS, fieldsOf } from "../../web/encoder/engines/webcodecs/colour-bars.ts";
import { compareBars } from "../../web/encoder/pictures/bars-likeness.ts";
import { faultOf } from "../../web/encoder/pictures/colour-proof.ts";
import { chromaSide, emptyPlanes, type Planes } from "../../web/encoder/pictures/samples.ts";

// The judge of the colour bars, with frames from scalers that have known faults. test/web/colours.test.ts tests it
// with encoded frames.

const MATRIX = 1;
const SMALL = { width: 854, height: 480 };

function drawn(): Planes {
  const planes = emptyPlanes(BARS.width, BARS.height);
  const sides = { width: chromaSide(planes.width), height: chromaSide(planes.height) };
  for (const { left, top, right, bottom, colour } of fieldsOf(0, MATRIX)) {
    [planes.y, planes.u, planes.v].forEach((plane, index) => {
      const { width, height } = index === 0 ? planes : sides;
      for (let y = Math.round(top * height); y < Math.round(bottom * height); y += 1) {
        const row = y * width;
        plane.fill(
          colour[index] ?? 0,
          row + Math.round(left * width),
          row + Math.round(right * width),
        );
      }
    });
  }
  return planes;
}

/** Where a scaler reads: the position in the larger plane, in samples, for a sample of the smaller one. */
type Phase = (place: number, ratio: number) => number;
/** Aligns the centres of the outer samples: the only right phase for luma. */
const CENTRES: Phase = (place, ratio) => (place + 0.5) * ratio - 0.5;
/** Aligns the corner samples: a frequent mistake. */
const CORNERS: Phase = (place, ratio) => place * ratio;
/** For chroma that lies on every second luma column, H.264's default. */
const LEFT_SITED: Phase = (place, ratio) => ((2 * place + 0.5) * ratio) / 2 - 0.25;

interface Scaler {
  across?: Phase;
  down?: Phase;
  chromaAcross?: Phase;
  chromaDown?: Phase;
}

/** Scales planes by area averages, read at the scaler's phases. */
function scaled(from: Planes, to: { width: number; height: number }, scaler: Scaler): Planes {
  const { across = CENTRES, down = CENTRES } = scaler;
  const { chromaAcross = across, chromaDown = down } = scaler;
  const fromChroma = { width: chromaSide(from.width), height: chromaSide(from.height) };
  const toChroma = { width: chromaSide(to.width), height: chromaSide(to.height) };
  const chroma = (plane: Uint8Array) =>
    scaledPlane(plane, fromChroma, toChroma, chromaAcross, chromaDown);
  return {
    ...to,
    y: scaledPlane(from.y, from, to, across, down),
    u: chroma(from.u),
    v: chroma(from.v),
  };
}

interface Size {
  width: number;
  height: number;
}

function scaledPlane(plane: Uint8Array, from: Size, to: Size, across: Phase, down: Phase) {
  const narrow = new Float32Array(to.width * from.height);
  resample(plane, narrow, { length: from.width, to: to.width, step: 1, toStep: 1 }, across, {
    lines: from.height,
    lineStep: from.width,
    toLineStep: to.width,
  });
  const small = new Float32Array(to.width * to.height);
  resample(
    narrow,
    small,
    { length: from.height, to: to.height, step: to.width, toStep: to.width },
    down,
    { lines: to.width, lineStep: 1, toLineStep: 1 },
  );
  return Uint8Array.from(small, (value) => Math.round(value));
}

function resample(
  from: ArrayLike<number>,
  out: Float32Array,
  along: { length: number; to: number; step: number; toStep: number },
  phase: Phase,
  across: { lines: number; lineStep: number; toLineStep: number },
): void {
  const ratio = along.length / along.to;
  for (let place = 0; place < along.to; place += 1) {
    const middle = phase(place, ratio) + 0.5;
    const [begin, end] = [middle - ratio / 2, middle + ratio / 2];
    for (let line = 0; line < across.lines; line += 1) {
      let sum = 0;
      for (let at = Math.floor(begin); at < end; at += 1) {
        const covered = Math.min(end, at + 1) - Math.max(begin, at);
        const inside = Math.min(along.length - 1, Math.max(0, at));
        sum += covered * (from[inside * along.step + line * across.lineStep] as number);
      }
      out[place * along.toStep + line * across.toLineStep] = sum / ratio;
    }
  }
}

/** A phase shifted to the right, or down, by pixels of the small picture. */
const moved =
  (phase: Phase, pixels: number): Phase =>
  (place, ratio) =>
    phase(place - pixels, ratio);

const SOURCE = drawn();

function verdict(scaler: Scaler): { fault: string | null; shifts: number[] } {
  const { levels, samples, shifts } = compareBars(
    scaled(SOURCE, SMALL, scaler),
    fieldsOf(0, MATRIX),
  );
  const measure = { clip: "bt709", levels, samples, shifts: [shifts], inRgb: false };
  return { fault: faultOf(measure), shifts };
}

test("a scaler that keeps the picture's place passes, however it takes the place of chroma", () => {
  for (const scaler of [{}, { chromaAcross: LEFT_SITED }]) {
    expect(verdict(scaler).fault).toBeNull();
  }
});

test("a scaler that counts from corners in place of centres is found out", () => {
  for (const scaler of [{ across: CORNERS }, { down: CORNERS }]) {
    expect(verdict(scaler).fault).toMatch(/move pictures/);
  }
});

describe.each([0.25, 0.5, 1])("a shift by %d pixels", (pixels) => {
  test.each([-1, 1])("of luma is found out, each way (%d)", (sign) => {
    const luma = moved(CENTRES, sign * pixels);
    expect(verdict({ across: luma, chromaAcross: CENTRES }).fault).toMatch(/move pictures/);
    expect(verdict({ down: luma, chromaDown: CENTRES }).fault).toMatch(/move pictures/);
  });
});

// A chroma sample is two pixels wide.
const chromaMoved = (phase: Phase, pixels: number) => moved(phase, pixels / 2);

describe.each([0.5, 1])("a shift by %d pixels", (pixels) => {
  test.each([-1, 1])("of chroma is found out, each way (%d), wherever its samples lie", (sign) => {
    for (const phase of [CENTRES, LEFT_SITED]) {
      const chroma = chromaMoved(phase, sign * pixels);
      expect(verdict({ chromaAcross: chroma }).fault).toMatch(/move pictures/);
    }
    const chroma = chromaMoved(CENTRES, sign * pixels);
    expect(verdict({ chromaDown: chroma }).fault).toMatch(/move pictures/);
  });
});

test("a quarter of a pixel of chroma is within what a right scaler may do", () => {
  // The right phase for chroma on every second column. It is 0.17 pixels off for chroma between two columns.
  const [, sited = 0] = verdict({ chromaAcross: LEFT_SITED }).shifts;
  expect(sited).toBeCloseTo(1 / 12, 2);
  const [, faulty = 0] = verdict({ chromaAcross: chromaMoved(CENTRES, 0.25) }).shifts;
  // In Chromium and Firefox, encoding shifted chroma by up to 0.035.
  expect(faulty - sited).toBeLessThan(2 * 0.035);
});
