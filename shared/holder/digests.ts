import { md5 as plainMd5 } from "@noble/hashes/legacy.js";
import { sha256 as plainSha256 } from "@noble/hashes/sha2.js";
import { createMD5, type IHasher } from "hash-wasm";

/** Hashes of an object, as offers and presigned uploads state them. */
export interface Digests {
  /** In hexadecimal. */
  sha256: string;
  /** In base64, as in the header Content-MD5. */
  md5: string;
}

/**
 * Hashes an object. It also works without `crypto.subtle` (in pages on plain http) and without WebAssembly,
 * but then takes ten to twenty times as long.
 */
export async function digestsOf(bytes: Uint8Array<ArrayBuffer>): Promise<Digests> {
  // SHA-256 goes to another thread; MD5 is computed in this one meanwhile.
  const [md5, sha256] = await Promise.all([md5Of(bytes), sha256Hex(bytes)]);
  return { sha256, md5: btoa(String.fromCharCode(...md5)) };
}

/** SHA-256 in hexadecimal. */
export async function sha256Hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const sha256 = await sha256Of(bytes);
  return Array.from(sha256, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function sha256Of(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const { subtle } = crypto;
  if (subtle === undefined) return plainSha256(bytes);
  return new Uint8Array(await subtle.digest("SHA-256", bytes));
}

/** One hasher for all calls: each runs from `init` to `digest` without an await. */
let hasher: Promise<IHasher> | null = null;

async function md5Of(bytes: Uint8Array): Promise<Uint8Array> {
  if (!("WebAssembly" in globalThis)) return plainMd5(bytes);
  hasher ??= createMD5();
  return (await hasher).init().update(bytes).digest("binary");
}
