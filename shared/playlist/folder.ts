import { MASTER_PLAYLIST } from "./names.ts";

/**
 * The address of the multivariant playlist that lies beside a video's objects.
 * @param masterUrl address of the video's multivariant playlist
 * @param folder folder below `/v/`; absent: that of `masterUrl`
 */
export function masterIn(masterUrl: string, folder: string | undefined): string {
  if (folder === undefined) return masterUrl;
  return masterUrl.replace(/[^/]+\/[^/]+$/, `${folder}/${MASTER_PLAYLIST}`);
}

/**
 * Rewrites the addresses in a multivariant playlist of ours for another folder.
 * @param folder folder of the objects, relative to the playlist, with a slash at its end; "" for the playlist's own
 */
export function inFolder(multivariant: string, folder: string): string {
  if (folder === "") return multivariant;
  return multivariant.replaceAll(/\bURI="/g, `URI="${folder}`).replaceAll(/^(?=[^#\n])/gm, folder);
}
