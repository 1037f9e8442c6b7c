import { type ErrorCode, TributaryError } from "../../job/errors.ts";

/**
 * Turns an error that a reader throws into one of our own, because each reader reports damage in its own way.
 * Our own errors and aborts pass unchanged.
 * @param code for errors that are not recognised
 */
export function asSourceError(thrown: unknown, code: ErrorCode, message: string): unknown {
  if (thrown instanceof TributaryError) return thrown;
  const name = thrown instanceof Error || thrown instanceof DOMException ? thrown.name : "";
  if (name === "AbortError" || name === "TimeoutError") return thrown;
  // File API, 6.1: moved, deleted or written to since it was picked.
  if (name === "NotReadableError" || name === "NotFoundError") return sourceChanged(thrown);
  return new TributaryError(code, message, { cause: thrown, retryable: false });
}

/** Message for a file whose parts contradict each other. */
export const DAMAGED =
  "The file is damaged: what it says of its pictures and sound does not fit together.";

export function sourceDamaged(cause?: unknown): TributaryError {
  return new TributaryError("SOURCE_CORRUPT", DAMAGED, { cause });
}

export function sourceChanged(cause: unknown): TributaryError {
  return new TributaryError(
    "SOURCE_CHANGED",
    "The file cannot be read any more. It was moved, changed or deleted since it was picked.",
    { cause },
  );
}
