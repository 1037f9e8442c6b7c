/** The multivariant playlist of a video. */
export const MASTER_PLAYLIST = "master.m3u8";

/**
 * The same with a variant of the audio alone, for podcast apps and for the browser's own HLS, which play it
 * where there is no room for pictures. An address of its own: players and checkers that take every variant for
 * video (ffmpeg-based ones, and those that want RESOLUTION) go by the other.
 */
export const PODCAST_PLAYLIST = "podcast.m3u8";

/**
 * GROUP-ID of the audio tracks in 5.1, where the source has it, and in stereo where it does not: with variants of
 * its own, after those that have the usual group.
 */
export const SURROUND_GROUP = "surround";
