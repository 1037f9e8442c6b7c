import { allOrNone } from "../all-or-none.ts";
import type { Clock } from "../clock.ts";
import { TributaryError } from "../job/errors.ts";
import { retry } from "../retry.ts";
import type { Put } from "../wire/lease.ts";
import type { LeaseWork, MadeOutput } from "./lease-work.ts";

/** Tries of one PUT before a fresh URL is asked for. */
const PUT_TRIES = 3;

export interface PutOptions {
  put: LeaseWork["put"];
  clock: Clock;
  signal: AbortSignal;
}

/**
 * Uploads a task's outputs, in parallel as far as `put` allows.
 * @throws TributaryError UPLOAD_REFUSED when fresh URLs are needed, or the signal's reason
 */
export async function putOutputs(
  puts: readonly Put[],
  outputs: readonly MadeOutput[],
  options: PutOptions,
): Promise<void> {
  const send = async (put: Put, signal: AbortSignal): Promise<void> => {
    const output = outputs[put.output];
    if (output === undefined) throw new TributaryError("INTERNAL", "A PUT for no output.");
    await putOne(put, output.bytes, { ...options, signal });
  };
  await allOrNone(puts, send, options.signal);
}

/** Whether another try needs fresh URLs. */
export function isUploadRefused(thrown: unknown): boolean {
  return thrown instanceof TributaryError && thrown.code === "UPLOAD_REFUSED";
}

async function putOne(
  to: Put,
  bytes: ArrayBuffer,
  { put, clock, signal }: PutOptions,
): Promise<void> {
  try {
    await retry(() => put(to, bytes, signal), {
      clock,
      signal,
      tries: PUT_TRIES,
      isRetryable: (thrown) => !isUploadRefused(thrown),
    });
  } catch (cause) {
    signal.throwIfAborted();
    if (isUploadRefused(cause)) throw cause;
    // In the end it is UPLOAD_REFUSED in any case, so that the next round starts with fresh URLs.
    const why = cause instanceof TributaryError ? ` ${cause.message}` : "";
    throw new TributaryError("UPLOAD_REFUSED", `An upload failed.${why}`, { cause });
  }
}
