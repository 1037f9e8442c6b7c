import type { MemberKey } from "../../shared/pool/pool-member.ts";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" } as const;

/** Makes a member's key pair like a browser. */
export async function makeMemberKey(): Promise<MemberKey> {
  const pair = await crypto.subtle.generateKey(ALGORITHM, false, ["sign", "verify"]);
  if (!("publicKey" in pair)) throw new Error("a pair has two keys");
  const spki = await crypto.subtle.exportKey("spki", pair.publicKey);
  if (!(spki instanceof ArrayBuffer)) throw new Error("SPKI is bytes");
  return {
    publicKey: base64url(spki),
    sign: async (text) => {
      const bytes = new TextEncoder().encode(text);
      const how = { name: "ECDSA", hash: "SHA-256" };
      return base64url(await crypto.subtle.sign(how, pair.privateKey, bytes));
    },
  };
}

function base64url(bytes: ArrayBuffer): string {
  const text = String.fromCharCode(...new Uint8Array(bytes));
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
