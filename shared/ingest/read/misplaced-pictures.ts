import { TributaryError } from "../../job/errors.ts";
import { type Notice, notice } from "../../job/notice.ts";
import { clock, TICKS_PER_SECOND } from "../../job/ticks.ts";
import type { PacketList } from "./source-index.ts";

/**
 * Single pictures whose composition offset puts them far away from their group. The causes are damaged tables, and
 * writers that got a sign or a unit wrong. The neighbours in decode order tell where such pictures belong.
 */

/** Neighbours on each side: more than an encoder reorders. */
const NEIGHBOURS = 20;
const FEWEST_BEFORE = 4;

/** A misplaced picture is further from its neighbours than both FAR_SECONDS and FAR_SPREADS times their spread. */
const FAR_SECONDS = 10;
const FAR_SPREADS = 4;

/** With more neighbours than this at the far place, it is not misplaced: the file's clock goes on there. */
const MOST_TOGETHER = 3;

/** When a larger share of all pictures is misplaced, their times are useless. */
const MOST_MISPLACED = 0.1;

/**
 * Moves misplaced pictures to the largest gap between their neighbours. Replaces `seconds`; `places` stay.
 * @returns notices about it
 * @throws TributaryError SOURCE_TIMES_WRONG when too many are misplaced
 */
export function placePictures(list: PacketList): Notice[] {
  const { seconds } = list;
  const misplaced: number[] = [];
  for (let at = FEWEST_BEFORE; at + NEIGHBOURS < seconds.length; at += 1) {
    // True for nearly all pictures, which need no closer look.
    const isNear = Math.abs((seconds[at] ?? 0) - (seconds[at - 1] ?? 0)) < FAR_SECONDS;
    if ((!isNear || misplaced.at(-1) === at - 1) && isFar(seconds, at)) misplaced.push(at);
  }
  const [first] = misplaced;
  if (first === undefined) return [];
  if (misplaced.length > MOST_MISPLACED * seconds.length) {
    throw new TributaryError(
      "SOURCE_TIMES_WRONG",
      "The times in the file cannot be right: many of its pictures lie far away from those around them.",
    );
  }
  const placed = seconds.slice();
  const wrong = new Set(misplaced);
  for (const at of misplaced) placed[at] = gapBeside(placed, at, wrong);
  list.seconds = placed;
  const zero = placed[0] ?? 0;
  const count = misplaced.length === 1 ? "A picture has" : `${misplaced.length} pictures have`;
  const atSeconds = Math.max(0, (placed[first] ?? 0) - zero);
  const message = `${count} a time that cannot be right (the first at ${clock(atSeconds * TICKS_PER_SECOND)}); shown between the pictures around.`;
  return [notice("TIMES_REPAIRED", message, atSeconds)];
}

function isFar(seconds: Float64Array, at: number): boolean {
  const time = seconds[at] ?? 0;
  const sorted = around(seconds, at).sort((a, b) => a - b);
  // A few of the neighbours may be misplaced, too.
  const least = sorted[Math.floor(sorted.length * 0.1)] ?? 0;
  const most = sorted[Math.ceil(sorted.length * 0.9) - 1] ?? 0;
  const far = Math.max(FAR_SECONDS, FAR_SPREADS * (most - least));
  if (time >= least - far && time <= most + far) return false;
  const there = sorted.filter((each) => (time < least ? each < least - far : each > most + far));
  return there.length <= MOST_TOGETHER;
}

function around(seconds: Float64Array, at: number): number[] {
  return [
    ...seconds.subarray(Math.max(0, at - NEIGHBOURS), at),
    ...seconds.subarray(at + 1, at + 1 + NEIGHBOURS),
  ];
}

/** The middle of the largest gap between the times of a picture's neighbours in decode order. */
function gapBeside(seconds: Float64Array, at: number, wrong: ReadonlySet<number>): number {
  const near: number[] = [];
  for (let from = at - FEWEST_BEFORE; from <= at + FEWEST_BEFORE; from += 1) {
    // Misplaced pictures before it have been moved already.
    if (from < at || (from > at && !wrong.has(from))) near.push(seconds[from] ?? 0);
  }
  near.sort((a, b) => a - b);
  let middle = near[0] ?? 0;
  let largest = -1;
  for (let i = 1; i < near.length; i += 1) {
    const [one, next] = [near[i - 1] ?? 0, near[i] ?? 0];
    if (next - one <= largest) continue;
    largest = next - one;
    middle = (one + next) / 2;
  }
  return middle;
}
