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
 * Paths of a job's stored playlists, below its folder. The multivariant playlist, which names the others, is the last.
 * The podcast playlist is not stored but rendered at each request.
 */
export function playlistPaths({ plan }: State): string[] {
  return [
    ...[...plan.video, ...plan.audio].map(({ id }) => `${id}/playlist.m3u8`),
    ...plan.video.map(({ id }) => `${id}/iframes.m3u8`),
    MASTER_PLAYLIST,
  ];
}

/**
 * A job's playlist in its present state.
 * @returns null for a path that is not one of its playlists
 */
export function renderPlaylist(state: State, path: string, ended?: boolean): string | null {
  const input = playlistInput(state, ended);
  if (path === PODCAST_PLAYLIST) return renderMultivariant(input, true);
  if (!playlistPaths(state).includes(path)) return null;
  const [rendition = "", file] = path.split("/");
  if (file === undefined) return renderMultivariant(input);
  return file === "iframes.m3u8" ? renderIFrames(input, rendition) : renderMedia(input, rendition);
}
