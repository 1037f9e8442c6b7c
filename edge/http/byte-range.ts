/** A request's single byte range (RFC 9110, 14.1.2), to be held against an object of unknown size. */
export type ByteRange = { offset: number; length?: number } | { suffix: number };

/**
 * Null where there is none, or one that may be ignored (14.2: other units, several ranges): the
 * whole object is the answer then.
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

/** Positions have no upper bound; one past every object's end stands for all that are larger. */
function position(digits: string): number {
  return Math.min(Number(digits), 2 ** 50);
}

/** Whether an object has no byte of the range: 416. */
export function isUnsatisfiable(range: ByteRange, sizeBytes: number): boolean {
  return "suffix" in range ? range.suffix === 0 || sizeBytes === 0 : range.offset >= sizeBytes;
}

/** First and last byte of the part that an object has of the range. */
export function rangeWithin(range: ByteRange, sizeBytes: number): { first: number; last: number } {
  if ("suffix" in range)
    return { first: Math.max(0, sizeBytes - range.suffix), last: sizeBytes - 1 };
  const end = range.length === undefined ? sizeBytes : range.offset + range.length;
  return { first: range.offset, last: Math.min(end, sizeBytes) - 1 };
}

/** Answer with an object of storage, or with the part of it that was read. @param headers get the length */
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
