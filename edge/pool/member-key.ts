import { createHash } from "node:crypto";
import { signedText } from "../../shared/wire/pool.ts";

/** A member proves its identity by signing its socket's nonce with its key. */

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" } as const;

/** Whether a member's signature of its socket's nonce is valid for its public key. */
export async function isSignedBy(
  { publicKey, signature }: { publicKey: string; signature: string },
  { poolId, nonce }: { poolId: string; nonce: string },
): Promise<boolean> {
  try {
    const spki = Buffer.from(publicKey, "base64url");
    const key = await crypto.subtle.importKey("spki", spki, ALGORITHM, false, ["verify"]);
    const text = new TextEncoder().encode(signedText(poolId, nonce));
    const signed = Buffer.from(signature, "base64url");
    return await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, signed, text);
  } catch {
    // Not a valid key of this kind.
    return false;
  }
}

/** The member's id: a hash of its public key, so that nobody else can have it. */
export function memberIdOf(publicKey: string): string {
  const spki = Buffer.from(publicKey, "base64url");
  return createHash("sha256").update(spki).digest("hex").slice(0, 24);
}
