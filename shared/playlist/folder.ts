import { MASTER_PLAYLIST } from "./names.ts";

/**
 * The address of the multivariant playlist that lies beside a video's objects.
 * @param masterUrl any address of the video's @param folder below `/v/`; absent: that of `masterUrl`
 */
export function masterIn(masterUrl: string, folder: string | undefined): string {
  if (folder === undefined) return masterUrl;
  return masterUrl.replace(/[^/]+\/[^/]+$/, `${folder}/${MASTER_PLAYLIST}`);
}

/**
 * A multivariant playlist of ours whose addresses lie in another folder.
 * @param folder seen from the playlist, with a slash at its end; "" for its own
 */
export function inFolder(multivariant: string, folder: string): string {
  if (folder === "") return multivariant;
  return multivariant.replaceAll(/\bURI="/g, `URI="${folder}`).replaceAll(/^(?=[^#\n])/gm, folder);
}
