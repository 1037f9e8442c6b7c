import { z } from "zod";
import { openSealed, sealText } from "./sealed-text.ts";

/**
 * A signed link opens one private video for watching, until the link expires or the owner withdraws all links. It is
 * part of the path of playback addresses (`/v/~LINK/ID/...`), so that relative addresses inherit it and players need to
 * send no headers.
 */
const linkSchema = z.object({
  id: z.string(),
  /** The video's `linkVersion` when the link was made. */
  version: z.int(),
  expiresAtMs: z.number(),
});
export type VideoLink = z.infer<typeof linkSchema>;

/** Marks a link in a path. No id and no folder begins with this character. */
export const LINK_MARK = "~";

export function sealLink(env: Cloudflare.Env, link: VideoLink): string {
  return sealText(env, "video-link", link);
}

/** `none`: the text is not a link to this video. `over`: the link has expired or was withdrawn. */
export function judgeLink(
  env: Cloudflare.Env,
  text: string | null,
  { id, linkVersion }: { id: string; linkVersion: number },
  nowMs: number,
): "good" | "over" | "none" {
  const link = text === null ? null : openSealed(env, "video-link", text, linkSchema);
  if (link?.id !== id) return "none";
  return link.version === linkVersion && link.expiresAtMs > nowMs ? "good" : "over";
}
