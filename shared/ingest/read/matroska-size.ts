import { readBytes } from "./sniff.ts";

/**
 * The size that a Matroska file states, in bytes: the end of its Segment (RFC 9559, 5.1). An interrupted recording
 * or download is shorter.
 * @returns null when the file is not Matroska or does not state a size
 */
export async function statedMatroskaBytes(file: Blob): Promise<number | null> {
  const head = await readBytes(file, 0, Math.min(file.size, 1024));
  if (head.length < 16 || readId(head, 0) !== 0x1a45dfa3) return null;
  const header = readSize(head, 4);
  if (header === null || header.value === null) return null;
  const segment = header.end + header.value;
  if (segment + 12 > head.length || readId(head, segment) !== 0x18538067) return null;
  const size = readSize(head, segment + 4);
  return size === null || size.value === null ? null : size.end + size.value;
}

function readId(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at);
}

/** A variable-length size (RFC 8794, 4); its value is null when unknown (all bits set). */
function readSize(bytes: Uint8Array, at: number): { value: number | null; end: number } | null {
  const first = bytes[at] ?? 0;
  if (first === 0) return null;
  const length = Math.clz32(first) - 23;
  let value = first & (0xff >> length);
  let unknown = value === 0xff >> length;
  for (let i = 1; i < length; i++) {
    value = value * 256 + (bytes[at + i] ?? 0);
    unknown &&= bytes[at + i] === 0xff;
  }
  return { value: unknown ? null : value, end: at + length };
}
