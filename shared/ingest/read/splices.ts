import { type Notice, notice } from "../../job/notice.ts";
import { clock, TICKS_PER_SECOND } from "../../job/ticks.ts";
import type { PacketList } from "./source-index.ts";

/**
 * Recordings that were joined as they are (parts of a stream, a camera's files, a broadcast): the clock
 * jumps where one ends, or the next begins a few frames early. Here they become one timeline.
 */

/** A key frame this much earlier than what was shown before it begins on another clock. */
const BACK_SECONDS = 0.5;

/** Later by this much, where sound jumps too; without sound, by the second. */
const FORWARD_SECONDS = 10;
const FORWARD_ALONE_SECONDS = 3600;

/** Sound and picture jump together: by the same time, but for how far apart they are stored. */
const SAME_JUMP_SECONDS = 1.5;

/** Frames of two recordings whose times are nearer than this share of a frame are not of one clock. */
const OWN_PLACE = 0.6;

/** Frames that a key frame may follow out of order. */
const REORDERED = 64;

/** As many joints as a file of key frames alone may have, or as many a frame. */
const MOST_JOINTS = 3;
const MOST_JOINTS_SHARE = 0.01;

interface Jump {
  /** By how much the clock jumps, and by how much what follows is moved in all. */
  bySeconds: number;
  shiftSeconds: number;
}

/**
 * Moves what does not lie on one timeline; lists' `seconds` are replaced, `places` stay.
 * @returns what people are told
 */
export function straighten(video: PacketList, audio: readonly PacketList[]): Notice[] {
  const keys = video.isKey.reduce((sum, isKey) => sum + isKey, 0);
  if (keys < 2) return [];
  // Where each packet is flagged as key, but the order says otherwise, flags tell nothing.
  if (keys > video.isKey.length / 2 && isReordered(video.seconds)) return [];
  const original = video.seconds.slice();
  const seconds = original.slice();
  const frame = usualGap(original);
  const zero = original[0] ?? 0;
  const at = (time: number) => clock((time - zero) * TICKS_PER_SECOND);
  const notices: Notice[] = [];
  const jumps: Jump[] = [];
  let shift = 0;
  let latest = Number.NEGATIVE_INFINITY;
  let orderedTo = -1;
  for (let i = 0; i < seconds.length; i++) {
    seconds[i] = (original[i] ?? 0) + shift;
    const time = seconds[i] ?? 0;
    if (i > 0 && video.isKey[i] === 1) {
      const gap = time - latest;
      const isJump =
        gap < -BACK_SECONDS || (gap > FORWARD_SECONDS && jumpsForward(audio, gap - frame));
      if (isJump) {
        shift += latest + frame - time;
        seconds[i] = latest + frame;
        jumps.push({ bySeconds: gap - frame, shiftSeconds: shift });
        const way = gap < 0 ? "back" : "ahead";
        notices.push(
          notice(
            "CLOCK_JUMPS",
            `At ${at(latest)} the file's clock jumps ${way} by ${Math.abs(gap).toFixed(1)} s; what follows is shown right after.`,
            latest - zero,
          ),
        );
      } else if (gap <= 0 && i > orderedTo && isForeign(seconds, i, frame)) {
        const { count, last } = putInOrder(seconds, i, original, shift);
        orderedTo = last;
        notices.push(
          notice(
            "RECORDINGS_OVERLAP",
            `At ${at(time)} two recordings overlap by ${count} frame${count === 1 ? "" : "s"}; they are shown one after the other.`,
            time - zero,
          ),
        );
      }
    }
    latest = Math.max(latest, seconds[i] ?? 0);
  }
  const [first, ...more] = notices;
  if (first === undefined) return [];
  video.seconds = seconds;
  for (const list of audio) moveSound(list, jumps);
  if (more.length < 3) return notices;
  return [first, notice(first.code, `The same happens at ${more.length} more places.`)];
}

/** Frames that are decoded in another order than shown, more than a few joints would make. */
function isReordered(seconds: Float64Array): boolean {
  let back = 0;
  for (let i = 1; i < seconds.length; i++) {
    if ((seconds[i] ?? 0) < (seconds[i - 1] ?? 0)) back += 1;
  }
  return back > Math.max(MOST_JOINTS, MOST_JOINTS_SHARE * seconds.length);
}

/** The usual distance of neighbours in time. */
function usualGap(seconds: Float64Array): number {
  const times = seconds.slice(0, 2000).sort();
  const gaps = times.slice(1).map((time, i) => time - (times[i] ?? 0));
  const positive = gaps.filter((gap) => gap > 0).sort();
  return positive[positive.length >> 1] ?? 1 / 25;
}

function jumpsForward(audio: readonly PacketList[], bySeconds: number): boolean {
  if (audio.length === 0) return bySeconds > FORWARD_ALONE_SECONDS;
  return audio.every(({ seconds }) =>
    seconds.some(
      (time, i) => i > 0 && Math.abs(time - (seconds[i - 1] ?? 0) - bySeconds) < SAME_JUMP_SECONDS,
    ),
  );
}

/** A key frame in the place of a frame that was decoded before it is of another recording. */
function isForeign(seconds: Float64Array, key: number, frame: number): boolean {
  const time = seconds[key] ?? 0;
  for (let i = key - 1; i >= Math.max(0, key - REORDERED); i--) {
    if (Math.abs((seconds[i] ?? 0) - time) < OWN_PLACE * frame) return true;
  }
  return false;
}

/**
 * The frames around a joint keep their times, but those of the second recording all come after those of
 * the first.
 * @returns how many frames of the first the second overlaps, and the last packet that was moved
 */
function putInOrder(
  seconds: Float64Array,
  key: number,
  original: Float64Array,
  shift: number,
): { count: number; last: number } {
  const start = seconds[key] ?? 0;
  const before: number[] = [];
  let latest = start;
  for (let i = key - 1; i >= Math.max(0, key - REORDERED); i--) {
    if ((seconds[i] ?? 0) < start) continue;
    before.push(i);
    latest = Math.max(latest, seconds[i] ?? 0);
  }
  const after: number[] = [];
  for (let i = key; i < Math.min(seconds.length, key + REORDERED); i++) {
    seconds[i] = (original[i] ?? 0) + shift;
    if ((seconds[i] ?? 0) <= latest) after.push(i);
  }
  const byTime = (a: number, b: number) => (seconds[a] ?? 0) - (seconds[b] ?? 0) || a - b;
  const packets = [...before.sort(byTime), ...after.sort(byTime)];
  const times = packets.map((i) => seconds[i] ?? 0).sort((a, b) => a - b);
  for (const [nth, i] of packets.entries()) {
    // The loop over all packets adds the shift again.
    original[i] = (times[nth] ?? 0) - shift;
    seconds[i] = times[nth] ?? 0;
  }
  return { count: before.length, last: Math.max(key, ...after) };
}

function moveSound(list: PacketList, jumps: readonly Jump[]): void {
  const original = list.seconds;
  const seconds = original.slice();
  let next = 0;
  let shift = 0;
  for (let i = 1; i < seconds.length; i++) {
    const jump = jumps[next];
    const by = (original[i] ?? 0) - (original[i - 1] ?? 0);
    if (jump !== undefined && Math.abs(by - jump.bySeconds) < SAME_JUMP_SECONDS) {
      if (Math.abs(by) > BACK_SECONDS / 2) {
        shift = jump.shiftSeconds;
        next++;
      }
    }
    seconds[i] = (original[i] ?? 0) + shift;
  }
  list.seconds = seconds;
}
