import { type Clock, pause } from "../clock.ts";
import { TributaryError } from "../job/errors.ts";
import { callBackoffMs } from "../retry.ts";
import type { Put } from "../wire/lease.ts";
import type { LeaseWork, MadeOutput } from "./lease-work.ts";

/** Tries of one PUT before a fresh URL is asked for. */
const PUT_TRIES = 3;
const PARALLEL_PUTS = 4;

export interface PutOptions {
  put: LeaseWork["put"];
  clock: Clock;
  signal: AbortSignal;
  /** Bytes of one object arrived in storage. */
  onStored?: ((sizeBytes: number) => void) | undefined;
}

/**
 * Brings a task's outputs to storage, some at a time.
 * Throws UPLOAD_REFUSED when fresh URLs are needed, or what the signal aborts with.
 */
export async function putOutputs(
  puts: readonly Put[],
  outputs: readonly MadeOutput[],
  options: PutOptions,
): Promise<void> {
  const queue = [...puts];
  const lane = async (): Promise<void> => {
    for (let put = queue.shift(); put !== undefined; put = queue.shift()) {
      const output = outputs[put.output];
      if (output === undefined) throw new TributaryError("INTERNAL", "A PUT for no output.");
      await putOne(put, output.bytes, options);
      options.onStored?.(output.sizeBytes);
    }
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL_PUTS, puts.length) }, lane));
}

async function putOne(
  to: Put,
  bytes: ArrayBuffer,
  { put, clock, signal }: PutOptions,
): Promise<void> {
  for (let failures = 1; ; failures += 1) {
    try {
      await put(to, bytes, signal);
      return;
    } catch (thrown) {
      signal.throwIfAborted();
      if (thrown instanceof TributaryError && thrown.code === "UPLOAD_REFUSED") throw thrown;
      // The last word is "refused", so that the next round starts with fresh URLs.
      if (failures === PUT_TRIES) {
        throw new TributaryError("UPLOAD_REFUSED", "Storage did not take an upload.", {
          cause: thrown,
        });
      }
      await pause(clock, callBackoffMs(failures, clock.random()), signal);
    }
  }
}
