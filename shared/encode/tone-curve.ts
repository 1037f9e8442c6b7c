/**
 * The curve by which HDR becomes SDR, for every engine: FFmpeg's `tonemap=hable` without desaturation
 * (John Hable, "Filmic Tonemapping Operators", 2010). Light is in units of 100 cd/m2.
 */

/** The light, in cd/m2, that is 1 before the curve. */
export const NOMINAL_PEAK = 100;

/**
 * The light that becomes white: 1000 cd/m2. The brightest light that a source states is not used: it is missing
 * or wrong in many files, and chunks of one source may differ in it.
 */
export const WHITE = 10;

function hable(light: number): number {
  return (
    (light * (light * 0.15 + 0.05) + 0.004) / (light * (light * 0.15 + 0.5) + 0.06) - 0.02 / 0.3
  );
}

const AT_WHITE = hable(WHITE);

/** Factor for all three colours of a pixel, from the brightest of them. */
export function toneGain(brightest: number): number {
  const light = brightest > 1e-6 ? brightest : 1e-6;
  return hable(light) / AT_WHITE / light;
}
