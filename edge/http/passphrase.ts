import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/**
 * People choose passphrases, which may be guessable. So their stored hashes are slow to compute (PBKDF2-SHA-256), and
 * useless without the site's secret.
 */

/** The most iterations that Workers allow. */
const ITERATIONS = 100_000;

/** Hash of a passphrase: `<salt>.<hash>`, both in base64url. */
export async function hashPassphrase(env: Cloudflare.Env, passphrase: string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await derive(env, passphrase, salt);
  return `${salt.toString("base64url")}.${hash.toString("base64url")}`;
}

/** @param kept a hash made by `hashPassphrase` */
export async function isPassphrase(
  env: Cloudflare.Env,
  passphrase: string,
  kept: string,
): Promise<boolean> {
  const [salt = "", hash = ""] = kept.split(".").map((part) => Buffer.from(part, "base64url"));
  if (typeof salt === "string" || typeof hash === "string") return false;
  const derived = await derive(env, passphrase, salt);
  return derived.length === hash.length && timingSafeEqual(derived, hash);
}

async function derive(env: Cloudflare.Env, passphrase: string, salt: Buffer): Promise<Buffer> {
  const siteKey = createHmac("sha256", env.SIGNING_SECRET).update("passphrase").digest();
  // Normalized (NFC), because keyboards produce different code points for the same letter.
  const peppered = createHmac("sha256", siteKey).update(passphrase.normalize("NFC")).digest();
  const key = await crypto.subtle.importKey("raw", peppered, "PBKDF2", false, ["deriveBits"]);
  const options = { name: "PBKDF2", hash: "SHA-256", salt, iterations: ITERATIONS };
  return Buffer.from(await crypto.subtle.deriveBits(options, key, 256));
}
