/**
 * A multivariant playlist of ours whose addresses lie in another folder.
 * @param folder seen from the playlist, with a slash at its end; "" for its own
 */
export function inFolder(multivariant: string, folder: string): string {
  if (folder === "") return multivariant;
  return multivariant.replaceAll(/\bURI="/g, `URI="${folder}`).replaceAll(/^(?=[^#\n])/gm, folder);
}
