import { TributaryError } from "../job/errors.ts";

/**
 * Boxes of the ISO base media file format (ISO/IEC 14496-12, 4.2), read with every length checked,
 * because the bytes may come from anybody.
 */

export interface Box {
  type: string;
  /** Offsets into the bytes it was read from. */
  start: number;
  bodyStart: number;
  end: number;
}

/** More boxes on one level than any output of ours has; keeps hostile bytes from costing memory. */
const MAX_BOXES_PER_LEVEL = 20_000;

/** OUTPUT_INVALID with this message. */
export function invalid(message: string): TributaryError {
  return new TributaryError("OUTPUT_INVALID", message);
}

/** The header of the box at an offset (4.2); null where the header is not complete. */
export function readBoxHeader(
  bytes: Uint8Array,
  at: number,
  /** Bytes from there to the end of the file or the parent box: a size of 0 means all of them. */
  availableBytes: number,
): { type: string; headerBytes: number; sizeBytes: number } | null {
  const view = viewOf(bytes);
  if (at + 8 > bytes.length) return null;
  const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
  const size = view.getUint32(at);
  if (size !== 1) return { type, headerBytes: 8, sizeBytes: size === 0 ? availableBytes : size };
  if (at + 16 > bytes.length) return null;
  return { type, headerBytes: 16, sizeBytes: Number(view.getBigUint64(at + 8)) };
}

/**
 * The boxes from `start` on, as far as they can be read.
 * @returns `fault`: why `[start, end)` is not filled by them; null when it is
 */
export function scanBoxes(
  bytes: Uint8Array,
  start: number,
  end: number,
): { boxes: Box[]; fault: string | null } {
  const boxes: Box[] = [];
  const within = bytes.subarray(0, end);
  let at = start;
  while (at < end) {
    if (boxes.length === MAX_BOXES_PER_LEVEL) return { boxes, fault: "Too many boxes." };
    const header = readBoxHeader(within, at, end - at);
    if (header === null) return { boxes, fault: `${end - at} stray bytes after a box.` };
    const { type, headerBytes, sizeBytes } = header;
    if (sizeBytes < headerBytes || sizeBytes > end - at) {
      return { boxes, fault: `A box says ${sizeBytes} bytes, ${end - at} are left.` };
    }
    boxes.push({ type, start: at, bodyStart: at + headerBytes, end: at + sizeBytes });
    at += sizeBytes;
  }
  return { boxes, fault: null };
}

/**
 * The boxes that fill `[start, end)` exactly.
 * @throws TributaryError OUTPUT_INVALID
 */
export function readBoxes(bytes: Uint8Array, start = 0, end = bytes.length): Box[] {
  const { boxes, fault } = scanBoxes(bytes, start, end);
  if (fault !== null) throw invalid(fault);
  return boxes;
}

/**
 * Boxes inside a box; `skipBytes` are the fields before the first (sample entries, stsd).
 * @throws TributaryError OUTPUT_INVALID
 */
export function readChildren(bytes: Uint8Array, box: Box, skipBytes = 0): Box[] {
  if (box.bodyStart + skipBytes > box.end) throw invalid(`The ${box.type} box is too short.`);
  return readBoxes(bytes, box.bodyStart + skipBytes, box.end);
}

/**
 * The one box of a type.
 * @throws TributaryError OUTPUT_INVALID when there is none or more than one
 */
export function only(boxes: readonly Box[], type: string): Box {
  const found = boxes.filter((box) => box.type === type);
  const [box] = found;
  if (box === undefined || found.length > 1) {
    throw invalid(`There are ${found.length} ${type} boxes where one is needed.`);
  }
  return box;
}

/** A cursor over a box's fields; reading past its end throws OUTPUT_INVALID. */
export class BoxFields {
  readonly #view: DataView;
  readonly #type: string;
  readonly #end: number;
  #at: number;

  constructor(bytes: Uint8Array, box: Box) {
    this.#view = viewOf(bytes);
    this.#type = box.type;
    this.#at = box.bodyStart;
    this.#end = box.end;
  }

  get left(): number {
    return this.#end - this.#at;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2));
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4));
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4));
  }

  /** @throws TributaryError OUTPUT_INVALID beyond the integers that a number holds */
  u64(): number {
    const value = this.#view.getBigUint64(this.#take(8));
    if (value > BigInt(Number.MAX_SAFE_INTEGER))
      throw invalid(`A ${this.#type} time is too large.`);
    return Number(value);
  }

  bytes(count: number): Uint8Array {
    const at = this.#take(count);
    return new Uint8Array(this.#view.buffer, this.#view.byteOffset + at, count);
  }

  text(count: number): string {
    return String.fromCharCode(...this.bytes(count));
  }

  skip(count: number): void {
    this.#take(count);
  }

  /** Version and flags of a full box. */
  versionAndFlags(): { version: number; flags: number } {
    const word = this.u32();
    return { version: word >>> 24, flags: word & 0xff_ffff };
  }

  #take(count: number): number {
    const at = this.#at;
    if (count > this.#end - at) throw invalid(`The ${this.#type} box is too short.`);
    this.#at += count;
    return at;
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
