import * as z from "zod/mini";

/** Passes a browser's videos to another one: as a file, or in the fragment of a link, which no server sees. */

const videosSchema = z.record(
  z.string().check(z.regex(/^[0-9a-hjkmnp-tv-z]{20}$/)),
  z.string().check(z.regex(/^[\x21-\x7e]{1,200}$/)),
);
const fileSchema = z.object({ kind: z.literal("tributary-videos"), videos: videosSchema });

/** Longer links may not work in all browsers and messengers. */
const MOST_LINK_CHARACTERS = 8_000;

/**
 * Text of a file with which another device can manage these videos.
 * @param videos owner's tokens by job id
 */
export function ownedFile(videos: Record<string, string>): string {
  return JSON.stringify({ kind: "tributary-videos", videos });
}

/** Owner's tokens by job id; null where the file is of another kind. */
export function readOwnedFile(text: string): Record<string, string> | null {
  try {
    return fileSchema.safeParse(JSON.parse(text)).data?.videos ?? null;
  } catch {
    return null;
  }
}

/** A link with the videos; null where there are too many for a link. */
export function ownedLink(origin: string, videos: Record<string, string>): string | null {
  const pairs = Object.entries(videos).map(([id, token]) => `${id}.${token}`);
  const link = `${origin}/videos#owned=${encodeURIComponent(pairs.join(" "))}`;
  return link.length > MOST_LINK_CHARACTERS ? null : link;
}

/**
 * The videos in a page's address; null where it holds none.
 * @param hash of the address
 */
export function readOwnedLink(hash: string): Record<string, string> | null {
  const text = new URLSearchParams(hash.replace(/^#/, "")).get("owned");
  if (text === null) return null;
  const pairs = text.split(" ").map((pair) => [pair.slice(0, 20), pair.slice(21)]);
  return videosSchema.safeParse(Object.fromEntries(pairs)).data ?? null;
}
