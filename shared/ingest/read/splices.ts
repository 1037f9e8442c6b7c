import { type Notice, notice } from "../../job/notice.ts";
import { clock, TICKS_PER_SECOND } from "../../job/ticks.ts";
import type { PacketList } from "./source-index.ts";

/**
 * Recordings that were joined without care for their times (parts of a stream, a camera's files, a broadcast): the
 * clock jumps where one ends, or the next begins a few frames early. Here they become one timeline.
 */

/** A key frame that is this much earlier than the latest frame before it is on another clock. */
const BACK_SECONDS = 0.5;

/** So is a key frame this much later, if all audio jumps, too. In files without audio, the longer time counts. */
const FORWARD_SECONDS = 10;
const FORWARD_ALONE_SECONDS = 3600;

/** Jumps of audio and video belong together when they differ by less than this. */
const SAME_JUMP_SECONDS = 1.5;

/** Frames that are nearer to each other than this share of a frame's duration belong to two recordings. */
const OWN_PLACE = 0.6;

/** Packets on each side of a joint among which frames may be out of order. */
const REORDERED = 64;

/** In a file of key frames, time may go back at joints this often, or for this share of the frames if that is more. */
const MOST_JOINTS = 3;
const MOST_JOINTS_SHARE = 0.01;

interface Jump {
  /** By how much the clock jumps, and by how much all that follows is moved, earlier jumps included. */
  bySeconds: number;
  shiftSeconds: number;
}

/**
 * Puts joined recordings on one timeline. Replaces the lists' `seconds`; `places` stay.
 * @returns notices about it
 */
export function straighten(video: PacketList, audio: readonly PacketList[]): Notice[] {
  const keys = video.isKey.reduce((sum, isKey) => sum + isKey, 0);
  if (keys < 2) return [];
  // Where most packets are flagged as key, but frames are reordered, the flags are wrong.
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

/** Whether time goes back from packet to packet more often than joints explain: then frames are reordered. */
function isReordered(seconds: Float64Array): boolean {
  let back = 0;
  for (let i = 1; i < seconds.length; i++) {
    if ((seconds[i] ?? 0) < (seconds[i - 1] ?? 0)) back += 1;
  }
  return back > Math.max(MOST_JOINTS, MOST_JOINTS_SHARE * seconds.length);
}

/** Median distance between frames in presentation order, in seconds. */
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

/** Whether a key frame is of another recording: a frame decoded before it has about the same time. */
function isForeign(seconds: Float64Array, key: number, frame: number): boolean {
  const time = seconds[key] ?? 0;
  for (let i = key - 1; i >= Math.max(0, key - REORDERED); i--) {
    if (Math.abs((seconds[i] ?? 0) - time) < OWN_PLACE * frame) return true;
  }
  return false;
}

/**
 * Redistributes the times of the frames around a joint, so that all frames of the second recording come after those
 * of the first.
 * @returns how many frames of the first recording the second overlaps, and the last packet that was moved
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
