import { decodeTicks } from "../../isobmff/sample-tables.ts";
import type { IsoTrack } from "../../isobmff/tracks.ts";
import { TributaryError } from "../../job/errors.ts";
import { clock, TICKS_PER_SECOND } from "../../job/ticks.ts";
import type { PacketList } from "./source-index.ts";

/**
 * Edit lists (ISO/IEC 14496-12, 8.6.6): which parts of a track's media are shown, and when. Packets of a track
 * with several edits are listed edit by edit, with the times at which they are shown. Packets that are only
 * decoded are in the list, too, as hidden. A packet that two edits show is in the list twice.
 */

/** One part of the media that is shown, in seconds. */
export interface ShownEdit {
  /** When it is shown. */
  startSeconds: number;
  /** Where it begins in the media. */
  mediaSeconds: number;
  /** Infinite where the list has 0, which means as long as there is media. */
  durationSeconds: number;
}

/** Edits that show something, in order. @throws TributaryError SOURCE_UNSUPPORTED for a speed other than 1 */
export function shownEdits({
  edits,
  timescale,
}: Pick<IsoTrack, "edits" | "timescale">): ShownEdit[] {
  const shown: ShownEdit[] = [];
  let startSeconds = 0;
  for (const { mediaTime, durationSeconds, rate } of edits) {
    if (mediaTime >= 0) {
      if (rate !== 1) {
        const at = clock(startSeconds * TICKS_PER_SECOND);
        throw new TributaryError(
          "SOURCE_UNSUPPORTED",
          `At ${at} the file changes its speed to ${rate} by an edit list. Export it at normal speed first.`,
        );
      }
      shown.push({
        startSeconds,
        mediaSeconds: mediaTime / timescale,
        durationSeconds: durationSeconds === 0 ? Number.POSITIVE_INFINITY : durationSeconds,
      });
    }
    startSeconds += durationSeconds;
  }
  return shown;
}

/** A track's packets as its edits show them. */
export interface EditedPackets {
  packets: PacketList;
  /** Positions in the list at which an edit begins, except the first edit. */
  joins: number[];
}

/**
 * Lists the packets of a video track. Frames get the times that libavformat gives them (`mov_fix_index`), and so
 * those of every browser built on it: an edit begins with the first packet, in decode order, that it shows.
 * @param packets with the media's own times
 */
export function editedPictures(packets: PacketList, track: IsoTrack): EditedPackets {
  const decoded = decodeTicks(track.decodeRuns);
  const edits = shownEdits(track).flatMap((edit) => {
    const shown = packetsWithin(packets, edit);
    const [first] = shown;
    if (first === undefined) return [];
    const times = shown.map((i) => packets.seconds[i] ?? 0);
    const earliest = times.reduce((a, b) => Math.min(a, b));
    const latest = times.reduce((a, b) => Math.max(a, b));
    const sample = packets.numbers[first] ?? 0;
    const began =
      decoded.length > sample ? (decoded[sample] ?? 0) / track.timescale : edit.mediaSeconds;
    return [{ edit, first, last: shown.at(-1) ?? first, earliest, latest, began }];
  });
  const lag = edits[0] === undefined ? 0 : edits[0].earliest - edits[0].began;
  // From the last edit back, because no edit may go on beyond the first frame of the next.
  const shifts = new Array<number>(edits.length).fill(0);
  let nextStarts = Number.POSITIVE_INFINITY;
  for (const [nth, { edit, first, earliest, latest, began }] of [...edits.entries()].reverse()) {
    const frame = packets.durationSeconds[first] ?? 0;
    const shift = Math.min(edit.startSeconds - began - lag, nextStarts - frame - latest);
    shifts[nth] = shift;
    nextStarts = earliest + shift;
  }
  const list = new ListBuilder(packets);
  for (const [nth, { edit, first, last, earliest }] of edits.entries()) {
    const endSeconds = edit.mediaSeconds + edit.durationSeconds - HALF_MICROSECOND;
    const shift = shifts[nth] ?? 0;
    list.join();
    for (let i = keyFor(packets, first, earliest); i <= last; i++) {
      const at = packets.seconds[i] ?? 0;
      const isAfter = at >= endSeconds;
      const isBefore = at < edit.mediaSeconds - HALF_MICROSECOND;
      list.push(i, at + shift + (isAfter ? OUT_OF_SIGHT_SECONDS : 0), isAfter || isBefore);
    }
  }
  return list.take();
}

