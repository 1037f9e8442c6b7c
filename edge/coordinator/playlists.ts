import {
  MASTER_PLAYLIST,
  PODCAST_PLAYLIST,
  renderIFrames,
  renderMedia,
  renderMultivariant,
} from "../../shared/playlist/index.ts";
import type { State } from "./schedule/state/state.ts";
import { playlistInput } from "./view.ts";

export const PLAYLIST_TYPE = "application/vnd.apple.mpegurl";

/**
 * Paths of all playlists of a job that are stored below its folder, the one that leads to the others last. The
 * podcast playlist is not stored: each request renders it.
 */
export function playlistPaths({ plan }: State): string[] {
  return [
    ...[...plan.video, ...plan.audio].map(({ id }) => `${id}/playlist.m3u8`),
    ...plan.video.map(({ id }) => `${id}/iframes.m3u8`),
    MASTER_PLAYLIST,
  ];
}

/**
 * A playlist of a job as it stands.
 * @returns null for a path that is none of its playlists
 */
export function renderPlaylist(state: State, path: string, ended?: boolean): string | null {
  const input = playlistInput(state, ended);
  if (path === PODCAST_PLAYLIST) return renderMultivariant(input, true);
  if (!playlistPaths(state).includes(path)) return null;
  const [rendition = "", file] = path.split("/");
  if (file === undefined) return renderMultivariant(input);
  return file === "iframes.m3u8" ? renderIFrames(input, rendition) : renderMedia(input, rendition);
}
