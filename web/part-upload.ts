import pLimit from "p-limit";
import { allOrNone } from "../shared/all-or-none.ts";
import { REAL_CLOCK, within } from "../shared/clock.ts";
import { TributaryError } from "../shared/job/errors.ts";
import { retry } from "../shared/retry.ts";

/** Sends the parts of a multipart upload, several in parallel. Works in pages, in workers and in Node. */

const PARALLEL_PARTS = 4;
const PART_TRIES = 5;
/** A request without progress for this long is aborted. */
const STALLED_MS = 30_000;
/** Slowest upload that is waited for where progress cannot be observed (fetch). */
const SLOWEST_BYTES_A_MS = 32;

export interface PartUploads {
  /** Numbers of the parts to send, from 1. */
  parts: readonly number[];
  bytesOf(part: number): Blob;
  /** A fresh presigned URL; each try asks for one. */
  urlOf(part: number): Promise<string>;
  onSent(part: number, etag: string): void;
  signal?: AbortSignal | undefined;
}

/**
 * Sends all parts.
 * @throws TributaryError UPLOAD_FAILED, the error of `urlOf`, or the signal's reason
 */
export async function sendParts(uploads: PartUploads): Promise<void> {
  const { parts, bytesOf, urlOf, onSent, signal } = uploads;
  const inTurn = pLimit(PARALLEL_PARTS);
  const sendOne = async (part: number, either: AbortSignal): Promise<void> => {
    either.throwIfAborted();
    const bytes = bytesOf(part);
    const send = async () => sendPart(await urlOf(part), bytes, either);
    onSent(part, await retry(send, { clock: REAL_CLOCK, signal: either, tries: PART_TRIES }));
  };
  await allOrNone(parts, (part, either) => inTurn(sendOne, part, either), signal);
}

/** Tries once to send a part, and returns its ETag. */
async function sendPart(url: string, bytes: Blob, signal: AbortSignal): Promise<string> {
  const send = typeof XMLHttpRequest === "undefined" ? sendByFetch : sendByXhr;
  let etag: string | null;
  try {
    etag = await send(url, bytes, signal);
  } catch (cause) {
    signal.throwIfAborted();
    throw new TributaryError("UPLOAD_FAILED", "Storage could not be reached.", { cause });
  }
  if (etag !== null) return etag;
  throw new TributaryError("UPLOAD_FAILED", "Storage did not take a part.");
}

/** Returns the ETag; null where storage refused the part. Unlike fetch, XMLHttpRequest reports upload progress. */
function sendByXhr(url: string, bytes: Blob, signal: AbortSignal): Promise<string | null> {
  const limit = { clock: REAL_CLOCK, signal, ms: STALLED_MS, error: stalled };
  return within(limit, (limited, extend) => {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      limited.addEventListener("abort", () => {
        request.abort();
        reject(limited.reason);
      });
      request.upload.onprogress = extend;
      request.onload = () =>
        resolve(isOk(request.status) ? request.getResponseHeader("etag") : null);
      request.onerror = () => reject(new Error("The connection broke."));
      request.open("PUT", url);
      request.send(bytes);
    });
  });
}

function sendByFetch(url: string, bytes: Blob, signal: AbortSignal): Promise<string | null> {
  const ms = STALLED_MS + bytes.size / SLOWEST_BYTES_A_MS;
  return within({ clock: REAL_CLOCK, signal, ms, error: stalled }, async (limited) => {
    const response = await fetch(url, { method: "PUT", body: bytes, signal: limited });
    await response.arrayBuffer();
    return isOk(response.status) ? response.headers.get("etag") : null;
  });
}

function isOk(status: number): boolean {
  return status >= 200 && status < 300;
}

function stalled(): Error {
  return new TributaryError("TIMEOUT", "Storage did not answer in time.");
}
