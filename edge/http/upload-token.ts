import { z } from "zod";
import { openSealed, sealText } from "./sealed-text.ts";

/**
 * A token with which a person can create videos for a while, without the site's CREATE_TOKEN. A site that frames the
 * upload page gets one for each of its visitors. Nothing is stored for it.
 */
const tokenSchema = z.object({ expiresAtMs: z.number() });

export function sealUploadToken(env: Cloudflare.Env, expiresAtMs: number): string {
  return sealText(env, "upload-token", { expiresAtMs });
}

/** `none`: the text is not an upload token. `over`: the token has expired. */
export function judgeUploadToken(
  env: Cloudflare.Env,
  text: string,
  nowMs: number,
): "good" | "over" | "none" {
  const token = openSealed(env, "upload-token", text, tokenSchema);
  if (token === null) return "none";
  return token.expiresAtMs > nowMs ? "good" : "over";
}
