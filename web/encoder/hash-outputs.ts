import { md5 } from "@noble/hashes/legacy.js";
import type { RawOutput } from "../../shared/encode/ffmpeg/task.ts";
import type { MadeOutput } from "../../shared/holder/lease-work.ts";

/** Sizes and hashes of outputs; their bytes move into the result. */
export async function hashOutputs(outputs: readonly RawOutput[]): Promise<MadeOutput[]> {
  return Promise.all(
    outputs.map(async ({ rendition, kind, segment, frames, bytes }) => {
      const sha256 = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
      return {
        rendition,
        kind,
        segment,
        frames,
        sizeBytes: bytes.length,
        sha256: Array.from(sha256, (byte) => byte.toString(16).padStart(2, "0")).join(""),
        md5: btoa(String.fromCharCode(...md5(bytes))),
        bytes: bytes.buffer,
      };
    }),
  );
}
