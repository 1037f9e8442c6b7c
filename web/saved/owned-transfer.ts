import * as z from "zod/mini";

/** A browser's videos on their way to another one: as a file, or in a link behind its `#`, which no server sees. */

const videosSchema = z.record(
  z.string().check(z.regex(/^[0-9a-hjkmnp-tv-z]{20}$/)),
  z.string().check(z.regex(/^[\x21-\x7e]{1,200}$/)),
);
const fileSchema = z.object({ kind: z.literal("tributary-videos"), videos: videosSchema });

/** Browsers and messengers take no longer ones for sure. */
const MOST_LINK_CHARACTERS = 8_000;

/** Text of a file by which another device can manage these videos. @param videos owner tokens by job id */
export function ownedFile(videos: Record<string, string>): string {
  return JSON.stringify({ kind: "tributary-videos", videos });
}

/** Ids and tokens; null where the file is of another kind. */
export function readOwnedFile(text: string): Record<string, string> | null {
  try {
    return fileSchema.safeParse(JSON.parse(text)).data?.videos ?? null;
  } catch {
    return null;
  }
}

/** Null where they are too many for a link. */
export function ownedLink(origin: string, videos: Record<string, string>): string | null {
  const pairs = Object.entries(videos).map(([id, token]) => `${id}.${token}`);
  const link = `${origin}/videos#owned=${encodeURIComponent(pairs.join(" "))}`;
  return link.length > MOST_LINK_CHARACTERS ? null : link;
}

/** @param hash of the page's address; null where it brings no videos */
export function readOwnedLink(hash: string): Record<string, string> | null {
  const text = new URLSearchParams(hash.replace(/^#/, "")).get("owned");
  if (text === null) return null;
  const pairs = text.split(" ").map((pair) => [pair.slice(0, 20), pair.slice(21)]);
  return videosSchema.safeParse(Object.fromEntries(pairs)).data ?? null;
}
