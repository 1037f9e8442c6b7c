import { md5 } from "@noble/hashes/legacy.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { createMD5 } from "hash-wasm";
import { digestsOf } from "../../shared/holder/digests.ts";

/** Bytes of a small segment, a usual one and a large one. */
const SIZES = [64 * 1024, 1024 * 1024, 8 * 1024 * 1024];
const SHORTEST_RUN_MS = 500;

/** A table of megabytes per second. Node's V8 stands for Chromium's workers, which run the same engine. */
export async function describeHashes(): Promise<string> {
  const hasher = await createMD5();
  const hashes: [string, (bytes: Uint8Array<ArrayBuffer>) => unknown][] = [
    ["MD5 in JavaScript (@noble/hashes)", (bytes) => md5(bytes)],
    ["MD5 in WebAssembly (hash-wasm)", (bytes) => hasher.init().update(bytes).digest("binary")],
    ["SHA-256 in JavaScript (@noble/hashes)", (bytes) => sha256(bytes)],
    ["SHA-256 by WebCrypto", (bytes) => crypto.subtle.digest("SHA-256", bytes)],
    ["both, as outputs and chunks are hashed", (bytes) => digestsOf(bytes)],
  ];
  const lines = [
    `| MB/s | ${SIZES.map((size) => `${size / 1024} KiB`).join(" | ")} |`,
    `| --- |${" --- |".repeat(SIZES.length)}`,
  ];
  for (const [name, hash] of hashes) {
    const speeds: string[] = [];
    for (const size of SIZES) speeds.push((await megabytesPerSecond(size, hash)).toFixed(0));
    lines.push(`| ${name} | ${speeds.join(" | ")} |`);
  }
  return lines.join("\n");
}

async function megabytesPerSecond(
  size: number,
  hash: (bytes: Uint8Array<ArrayBuffer>) => unknown,
): Promise<number> {
  const bytes = Uint8Array.from({ length: size }, (_, at) => (at * 31) & 255);
  await hash(bytes);
  const startedMs = performance.now();
  let hashed = 0;
  while (performance.now() - startedMs < SHORTEST_RUN_MS) {
    await hash(bytes);
    hashed += size;
  }
  return hashed / 1000 / (performance.now() - startedMs);
}
