/** The multivariant playlist of a video. */
export const MASTER_PLAYLIST = "master.m3u8";

/**
 * The same with one more variant, the audio alone. Podcast apps and a browser's own HLS player choose it where they
 * show no video. It has its own address, because some players and checkers expect video in every variant (those based
 * on ffmpeg, and those that require RESOLUTION). They use `MASTER_PLAYLIST`.
 */
export const PODCAST_PLAYLIST = "podcast.m3u8";

/**
 * GROUP-ID of the audio group with the tracks in 5.1. A track without 5.1 is in it in stereo. The group has its own
 * variants, after those with the usual group.
 */
export const SURROUND_GROUP = "surround";
