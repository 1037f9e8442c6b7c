import { TributaryError } from "../job/errors.ts";
import type { SourceFacts, VideoRendition } from "../job/job.ts";

/** One rung of a ladder, as people write it: "480:1400". */
export interface LadderRung {
  /** Of the short side: 480 is 480p, whichever way the picture is turned. */
  shortSide: number;
  kilobitsPerSecond: number;
}

/** Most rungs a ladder may have; `jobPlanSchema` holds the same bound. */
const MAX_RUNGS = 12;

/** No default rung is larger: beyond it the work grows faster than what people see. */
const MAX_DEFAULT_SHORT_SIDE = 1080;

/**
 * Bit rates for 24 to 30 frames a second, after Apple's table (HLS authoring specification, 2025):
 * 234p 145, 360p 365, 432p 730/1100, 540p 2000, 720p 3000/4500, 1080p 6000/7800, between its low and
 * high column. Small ones get more than that: with less, pictures after a cut or in jerky motion fitted
 * their neighbours better than themselves. So the variant of at most 192 kbit/s, sound included, that
 * the specification wants for cellular connections is left to whoever writes such a ladder.
 */
const SUGGESTED: readonly LadderRung[] = [
  { shortSide: 144, kilobitsPerSecond: 110 },
  { shortSide: 240, kilobitsPerSecond: 350 },
  { shortSide: 360, kilobitsPerSecond: 730 },
  { shortSide: 432, kilobitsPerSecond: 1100 },
  { shortSide: 540, kilobitsPerSecond: 2000 },
  { shortSide: 720, kilobitsPerSecond: 3000 },
  { shortSide: 1080, kilobitsPerSecond: 6000 },
  { shortSide: 2160, kilobitsPerSecond: 16800 },
];

/** Short sides below the top one; each is used when it is at most 0.76 of the one above. */
const LOWER_SHORT_SIDES = [720, 480, 360, 240] as const;

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

/** The ladder that a source gets when nobody chose one; largest first. */
export function defaultLadder(facts: Pick<SourceFacts, "video">): LadderRung[] {
  const { displayWidth, displayHeight } = facts.video;
  const sourceShortSide = evenBelow(Math.min(displayWidth, displayHeight));
  const top = Math.min(sourceShortSide, MAX_DEFAULT_SHORT_SIDE);
  const sides = [top];
  for (const side of LOWER_SHORT_SIDES) {
    if (side <= 0.76 * (sides.at(-1) ?? top)) sides.push(side);
  }
  // Tiny sources get a second rung too: a player needs a way down.
  if (sides.length === 1 && top >= 64) sides.push(evenBelow(top * 0.6));
  if (sides.length > 5) sides.splice(sides.indexOf(240), 1);
  const fast = outputFrameRate(facts.video) > 45 ? 1.4 : 1;
  return sides.map((shortSide) => {
    const rate = suggestedKilobits(shortSide) * fast;
    return { shortSide, kilobitsPerSecond: Math.max(24, Math.round(rate)) };
  });
}

/**
 * Renditions of a ladder, largest first: even sizes, square pixels, the source's aspect. Nothing is
 * scaled up: of the rungs above the source's size the smallest becomes one of just that size (with
 * bits to match), the others go.
 * @throws TributaryError LADDER_INVALID
 */
export function planLadder(
  facts: Pick<SourceFacts, "video">,
  rungs: readonly LadderRung[] = defaultLadder(facts),
): VideoRendition[] {
  checkRungs(rungs);
  const { displayWidth, displayHeight } = facts.video;
  const shortSide = Math.min(displayWidth, displayHeight);
  if (shortSide < 2)
    throw new TributaryError("LADDER_INVALID", "The picture is too small to be made smaller.");
  const fitting = fitToSource(rungs, evenBelow(shortSide));
  const frameRate = outputFrameRate(facts.video);
  const sides = fitting.map((rung) => rung.shortSide);
  return fitting.map((rung) => {
    const scale = rung.shortSide / shortSide;
    const longSide = Math.max(
      2,
      2 * Math.round((Math.max(displayWidth, displayHeight) * scale) / 2),
    );
    const portrait = displayHeight > displayWidth;
    const width = portrait ? rung.shortSide : longSide;
    const height = portrait ? longSide : rung.shortSide;
    const bitsPerSecond = rung.kilobitsPerSecond * 1000;
    const shared = sides.filter((side) => side === rung.shortSide).length > 1;
    return {
      id: shared ? `v${rung.shortSide}-${rung.kilobitsPerSecond}` : `v${rung.shortSide}`,
      kind: "video",
      width,
      height,
      bitsPerSecond,
      level: h264Level(width, height, frameRate, bitsPerSecond),
    };
  });
}

