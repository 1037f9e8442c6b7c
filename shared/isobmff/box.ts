import { TributaryError } from "../job/errors.ts";

/**
 * Boxes of the ISO base media file format (ISO/IEC 14496-12, 4.2): read with every length checked,
 * because the bytes may come from anybody, and written from nested parts.
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

export function invalid(message: string): TributaryError {
  return new TributaryError("OUTPUT_INVALID", message);
}

/** The boxes that fill `[start, end)` exactly. Throws OUTPUT_INVALID. */
export function readBoxes(bytes: Uint8Array, start = 0, end = bytes.length): Box[] {
  const view = viewOf(bytes);
  const boxes: Box[] = [];
  let at = start;
  while (at < end) {
    if (at + 8 > end) throw invalid(`${end - at} stray bytes after a box.`);
    if (boxes.length === MAX_BOXES_PER_LEVEL) throw invalid("Too many boxes.");
    let sizeBytes = view.getUint32(at);
    let headerBytes = 8;
    if (sizeBytes === 1) {
      if (at + 16 > end) throw invalid("A box header is cut off.");
      sizeBytes = Number(view.getBigUint64(at + 8));
      headerBytes = 16;
    } else if (sizeBytes === 0) {
      sizeBytes = end - at;
    }
    if (sizeBytes < headerBytes || sizeBytes > end - at) {
      throw invalid(`A box says ${sizeBytes} bytes, ${end - at} are left.`);
    }
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    boxes.push({ type, start: at, bodyStart: at + headerBytes, end: at + sizeBytes });
    at += sizeBytes;
  }
  return boxes;
}

/** Boxes inside a box; `skipBytes` are the fields before the first (sample entries, stsd). */
export function readChildren(bytes: Uint8Array, box: Box, skipBytes = 0): Box[] {
  if (box.bodyStart + skipBytes > box.end) throw invalid(`The ${box.type} box is too short.`);
  return readBoxes(bytes, box.bodyStart + skipBytes, box.end);
}

/** The one box of a type. Throws OUTPUT_INVALID when there is none or more than one. */
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

  /** Throws OUTPUT_INVALID beyond the integers that a number holds. */
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

export type Part = Uint8Array | readonly number[];

export function concat(parts: readonly Part[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

export function box(type: string, ...parts: Part[]): Uint8Array<ArrayBuffer> {
  const body = concat(parts);
  return concat([u32(8 + body.length), ascii(type), body]);
}

export function fullBox(
  type: string,
  version: number,
  flags: number,
  ...parts: Part[]
): Uint8Array<ArrayBuffer> {
  return box(type, u32(((version << 24) | flags) >>> 0), ...parts);
}

export function u16(value: number): number[] {
  return [(value >>> 8) & 0xff, value & 0xff];
}

/** Also for negative numbers down to -2^31, as two's complement. */
export function u32(value: number): number[] {
  return [(value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}

export function u64(value: number): number[] {
  return [...u32(Math.floor(value / 2 ** 32)), ...u32(value % 2 ** 32)];
}

export function ascii(text: string): number[] {
  return Array.from(text, (letter) => letter.charCodeAt(0));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
