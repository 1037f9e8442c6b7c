import { createHmac, timingSafeEqual } from "node:crypto";
import type { z } from "zod";
import { parseJson } from "../../shared/wire/json.ts";

/**
 * Values that clients carry for the site. Clients can read but not change them (HMAC-SHA-256). Nothing is stored for
 * them here.
 */

/** The purpose of a sealed text, which is valid for no other purpose. */
export type SealPurpose =
  | "upload"
  | "upload-token"
  | "socket-ticket"
  | "http-socket"
  | "video-link"
  | "pool-ticket"
  | "pool-pass";

/** `<base64url of the JSON>.<base64url of its HMAC>` */
export function sealText(env: Cloudflare.Env, purpose: SealPurpose, value: object): string {
  const body = Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${body}.${sign(env, purpose, body).toString("base64url")}`;
}

/** The value; null for text that was not sealed here, or was sealed for another purpose. */
export function openSealed<S extends z.ZodType>(
  env: Cloudflare.Env,
  purpose: SealPurpose,
  text: string,
  schema: S,
): z.output<S> | null {
  const [body = "", signature = ""] = text.split(".");
  const expected = sign(env, purpose, body);
  const given = Buffer.from(signature, "base64url");
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
  const parsed = schema.safeParse(parseJson(Buffer.from(body, "base64url").toString()));
  return parsed.success ? parsed.data : null;
}

function sign(env: Cloudflare.Env, purpose: SealPurpose, body: string): Buffer {
  // Each purpose has its own key.
  const key = createHmac("sha256", env.SIGNING_SECRET).update(purpose).digest();
  return createHmac("sha256", key).update(body).digest();
}