/** Frames a second of the outputs. */
export function outputFrameRate(
  video: Pick<SourceFacts["video"], "frameRate" | "frameStep">,
): number {
  return video.frameRate / video.frameStep;
}

/** Every n-th frame is kept so that no more than 60 a second (and a rounding error) come out. */
export function frameStepFor(frameRate: number): number {
  return Math.min(16, Math.max(1, Math.ceil(frameRate / 60.5)));
}

/** MaxMBPS, MaxFS, MaxDpbMbs and MaxBR (kbit/s, Baseline) of each level: ITU-T H.264, table A-1. */
const H264_LEVELS: readonly [level: number, mbps: number, fs: number, dpb: number, br: number][] = [
  [10, 1485, 99, 396, 64],
  [11, 3000, 396, 900, 192],
  [12, 6000, 396, 2376, 384],
  [13, 11880, 396, 2376, 768],
  [20, 11880, 396, 2376, 2000],
  [21, 19800, 792, 4752, 4000],
  [22, 20250, 1620, 8100, 4000],
  [30, 40500, 1620, 8100, 10000],
  [31, 108000, 3600, 18000, 14000],
  [32, 216000, 5120, 20480, 20000],
  [40, 245760, 8192, 32768, 20000],
  [41, 245760, 8192, 32768, 50000],
  [42, 522240, 8704, 34816, 50000],
  [50, 589824, 22080, 110400, 135000],
  [51, 983040, 36864, 184320, 240000],
  [52, 2073600, 36864, 184320, 240000],
  [60, 4177920, 139264, 696320, 240000],
  [61, 8355840, 139264, 696320, 480000],
  [62, 16711680, 139264, 696320, 800000],
];

/** Lowest level that holds High profile at this size, rate and bit rate with up to 4 reference pictures. */
export function h264Level(
  width: number,
  height: number,
  frameRate: number,
  bitsPerSecond: number,
): number {
  const columns = Math.ceil(width / 16);
  const rows = Math.ceil(height / 16);
  const size = columns * rows;
  // High profile may use 1.25 times MaxBR; peaks go to 1.5 times the mean.
  const peakKilobits = (bitsPerSecond * 1.5) / 1000 / 1.25;
  // Real rates are a hair above their names (30.0005); a level counts whole seconds.
  const perSecond = size * frameRate * 0.995;
  const fits = H264_LEVELS.find(
    ([, mbps, fs, dpb, br]) =>
      perSecond <= mbps &&
      size <= fs &&
      Math.max(columns, rows) <= Math.sqrt(8 * fs) &&
      size * 4 <= dpb &&
      peakKilobits <= br,
  );
  return fits?.[0] ?? 62;
}

/** Bit rate for any size: between two table entries on a straight line of logarithms. */
function suggestedKilobits(shortSide: number): number {
  const above = SUGGESTED.findIndex((rung) => rung.shortSide >= shortSide);
  const high = SUGGESTED[above === -1 ? SUGGESTED.length - 1 : Math.max(1, above)];
  const low = SUGGESTED[above === -1 ? SUGGESTED.length - 2 : Math.max(0, above - 1)];
  if (high === undefined || low === undefined) return 1000;
  if (high.shortSide === shortSide) return high.kilobitsPerSecond;
  if (low.shortSide >= shortSide) {
    return low.kilobitsPerSecond * (shortSide / low.shortSide) ** 1.5;
  }
  const share = Math.log(shortSide / low.shortSide) / Math.log(high.shortSide / low.shortSide);
  return low.kilobitsPerSecond * (high.kilobitsPerSecond / low.kilobitsPerSecond) ** share;
}

function fitToSource(rungs: readonly LadderRung[], sourceShortSide: number): LadderRung[] {
  const sorted = rungs
    .map((rung) => ({ ...rung, shortSide: evenBelow(rung.shortSide) }))
    .sort((a, b) => b.shortSide - a.shortSide || b.kilobitsPerSecond - a.kilobitsPerSecond);
  const fitting = sorted.filter((rung) => rung.shortSide <= sourceShortSide);
  const above = sorted.filter((rung) => rung.shortSide > sourceShortSide).at(-1);
  if (above === undefined || fitting[0]?.shortSide === sourceShortSide) return fitting;
  const kilobitsPerSecond = Math.max(
    24,
    (fitting[0]?.kilobitsPerSecond ?? 0) + 1,
    Math.round(above.kilobitsPerSecond * (sourceShortSide / above.shortSide) ** 1.5),
  );
  return [{ shortSide: sourceShortSide, kilobitsPerSecond }, ...fitting];
}

function checkRungs(rungs: readonly LadderRung[]): void {
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

function evenBelow(length: number): number {
  return Math.max(2, 2 * Math.floor(length / 2));
}
