import { h264Level } from "../h264/level.ts";
import { TributaryError } from "../job/errors.ts";
import {
  type AudioRendition,
  RATE_SHARE,
  type SourceFacts,
  type VideoRendition,
} from "../job/job.ts";
import { planAudio } from "./audio.ts";
import { checkRungs, evenBelow, type LadderRung, suggestedKilobits } from "./rungs.ts";
import { usefulKilobits } from "./source-rate.ts";

/** No default rung is larger: beyond this, the work grows faster than the visible gain. */
const MAX_DEFAULT_SHORT_SIDE = 1080;

/** Short sides below the top one; each is used when it is at most 0.76 of the one above. */
const LOWER_SHORT_SIDES = [720, 480, 360, 240] as const;

/**
 * Largest BANDWIDTH of the variant for cellular connections that Apple's authoring specification asks for. It is a
 * peak and counts audio (RFC 8216, 4.3.4.2).
 */
const CELLULAR_KILOBITS = 192;
/** Allowance for boxes, and for audio that exceeds its rate. */
const SPARE_KILOBITS = 8;
const CELLULAR_SHORT_SIDE = 144;
/** The cellular rung is left out when it would get a smaller share of the rate that suits its size. */
const LEAST_SHARE = 0.85;

/**
 * The ladder that a source gets when nobody chose one; largest first. It ends with a rung for cellular
 * connections if the audio leaves enough bits for it, which stereo does not. (With the 60 kbit/s that stereo
 * leaves, 2 of 8 moving pictures looked more like their neighbours than like themselves; with 110, none.) No
 * rung gets more bits than the source has for as many pixels.
 */
export function defaultLadder(
  facts: Pick<SourceFacts, "video" | "audio">,
  audio: readonly AudioRendition[] = planAudio(facts),
): LadderRung[] {
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
  const rungs = sides.map((shortSide) => {
    const suggested = suggestedKilobits(shortSide) * fast;
    const rate = Math.min(suggested, usefulKilobits(facts.video, shortSide));
    return { shortSide, kilobitsPerSecond: Math.max(24, Math.round(rate)) };
  });
  const wanted = Math.min(
    suggestedKilobits(CELLULAR_SHORT_SIDE) * fast,
    Math.max(24, usefulKilobits(facts.video, CELLULAR_SHORT_SIDE)),
  );
  const most = (CELLULAR_KILOBITS - SPARE_KILOBITS - soundKilobits(audio)) / RATE_SHARE.most;
  const smallest = sides.at(-1) ?? top;
  if (CELLULAR_SHORT_SIDE <= 0.76 * smallest && most >= LEAST_SHARE * wanted) {
    const kilobitsPerSecond = Math.floor(Math.min(wanted, most));
    rungs.push({ shortSide: CELLULAR_SHORT_SIDE, kilobitsPerSecond });
  }
  return rungs;
}

function soundKilobits(audio: readonly AudioRendition[]): number {
  // 5.1 is in other variants.
  const plain = audio.filter(({ channels }) => channels <= 2);
  return Math.max(0, ...plain.map(({ bitsPerSecond }) => bitsPerSecond / 1000));
}

/**
 * Renditions of a ladder, largest first: even sizes, square pixels, the source's aspect ratio. Nothing is
 * scaled up. Of the rungs above the source's size, the smallest becomes a rung of just that size with fewer
 * bits, unless there is one already. The others are dropped.
 * @param audio the audio renditions beside them; default: by `planAudio`
 * @throws TributaryError LADDER_INVALID
 */
export function planLadder(
  facts: Pick<SourceFacts, "video" | "audio">,
  rungs?: readonly LadderRung[],
  audio?: readonly AudioRendition[],
): VideoRendition[] {
  return ladderOf(facts, rungs ?? defaultLadder(facts, audio));
}

function ladderOf(
  facts: Pick<SourceFacts, "video">,
  rungs: readonly LadderRung[],
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

/** The n for which keeping every n-th frame leaves at most 60 frames a second, give or take rounding. */
export function frameStepFor(frameRate: number): number {
  return Math.min(16, Math.max(1, Math.ceil(frameRate / 60.5)));
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
