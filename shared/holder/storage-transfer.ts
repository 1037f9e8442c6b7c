import { type Clock, pause, REAL_CLOCK } from "../clock.ts";
import { TributaryError } from "../job/errors.ts";
import { callBackoffMs } from "../retry.ts";
import type { Put } from "../wire/lease.ts";

/** Bytes to and from storage by presigned URLs, the same from a tab and from a container. */

/** What is used of `fetch`, which the caller hands in. */
export type HttpFetch = (
  url: string,
  init: {
    method: "GET" | "PUT";
    headers?: Record<string, string>;
    body?: ArrayBuffer;
    signal: AbortSignal;
  },
) => Promise<{ ok: boolean; status: number; arrayBuffer(): Promise<ArrayBuffer> }>;

/** Slowest transfer that is waited for, besides a flat half minute. */
const SLOWEST_BYTES_A_MS = 8;

/**
 * One PUT to a presigned URL, one try. 412 is success: content-addressed, it is there already.
 * Throws UPLOAD_REFUSED when a fresh URL is needed (403, 5xx), NETWORK or UPLOAD_FAILED otherwise.
 */
export async function putPresigned(
  fetch: HttpFetch,
  put: Pick<Put, "url" | "headers">,
  bytes: ArrayBuffer,
  signal: AbortSignal,
): Promise<void> {
  const { url, headers } = put;
  const timeout = timeoutFor(bytes.byteLength);
  let status: number;
  try {
    const either = AbortSignal.any([signal, timeout]);
    const response = await fetch(url, { method: "PUT", headers, body: bytes, signal: either });
    // Read to the end, so that the connection is free again.
    await response.arrayBuffer();
    if (response.ok) return;
    status = response.status;
  } catch (cause) {
    signal.throwIfAborted();
    throw new TributaryError("NETWORK", "Storage could not be reached.", { cause });
  }
  // `if-none-match: *` on a content-addressed key, so the same bytes are there already.
  if (status === 412) return;
  // A large body with a stale signature can come back as 500 instead of 403.
  const code = status === 403 || status >= 500 ? "UPLOAD_REFUSED" : "UPLOAD_FAILED";
  throw new TributaryError(code, `Storage answered with status ${status}.`);
}

export interface GetOptions {
  /** As promised; anything else is refused. */
  sizeBytes: number;
  signal: AbortSignal;
  clock?: Clock;
}

/** Tries of one GET. */
const GET_TRIES = 5;

/**
 * The bytes behind a presigned URL; the caller owns them. Asked for again where storage could not be
 * reached or was not itself (5xx), not where it said no: a lease that fails for it costs an attempt.
 * Throws NETWORK, DOWNLOAD_FAILED.
 */
export async function getPresigned(
  fetch: HttpFetch,
  url: string,
  options: GetOptions,
): Promise<ArrayBuffer> {
  const { signal, clock = REAL_CLOCK } = options;
  for (let failures = 1; ; failures += 1) {
    const answer = await getOnce(fetch, url, options);
    if ("bytes" in answer) return answer.bytes;
    if (!answer.isPassing || failures === GET_TRIES) throw answer.error;
    await pause(clock, callBackoffMs(failures, clock.random()), signal);
    signal.throwIfAborted();
  }
}

/** @returns the bytes, or why there are none, and whether that may pass. Throws what the signal aborts with. */
async function getOnce(
  fetch: HttpFetch,
  url: string,
  { sizeBytes, signal }: GetOptions,
): Promise<{ bytes: ArrayBuffer } | { error: TributaryError; isPassing: boolean }> {
  let status: number;
  try {
    const either = AbortSignal.any([signal, timeoutFor(sizeBytes)]);
    const response = await fetch(url, { method: "GET", signal: either });
    const bytes = await response.arrayBuffer();
    if (response.ok && bytes.byteLength === sizeBytes) return { bytes };
    status = response.status;
  } catch (cause) {
    signal.throwIfAborted();
    const error = new TributaryError("NETWORK", "Storage could not be reached.", { cause });
    return { error, isPassing: true };
  }
  const error = new TributaryError("DOWNLOAD_FAILED", `Storage answered with status ${status}.`);
  return { error, isPassing: status >= 500 };
}

function timeoutFor(sizeBytes: number): AbortSignal {
  // Node takes whole milliseconds only.
  return AbortSignal.timeout(30_000 + Math.ceil(sizeBytes / SLOWEST_BYTES_A_MS));
}
