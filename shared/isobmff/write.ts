/** Boxes of the ISO base media file format (ISO/IEC 14496-12, 4.2), written from nested parts. */

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
  return box(type, u32((version << 24) | flags), ...parts);
}

export function u16(...values: number[]): number[] {
  return values.flatMap((value) => [(value >>> 8) & 0xff, value & 0xff]);
}

/** Also for negative numbers down to -2^31, as two's complement. */
export function u32(...values: number[]): number[] {
  return values.flatMap((value) => [
    (value >>> 24) & 0xff,
    (value >>> 16) & 0xff,
    (value >>> 8) & 0xff,
    value & 0xff,
  ]);
}

export function u64(value: number): number[] {
  return u32(Math.floor(value / 2 ** 32), value % 2 ** 32);
}

export function ascii(text: string): number[] {
  return Array.from(text, (letter) => letter.charCodeAt(0));
}
