import { z } from "zod";
import { openSealed, sealText } from "./sealed-text.ts";

/**
 * A signed link opens one private video for watching, until it expires or its owner withdraws the links. It
 * stands in the path of what players fetch (`/v/~LINK/ID/...`), so that relative addresses inherit it and no
 * player needs to send headers.
 */
const linkSchema = z.object({
  id: z.string(),
  /** The video's `linkVersion` when it was made. */
  version: z.int(),
  expiresAtMs: z.number(),
});
export type VideoLink = z.infer<typeof linkSchema>;

/** Before a link in a path: no id and no folder begins with it. */
export const LINK_MARK = "~";

export function sealLink(env: Cloudflare.Env, link: VideoLink): string {
  return sealText(env, "video-link", link);
}

/** `none`: the text is no link to this video, whatever it is. `over`: it was one. */
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
