/**
 * Every error that crosses a boundary (worker, socket, HTTP, page) is a code from this table.
 * Nobody matches on a message's text; messages are for people and hold no secret.
 */

/** By code: whether the same work may succeed when it is tried again, and the HTTP status. */
export const ERROR_CODES = {
  // The file that was picked.
  SOURCE_EMPTY: { retryable: false, status: 422 },
  SOURCE_UNREADABLE: { retryable: false, status: 422 },
  SOURCE_TRUNCATED: { retryable: false, status: 422 },
  SOURCE_CORRUPT: { retryable: false, status: 422 },
  /** The times in the container cannot be right. The media data may be intact. */
  SOURCE_TIMES_WRONG: { retryable: false, status: 422 },
  SOURCE_NO_VIDEO: { retryable: false, status: 422 },
  SOURCE_UNSUPPORTED: { retryable: false, status: 422 },
  SOURCE_TOO_LARGE: { retryable: false, status: 422 },
  SOURCE_CHANGED: { retryable: false, status: 409 },
  /** The file is not where it was: its drive was removed, or the file was moved or deleted. */
  SOURCE_AWAY: { retryable: true, status: 409 },
  /** The file exists but cannot be read: it was changed after it was picked, or its drive does not answer. */
  SOURCE_MODIFIED: { retryable: true, status: 409 },
  // An invalid plan or ladder.
  PLAN_INVALID: { retryable: false, status: 400 },
  LADDER_INVALID: { retryable: false, status: 400 },
  /** The part of the source that was asked for holds no frame, or goes beyond the source's end. */
  TRIM_EMPTY: { retryable: false, status: 422 },
  TRIM_BEYOND_END: { retryable: false, status: 422 },
  // Transcoding one task.
  CHUNK_UNREADABLE: { retryable: true, status: 500 },
  DECODE_FAILED: { retryable: true, status: 500 },
  ENCODE_FAILED: { retryable: true, status: 500 },
  FRAME_COUNT_WRONG: { retryable: true, status: 500 },
  ENGINE_UNAVAILABLE: { retryable: false, status: 501 },
  /** Neither the ffmpeg core nor this browser decodes the source's codec. */
  DECODER_MISSING: { retryable: false, status: 501 },
  /** A script of the page could not be loaded: no connection, or a newer version has replaced it. */
  SCRIPT_NOT_LOADED: { retryable: true, status: 503 },
  WORKER_CRASHED: { retryable: true, status: 500 },
  WORKER_STALLED: { retryable: true, status: 500 },
  OUT_OF_MEMORY: { retryable: true, status: 500 },
  // Storage.
  UPLOAD_FAILED: { retryable: true, status: 502 },
  UPLOAD_REFUSED: { retryable: true, status: 403 },
  /** The job would store more bytes than its plan allows. */
  STORAGE_LIMIT: { retryable: false, status: 413 },
  DOWNLOAD_FAILED: { retryable: true, status: 502 },
  // The gate.
  OUTPUT_MISSING: { retryable: true, status: 422 },
  OUTPUT_HASH_MISMATCH: { retryable: true, status: 422 },
  OUTPUT_INVALID: { retryable: true, status: 422 },
  INIT_MISMATCH: { retryable: true, status: 422 },
  /** The content of a stored object differs from the hash in its name. */
  OBJECT_REPLACED: { retryable: false, status: 410 },
  // Leases and the job.
  LEASE_LOST: { retryable: true, status: 409 },
  OFFER_INVALID: { retryable: true, status: 400 },
  /** A lease was offered too often. */
  OFFERS_EXHAUSTED: { retryable: true, status: 429 },
  TASK_FAILED: { retryable: false, status: 500 },
  JOB_NOT_FOUND: { retryable: false, status: 404 },
  JOB_ENDED: { retryable: false, status: 409 },
  /** A contributor link has expired, has as many helpers as it allows, or excludes this helper. */
  LINK_EXPIRED: { retryable: false, status: 410 },
  LINK_FULL: { retryable: true, status: 429 },
  SENT_AWAY: { retryable: false, status: 403 },
  /** The pool of helpers' machines does not exist, or was ended. */
  POOL_NOT_FOUND: { retryable: false, status: 404 },
  /** The owner of a private video has not agreed that chunks of it go to a pool's machines. */
  POOL_CONSENT_MISSING: { retryable: false, status: 403 },
  /** The pool's member came by another socket: another tab or program has its key. */
  POOL_ELSEWHERE: { retryable: false, status: 409 },
  OWNER_GONE: { retryable: false, status: 410 },
  // The edge and the wire.
  /** The holder's build is older than the coordinator supports, or newer than it knows. */
  PROTOCOL_OUTDATED: { retryable: false, status: 426 },
  PROTOCOL_UNKNOWN: { retryable: true, status: 503 },
  MESSAGE_INVALID: { retryable: false, status: 400 },
  REQUEST_INVALID: { retryable: false, status: 400 },
  /** A captions file holds no captions, or more than the limit. */
  CAPTIONS_INVALID: { retryable: false, status: 422 },
  /** The video already has the largest number of caption tracks. */
  CAPTIONS_FULL: { retryable: false, status: 409 },
  /** A poster or a storyboard is not a JPEG, or its size is not allowed. */
  PICTURE_INVALID: { retryable: false, status: 422 },
  /** The video is longer or larger than the site's operator allows, or the site has its largest number of videos. */
  SITE_LIMIT: { retryable: false, status: 403 },
  /** A webhook's address lies on the site's own machine or network. */
  WEBHOOK_REFUSED: { retryable: false, status: 400 },
  /** A site that the operator has not named shows the upload page in a frame. */
  FRAME_REFUSED: { retryable: false, status: 403 },
  /** An upload token, issued by a host site's server, has expired. */
  UPLOAD_TOKEN_OVER: { retryable: false, status: 401 },
  UNAUTHORIZED: { retryable: false, status: 401 },
  FORBIDDEN: { retryable: false, status: 403 },
  /** A signed link to a private video has expired, or its owner withdrew it. */
  VIDEO_LINK_OVER: { retryable: false, status: 401 },
  /** The private video has a passphrase, and the request brought none. Clients ask the viewer for it. */
  PASSPHRASE_REQUIRED: { retryable: false, status: 401 },
  PASSPHRASE_WRONG: { retryable: false, status: 403 },
  NOT_FOUND: { retryable: false, status: 404 },
  RATE_LIMITED: { retryable: true, status: 429 },
  NETWORK: { retryable: true, status: 503 },
  TIMEOUT: { retryable: true, status: 504 },
  CANCELLED: { retryable: false, status: 499 },
  INTERNAL: { retryable: true, status: 500 },
} as const satisfies Record<string, { retryable: boolean; status: number }>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** An error as it travels. `message` is one plain sentence for people. */
export interface WireError {
  code: ErrorCode;
  message: string;
  retryable: boolean;
}

