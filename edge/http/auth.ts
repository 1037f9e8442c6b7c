import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/**
 * Capabilities instead of accounts: whoever has a job's token may do what its role may. Tokens are
 * random, kept as hashes only and never logged. Hashing is synchronous on purpose: in the
 * coordinator nothing may come between the check of a token and what follows from it.
 */

/** 256 bits, base64url. */
export function newToken(): string {
  return randomBytes(32).toString("base64url");
}

/** Hex SHA-256. Tokens are random, so a plain hash is enough: there is nothing to guess. */
export function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** In constant time; the hashes have equal length. */
export function tokensMatch(token: string, hash: string): boolean {
  return timingSafeEqual(Buffer.from(hashToken(token), "hex"), Buffer.from(hash, "hex"));
}

/** The token of `Authorization: Bearer ...` (RFC 6750, 2.1), or null. */
export function bearerToken(authorization: string | undefined): string | null {
  return /^Bearer +([\x21-\x7e]{1,800})$/i.exec(authorization ?? "")?.[1] ?? null;
}

/** Crockford's base 32 in lower case: nothing in it looks like something else. */
const ID_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const ID_LENGTH = 20;

/** 100 random bits: a job's id is what lets people watch it. */
export function newJobId(): string {
  return jobIdOf(randomBytes(ID_LENGTH));
}

/** @param bytes random ones, 20 or more */
export function jobIdOf(bytes: Uint8Array): string {
  return Array.from(bytes.subarray(0, ID_LENGTH), (byte) => ID_ALPHABET[byte % 32]).join("");
}

export function isJobId(text: string): boolean {
  return /^[0-9a-hjkmnp-tv-z]{20}$/.test(text);
}
