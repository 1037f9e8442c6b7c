import { TributaryError } from "../job/errors.ts";

/** Rungs of a ladder and the bit rates that suit them. Pages use this module, so it loads no schemas. */

/** One rung of a ladder, as people write it: "480:1400". */
export interface LadderRung {
  /** Pixels of the short side: 480 is 480p, whichever way the picture is turned. */
  shortSide: number;
  kilobitsPerSecond: number;
}

/** Most rungs that a ladder may have; `jobPlanSchema` has the same bound. */
const MAX_RUNGS = 12;

/**
 * Bit rates for 24 to 30 frames a second. They follow Apple's table (HLS authoring specification, 2025), which
 * has 234p 145, 360p 365, 432p 730/1100, 540p 2000, 720p 3000/4500, 1080p 6000/7800. Small rungs get more than
 * that: with less, pictures after a cut or in jerky motion looked more like their neighbours than like
 * themselves. So the default ladder has the specification's variant for cellular connections (at most
 * 192 kbit/s, audio included) only where the audio is mono or missing.
 */
const TABLE: readonly LadderRung[] = [
  { shortSide: 144, kilobitsPerSecond: 110 },
  { shortSide: 240, kilobitsPerSecond: 350 },
  { shortSide: 360, kilobitsPerSecond: 730 },
  { shortSide: 432, kilobitsPerSecond: 1100 },
  { shortSide: 540, kilobitsPerSecond: 2000 },
  { shortSide: 720, kilobitsPerSecond: 3000 },
  { shortSide: 1080, kilobitsPerSecond: 6000 },
  { shortSide: 2160, kilobitsPerSecond: 16800 },
];

/** Bit rate for any short side, in kbit/s, interpolated between entries of the table on logarithmic scales. */
export function suggestedKilobits(shortSide: number): number {
  const above = TABLE.findIndex((rung) => rung.shortSide >= shortSide);
  const high = TABLE[above === -1 ? TABLE.length - 1 : Math.max(1, above)];
  const low = TABLE[above === -1 ? TABLE.length - 2 : Math.max(0, above - 1)];
  if (high === undefined || low === undefined) return 1000;
  if (high.shortSide === shortSide) return high.kilobitsPerSecond;
  if (low.shortSide >= shortSide) {
    return low.kilobitsPerSecond * (shortSide / low.shortSide) ** 1.5;
  }
  const share = Math.log(shortSide / low.shortSide) / Math.log(high.shortSide / low.shortSide);
  return low.kilobitsPerSecond * (high.kilobitsPerSecond / low.kilobitsPerSecond) ** share;
}

/** Picture heights that people know, largest first, each with the bit rate that suits it. */
export const KNOWN_RUNGS: readonly LadderRung[] = [
  2160, 1440, 1080, 720, 540, 480, 360, 240, 144,
].map((shortSide) => ({ shortSide, kilobitsPerSecond: Math.round(suggestedKilobits(shortSide)) }));

/**
 * Reads "480:1400,360:800,240:400" (short side, kbit/s).
 * @throws TributaryError LADDER_INVALID
 */
export function parseLadder(text: string): LadderRung[] {
  const rungs = text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map((part) => {
      const match = /^(\d{1,5})p?\s*:\s*(\d{1,6})k?$/.exec(part);
      if (match === null) {
        throw new TributaryError(
          "LADDER_INVALID",
          `"${part.slice(0, 40)}" is not a rung. Write the short side and kbit/s, as in 480:1400.`,
        );
      }
      return { shortSide: Number(match[1]), kilobitsPerSecond: Number(match[2]) };
    });
  checkRungs(rungs);
  return rungs;
}

/** @throws TributaryError LADDER_INVALID */
export function checkRungs(rungs: readonly LadderRung[]): void {
  const refuse = (message: string) => {
    throw new TributaryError("LADDER_INVALID", message);
  };
  if (rungs.length === 0) refuse("The ladder has no rung.");
  if (rungs.length > MAX_RUNGS) refuse(`A ladder has at most ${MAX_RUNGS} rungs.`);
  const seen = new Set<string>();
  for (const { shortSide, kilobitsPerSecond } of rungs) {
    if (!Number.isInteger(shortSide) || shortSide < 2 || shortSide > 4320) {
      refuse(`A short side of ${shortSide} is out of range (2 to 4320).`);
    }
    if (
      !Number.isFinite(kilobitsPerSecond) ||
      kilobitsPerSecond < 20 ||
      kilobitsPerSecond > 100_000
    ) {
      refuse(`${kilobitsPerSecond} kbit/s is out of range (20 to 100000).`);
    }
    const key = `${evenBelow(shortSide)}:${kilobitsPerSecond}`;
    if (seen.has(key)) refuse(`The rung ${shortSide}:${kilobitsPerSecond} is there twice.`);
    seen.add(key);
  }
}

/** The largest even length that is not above this one, in pixels; at least 2. */
export function evenBelow(length: number): number {
  return Math.max(2, 2 * Math.floor(length / 2));
}