/** Packets that an edit shows, in decode order. */
function packetsWithin(
  { seconds }: PacketList,
  { mediaSeconds, durationSeconds }: ShownEdit,
): number[] {
  const from = mediaSeconds - HALF_MICROSECOND;
  const within: number[] = [];
  for (const [i, at] of seconds.entries()) {
    if (at >= from && at < from + durationSeconds) within.push(i);
  }
  return within;
}

/**
 * Lists the packets of an audio track. Each edit begins with the first packet that starts in it. The first edit
 * also gets the packets shortly before, because decoders need a few to settle. So the edits are exact to a packet,
 * and packets keep their exact times.
 * @param packets with the media's own times
 */
export function editedSound(packets: PacketList, track: IsoTrack): EditedPackets {
  const list = new ListBuilder(packets);
  for (const [nth, edit] of shownEdits(track).entries()) {
    const { startSeconds, mediaSeconds, durationSeconds } = edit;
    const from = nth === 0 ? mediaSeconds - FIND_IN_SECONDS : mediaSeconds - HALF_MICROSECOND;
    list.join();
    for (let i = 0; i < packets.seconds.length; i++) {
      const at = packets.seconds[i] ?? 0;
      if (at >= from && at < mediaSeconds + durationSeconds - HALF_MICROSECOND)
        list.push(i, startSeconds + at - mediaSeconds, false);
    }
  }
  return list.take();
}

/** Tolerance for times computed from integers, which may have rounding errors. */
const HALF_MICROSECOND = 5e-7;

const FIND_IN_SECONDS = 0.1;

/** Hidden pictures after an edit's end are moved by this much, so that they do not lie among the next edit's. */
const OUT_OF_SIGHT_SECONDS = 1;

/** The key packet at which decoding has to begin for all frames from `earliest` on. */
function keyFor({ seconds, isKey }: PacketList, first: number, earliest: number): number {
  for (let i = first; i >= 0; i--) {
    if (isKey[i] === 1 && (seconds[i] ?? 0) <= earliest + HALF_MICROSECOND) return i;
  }
  return 0;
}

class ListBuilder {
  readonly #from: PacketList;
  readonly #picked: number[] = [];
  readonly #seconds: number[] = [];
  readonly #hidden: number[] = [];
  readonly #joins: number[] = [];

  constructor(from: PacketList) {
    this.#from = from;
  }

  join(): void {
    const at = this.#picked.length;
    if (at > 0 && this.#joins.at(-1) !== at) this.#joins.push(at);
  }

  push(packet: number, seconds: number, isHidden: boolean): void {
    this.#picked.push(packet);
    this.#seconds.push(seconds);
    this.#hidden.push(isHidden ? 1 : 0);
  }

  take(): EditedPackets {
    const from = this.#from;
    const pick = (values: ArrayLike<number>) => this.#picked.map((packet) => values[packet] ?? 0);
    return {
      joins: this.#joins.filter((at) => at < this.#picked.length),
      packets: {
        seconds: Float64Array.from(this.#seconds),
        places: Float64Array.from(pick(from.places)),
        numbers: Float64Array.from(pick(from.numbers)),
        durationSeconds: Float64Array.from(pick(from.durationSeconds)),
        isKey: Uint8Array.from(pick(from.isKey)),
        bytes: Uint32Array.from(pick(from.bytes)),
        looks: Float64Array.from(pick(from.looks)),
        hidden: Uint8Array.from(this.#hidden),
        descriptions: from.descriptions && Uint8Array.from(pick(from.descriptions)),
      },
    };
  }
}
