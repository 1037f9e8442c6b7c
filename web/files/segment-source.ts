import { CustomSource, type Source } from "mediabunny";
import { sha256Hex } from "../../shared/holder/digests.ts";
import { TributaryError } from "../../shared/job/errors.ts";
import { namedHashes } from "../../shared/job/object-keys.ts";
import type { FilesTrack } from "../../shared/wire/files.ts";

/** Most objects of each track that are in memory at a time. */
const MOST_HELD = 3;
const CACHE_BYTES = 1024 * 1024;

/** Where a video's objects are fetched from. */
export interface ObjectReader {
  /** Address of its multivariant playlist. */
  masterUrl: string;
  /** A private video needs it; null where this browser does not have it. */
  ownerToken: string | null;
  signal: AbortSignal;
}

/** A track as one file: segments are fetched when they are read, and only a few stay in memory. */
export function segmentSource(reader: ObjectReader, { init, media }: FilesTrack): Source {
  let end = 0;
  const parts = [init, ...media].map(({ path, sizeBytes }) => {
    const start = end;
    end += sizeBytes;
    return { path, start, end };
  });
  const held = new Map<string, Promise<Uint8Array>>();
  const bytesOf = (path: string): Promise<Uint8Array> => {
    const before = held.get(path);
    if (before !== undefined) return before;
    const fetched = fetchObject(reader, path);
    held.set(path, fetched);
    // A failed object is fetched anew when it is read again.
    fetched.catch(() => held.delete(path));
    const [oldest] = held.keys();
    if (held.size > MOST_HELD && oldest !== undefined) held.delete(oldest);
    return fetched;
  };
  return new CustomSource({
    getSize: () => end,
    maxCacheSize: CACHE_BYTES,
    read: async (start, stop) => {
      const wanted = parts.filter((part) => part.start < stop && part.end > start);
      const bytes = new Uint8Array(stop - start);
      for (const part of wanted) {
        const whole = await bytesOf(part.path);
        const from = Math.max(0, start - part.start);
        const to = Math.min(part.end, stop) - part.start;
        bytes.set(whole.subarray(from, to), part.start + from - start);
      }
      return bytes;
    },
  });
}

/**
 * Fetches an object, and checks its bytes against the hash in its name, where there is one.
 * @throws TributaryError DOWNLOAD_FAILED, OUTPUT_HASH_MISMATCH
 */
export async function fetchObject(
  reader: ObjectReader,
  path: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const { masterUrl, ownerToken, signal } = reader;
  const headers: Record<string, string> =
    ownerToken === null ? {} : { authorization: `Bearer ${ownerToken}` };
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    const response = await fetch(new URL(path, masterUrl), { headers, signal });
    if (!response.ok) throw new Error(`status ${response.status}`);
    bytes = new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    signal.throwIfAborted();
    throw new TributaryError("DOWNLOAD_FAILED", `${path} could not be fetched.`, { cause });
  }
  const named = namedHashes(`/${path}`)?.sha256;
  if (named === undefined || named === (await sha256Hex(bytes))) return bytes;
  throw new TributaryError("OUTPUT_HASH_MISMATCH", `${path} holds other bytes than its name says.`);
}
