import { type Clock, within } from "../clock.ts";
import { TributaryError } from "../job/errors.ts";
import { retry } from "../retry.ts";
import type { Put } from "../wire/lease.ts";

/** The part of `fetch` that is used here; the caller provides it. It must obey its signal. */
export type HttpFetch = (
  url: string,
  init: {
    method: "GET" | "PUT";
    headers?: Record<string, string>;
    body?: ArrayBuffer;
    signal: AbortSignal;
  },
) => Promise<{ status: number; arrayBuffer(): Promise<ArrayBuffer> }>;

export interface StorageTransferOptions {
  fetch: HttpFetch;
  clock: Clock;
  /** One object was uploaded or downloaded. */
  onTransferred?(): void;
}

/** A transfer may take 30 s, and the time that its bytes take at this rate. */
const SLOWEST_BYTES_A_MS = 8;
/** Tries of one GET. */
const GET_TRIES = 5;

/** Bytes to and from storage by presigned URLs, the same from a tab and from a container. */
export class StorageTransfer {
  readonly #options: StorageTransferOptions;
  #bytesUploaded = 0;
  #bytesDownloaded = 0;

  constructor(options: StorageTransferOptions) {
    this.#options = options;
  }

  /** Bytes of the objects that storage has accepted. */
  get bytesUploaded(): number {
    return this.#bytesUploaded;
  }

  get bytesDownloaded(): number {
    return this.#bytesDownloaded;
  }

  /**
   * Tries a PUT to a presigned URL once. 412 is success: keys are written once, so storage has these bytes.
   * @throws TributaryError UPLOAD_REFUSED when a fresh URL is needed (403, 5xx), NETWORK, UPLOAD_FAILED
   */
  async put(
    { url, headers }: Pick<Put, "url" | "headers">,
    bytes: ArrayBuffer,
    signal: AbortSignal,
  ): Promise<void> {
    const { status } = await this.#call(bytes.byteLength, signal, async (either) => {
      const { fetch } = this.#options;
      const response = await fetch(url, { method: "PUT", headers, body: bytes, signal: either });
      // Read to the end, so that the connection is free again.
      await response.arrayBuffer();
      return response;
    });
    if (isOk(status) || status === 412) {
      this.#bytesUploaded += bytes.byteLength;
      this.#options.onTransferred?.();
      return;
    }
    // A large body with a stale signature can come back as 500 instead of 403.
    const code = status === 403 || status >= 500 ? "UPLOAD_REFUSED" : "UPLOAD_FAILED";
    if (status === 413) throw tooLarge(bytes.byteLength);
    throw answeredWith(code, status);
  }

  /**
   * Downloads the bytes behind a presigned URL; the caller owns them. Tries again when storage could not be
   * reached or answered 5xx, because a failed lease costs an attempt. Other answers are final.
   * @param sizeBytes as promised; any other size is an error
   * @throws TributaryError NETWORK, DOWNLOAD_FAILED
   */
  async get(url: string, sizeBytes: number, signal: AbortSignal): Promise<ArrayBuffer> {
    const { clock } = this.#options;
    let mayPass = true;
    const once = async (): Promise<ArrayBuffer> => {
      mayPass = true;
      const { status, body } = await this.#call(sizeBytes, signal, async (either) => {
        const response = await this.#options.fetch(url, { method: "GET", signal: either });
        return { status: response.status, body: await response.arrayBuffer() };
      });
      if (isOk(status) && body.byteLength === sizeBytes) return body;
      mayPass = status >= 500;
      throw answeredWith("DOWNLOAD_FAILED", status);
    };
    const isRetryable = (): boolean => mayPass;
    const bytes = await retry(once, { clock, signal, tries: GET_TRIES, isRetryable });
    this.#bytesDownloaded += sizeBytes;
    this.#options.onTransferred?.();
    return bytes;
  }

  /** @throws TributaryError NETWORK, or the signal's reason */
  async #call<T>(
    sizeBytes: number,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const ms = 30_000 + Math.ceil(sizeBytes / SLOWEST_BYTES_A_MS);
    const error = (): Error => new TributaryError("TIMEOUT", "Storage did not answer in time.");
    try {
      return await within({ clock: this.#options.clock, signal, ms, error }, work);
    } catch (cause) {
      signal.throwIfAborted();
      throw new TributaryError("NETWORK", "Storage could not be reached.", { cause });
    }
  }
}

function isOk(status: number): boolean {
  return status >= 200 && status < 300;
}

/** Storage accepts the sizes for which it signed URLs, so status 413 comes from a proxy. */
function tooLarge(sizeBytes: number): TributaryError {
  const size = (sizeBytes / 1e6).toFixed(1);
  const message = `A proxy in front of storage takes no uploads of ${size} MB (status 413): whoever runs it can raise its limit.`;
  return new TributaryError("UPLOAD_FAILED", message);
}

function answeredWith(
  code: "UPLOAD_REFUSED" | "UPLOAD_FAILED" | "DOWNLOAD_FAILED",
  status: number,
) {
  return new TributaryError(code, `Storage answered with status ${status}.`);
}