/** The only error class that Tributary's own code throws. */
export class TributaryError extends Error {
  override readonly name = "TributaryError";
  readonly code: ErrorCode;
  readonly retryable: boolean;

  constructor(
    code: ErrorCode,
    message: string,
    options?: { cause?: unknown; retryable?: boolean },
  ) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options?.retryable ?? ERROR_CODES[code].retryable;
  }
}

/** The error SCRIPT_NOT_LOADED, for a script of the page or of one of its workers. */
export function scriptNotLoaded(cause: unknown): TributaryError {
  return new TributaryError("SCRIPT_NOT_LOADED", "A part of the page could not be loaded.", {
    cause,
  });
}

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === "string" && Object.hasOwn(ERROR_CODES, value);
}

/** Converts anything that was thrown. Errors of other classes become INTERNAL, aborts become CANCELLED. */
export function toWireError(thrown: unknown): WireError {
  if (thrown instanceof TributaryError) {
    return { code: thrown.code, message: thrown.message, retryable: thrown.retryable };
  }
  if (isWireError(thrown)) {
    return { code: thrown.code, message: thrown.message, retryable: thrown.retryable };
  }
  if (thrown instanceof Error && thrown.name === "AbortError") {
    return { code: "CANCELLED", message: "Cancelled.", retryable: false };
  }
  if (thrown instanceof Error && thrown.name === "TimeoutError") {
    return { code: "TIMEOUT", message: "It took too long.", retryable: true };
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: "INTERNAL", message, retryable: true };
}

export function fromWireError(wire: WireError): TributaryError {
  return new TributaryError(wire.code, wire.message, { retryable: wire.retryable });
}

export function isWireError(value: unknown): value is WireError {
  return (
    typeof value === "object" &&
    value !== null &&
    isErrorCode((value as { code?: unknown }).code) &&
    typeof (value as { message?: unknown }).message === "string" &&
    typeof (value as { retryable?: unknown }).retryable === "boolean"
  );
}
