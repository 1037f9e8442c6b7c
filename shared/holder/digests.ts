import { md5 } from "@noble/hashes/legacy.js";
import { sha256 } from "@noble/hashes/sha2.js";

/** Hashes of an object as offers and presigned uploads have them. */
export interface Digests {
  /** In hexadecimal. */
  sha256: string;
  /** In base64, as in the header Content-MD5. */
  md5: string;
}

/** Works on plain http, too, where pages have no `crypto.subtle`, and without WebAssembly. */
export async function digestsOf(bytes: Uint8Array<ArrayBuffer>): Promise<Digests> {
  const { subtle } = crypto;
  const hash =
    subtle === undefined ? sha256(bytes) : new Uint8Array(await subtle.digest("SHA-256", bytes));
  return {
    sha256: Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join(""),
    md5: btoa(String.fromCharCode(...md5(bytes))),
  };
}
