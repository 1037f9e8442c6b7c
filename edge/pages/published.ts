import { TICKS_PER_SECOND } from "../../shared/job/ticks.ts";
import { PODCAST_PLAYLIST } from "../../shared/playlist/names.ts";
import type { Video } from "../../shared/wire/api.ts";

/** A video with its addresses, for links, feeds and embeds. */
export interface Published {
  video: Video;
  durationSeconds: number;
  watchUrl: string;
  embedUrl: string;
  masterUrl: string;
  /** As `masterUrl`, with one more variant, the audio alone. */
  podcastUrl: string;
  /** The poster's address; null where there is none. */
  posterUrl: string | null;
}

/** @param video the video without the fields for its owner */
export function published(origin: string, video: Video): Published {
  const { id } = video;
  return {
    video,
    durationSeconds: video.durationTicks / TICKS_PER_SECOND,
    watchUrl: `${origin}/watch/${id}`,
    embedUrl: `${origin}/embed/${id}`,
    masterUrl: `${origin}/v/${id}/master.m3u8`,
    podcastUrl: `${origin}/v/${id}/${PODCAST_PLAYLIST}`,
    posterUrl: video.poster ? `${origin}${video.poster.path}` : null,
  };
}
