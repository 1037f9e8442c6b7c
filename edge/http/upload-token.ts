import { z } from "zod";
import { openSealed, sealText } from "./sealed-text.ts";

/**
 * Lets somebody make videos for a while, without the site's key: a site that frames the upload page has one
 * issued for each of its own visitors. Nothing is stored for it.
 */
const tokenSchema = z.object({ expiresAtMs: z.number() });

export function sealUploadToken(env: Cloudflare.Env, expiresAtMs: number): string {
  return sealText(env, "upload-token", { expiresAtMs });
}

/** `none`: the text is no such token. `over`: it was one. */
export function judgeUploadToken(
  env: Cloudflare.Env,
  text: string,
  nowMs: number,
): "good" | "over" | "none" {
  const token = openSealed(env, "upload-token", text, tokenSchema);
  if (token === null) return "none";
  return token.expiresAtMs > nowMs ? "good" : "over";
}
