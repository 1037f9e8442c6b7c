import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/**
 * Capabilities instead of accounts: anybody who has a job's token may do what its role allows. Tokens are random,
 * stored only as hashes, and never logged. Hashing is synchronous on purpose: in the coordinator, nothing may happen
 * between the check of a token and the action that it allows.
 */

/** A new token: 256 random bits in base64url. */
export function newToken(): string {
  return randomBytes(32).toString("base64url");
}

/** SHA-256 of a token, in hex. A plain hash is enough, because random tokens cannot be guessed. */
export function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** Compares a token with a hash, in constant time. */
export function tokensMatch(token: string, hash: string): boolean {
  return timingSafeEqual(Buffer.from(hashToken(token), "hex"), Buffer.from(hash, "hex"));
}

/** The token of `Authorization: Bearer ...` (RFC 6750, 2.1), or null. */
export function bearerToken(authorization: string | undefined): string | null {
  return /^Bearer +([\x21-\x7e]{1,800})$/i.exec(authorization ?? "")?.[1] ?? null;
}

/** Crockford's base 32 in lower case, without characters that look alike. */
const ID_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const ID_LENGTH = 20;

/**
 * A new job id: 100 random bits. They must not be guessable, because anybody with the id can watch an unlisted video.
 */
export function newJobId(): string {
  return jobIdOf(randomBytes(ID_LENGTH));
}

/** @param bytes 20 or more random bytes */
export function jobIdOf(bytes: Uint8Array): string {
  return Array.from(bytes.subarray(0, ID_LENGTH), (byte) => ID_ALPHABET[byte % 32]).join("");
}

/** Whether a text has the form of a job's id. */
export function isJobId(text: string): boolean {
  return /^[0-9a-hjkmnp-tv-z]{20}$/.test(text);
}
