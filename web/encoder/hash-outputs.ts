import type { RawOutput } from "../../shared/encode/transcode-task.ts";
import { digestsOf } from "../../shared/holder/digests.ts";
import type { MadeOutput } from "../../shared/holder/lease-work.ts";

/** Adds sizes and hashes to outputs; the bytes are not copied. */
export function hashOutputs(outputs: readonly RawOutput[]): Promise<MadeOutput[]> {
  return Promise.all(
    outputs.map(async ({ bytes, ...output }) => ({
      ...output,
      ...(await digestsOf(bytes)),
      sizeBytes: bytes.length,
      bytes: bytes.buffer,
    })),
  );
}
