/** A single byte range of a request (RFC 9110, 14.1.2), before the object's size is known. */
export type ByteRange = { offset: number; length?: number } | { suffix: number };

/**
 * Null where there is no range, or one that may be ignored (RFC 9110, 14.2: other units, several ranges). The answer is
 * then the whole object.
 */
export function parseRange(header: string | undefined): ByteRange | null {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? "") ?? [];
  if (first === undefined || last === undefined) return null;
  if (first === "") return last === "" ? null : { suffix: position(last) };
  const offset = position(first);
  if (last === "") return { offset };
  const length = position(last) - offset + 1;
  return length > 0 ? { offset, length } : null;
}

/** Limits a position, which may be any number in the header, to a value beyond every object's end. */
function position(digits: string): number {
  return Math.min(Number(digits), 2 ** 50);
}

/** Whether the object has no byte of the range, so that the answer is 416. */
export function isUnsatisfiable(range: ByteRange, sizeBytes: number): boolean {
  return "suffix" in range ? range.suffix === 0 || sizeBytes === 0 : range.offset >= sizeBytes;
}

/** Positions of the first and last byte of the range, within the object. */
export function rangeWithin(range: ByteRange, sizeBytes: number): { first: number; last: number } {
  if ("suffix" in range)
    return { first: Math.max(0, sizeBytes - range.suffix), last: sizeBytes - 1 };
  const end = range.length === undefined ? sizeBytes : range.offset + range.length;
  return { first: range.offset, last: Math.min(end, sizeBytes) - 1 };
}

/**
 * An answer with a stored object, or with the part of it that was read.
 * @param headers headers of the answer, to which the length is added
 */
export function objectAnswer(
  { body, size }: Pick<R2ObjectBody, "body" | "size">,
  range: ByteRange | null,
  headers: Headers,
): Response {
  if (range === null) {
    headers.set("content-length", String(size));
    return new Response(body, { headers });
  }
  const { first, last } = rangeWithin(range, size);
  headers.set("content-range", `bytes ${first}-${last}/${size}`);
  headers.set("content-length", String(last - first + 1));
  return new Response(body, { status: 206, headers });
}
