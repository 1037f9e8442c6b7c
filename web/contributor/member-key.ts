import { openDB } from "idb";
import type { MemberKey } from "../../shared/pool/pool-member.ts";

/** The key by which a pool recognizes this device. The browser stores it, with a private half that cannot be read. */

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" } as const;
const SIGNATURE = { name: "ECDSA", hash: "SHA-256" } as const;
const STORE = "keys";

/**
 * @param kept a private key (JWK) that is stored elsewhere; null: the key that this browser stores
 * @throws Error where the browser has no ECDSA on this page
 */
export async function memberKey(kept: JsonWebKey | null): Promise<MemberKey> {
  const { privateKey, publicKey } = kept === null ? await ownPair() : await pairOf(kept);
  const spki = await crypto.subtle.exportKey("spki", publicKey);
  return {
    publicKey: base64url(spki),
    sign: async (text) => {
      const bytes = new TextEncoder().encode(text);
      return base64url(await crypto.subtle.sign(SIGNATURE, privateKey, bytes));
    },
  };
}

async function ownPair(): Promise<CryptoKeyPair> {
  const database = await openDB("tributary-pool", 1, {
    upgrade: (db) => void db.createObjectStore(STORE),
  });
  try {
    const before: unknown = await database.get(STORE, "member");
    if (isPair(before)) return before;
    const pair = await crypto.subtle.generateKey(ALGORITHM, false, ["sign", "verify"]);
    await database.put(STORE, pair, "member");
    return pair;
  } finally {
    database.close();
  }
}

async function pairOf(jwk: JsonWebKey): Promise<CryptoKeyPair> {
  const { d: _, key_ops: _ops, ...open } = jwk;
  const [privateKey, publicKey] = await Promise.all([
    crypto.subtle.importKey("jwk", { ...jwk, key_ops: ["sign"] }, ALGORITHM, false, ["sign"]),
    crypto.subtle.importKey("jwk", { ...open, key_ops: ["verify"] }, ALGORITHM, true, ["verify"]),
  ]);
  return { privateKey, publicKey };
}

function isPair(value: unknown): value is CryptoKeyPair {
  return typeof value === "object" && value !== null && "privateKey" in value;
}

function base64url(bytes: ArrayBuffer): string {
  const text = String.fromCharCode(...new Uint8Array(bytes));
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
