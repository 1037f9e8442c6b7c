import { createHash } from "node:crypto";
import { REAL_CLOCK } from "../../shared/clock.ts";
import { TributaryError, toWireError } from "../../shared/job/errors.ts";
import { namedHashes } from "../../shared/job/object-keys.ts";
import { retry } from "../../shared/retry.ts";

/** Downloads from storage by a server, through presigned URLs. */

const TRIES = 4;

/**
 * Downloads an object and compares it with the hash in its name, if the name has one.
 * @throws TributaryError DOWNLOAD_FAILED, OUTPUT_HASH_MISMATCH
 */
export function downloadWhole(url: string, signal: AbortSignal): Promise<Uint8Array> {
  return tried(signal, async () => {
    const bytes = await getBytes(url, {}, signal);
    const { pathname } = new URL(url);
    const named = namedHashes(pathname)?.sha256;
    if (named === undefined || named === sha256Of(bytes)) return bytes;
    const message = `${pathname} holds other bytes than its name says.`;
    throw new TributaryError("OUTPUT_HASH_MISMATCH", message);
  });
}

/**
 * Downloads a range of an object; the whole object where no size is given.
 * @throws TributaryError DOWNLOAD_FAILED, OUTPUT_HASH_MISMATCH (whole objects)
 */
export function downloadRange(
  part: { url: string; offsetBytes?: number; sizeBytes?: number },
  signal: AbortSignal,
): Promise<Uint8Array> {
  const { url, offsetBytes = 0, sizeBytes } = part;
  if (sizeBytes === undefined) return downloadWhole(url, signal);
  const headers = { range: `bytes=${offsetBytes}-${offsetBytes + sizeBytes - 1}` };
  return tried(signal, async () => {
    const bytes = await getBytes(url, headers, signal);
    if (bytes.length === sizeBytes) return bytes;
    throw new TributaryError("DOWNLOAD_FAILED", "Storage sent another part than was asked for.");
  });
}

function tried<T>(signal: AbortSignal, once: () => Promise<T>): Promise<T> {
  const isRetryable = (thrown: unknown): boolean => toWireError(thrown).code === "DOWNLOAD_FAILED";
  return retry(once, { clock: REAL_CLOCK, signal, tries: TRIES, isRetryable });
}

function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

async function getBytes(
  url: string,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<Uint8Array> {
  try {
    const response = await fetch(url, { headers, signal });
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
    const message = `Storage answered with status ${response.status}.`;
    throw new TributaryError("DOWNLOAD_FAILED", message);
  } catch (cause) {
    if (cause instanceof TributaryError) throw cause;
    throw new TributaryError("DOWNLOAD_FAILED", "Storage could not be reached.", { cause });
  }
}
