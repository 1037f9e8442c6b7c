export { renderDash } from "./dash.ts";
export { inFolder } from "./folder.ts";
export { renderIFrames } from "./iframes.ts";
export { type PlaylistInput, playableSegments } from "./input.ts";
export { renderMedia } from "./media.ts";
export { renderMultivariant } from "./multivariant.ts";
export { MASTER_PLAYLIST, PODCAST_PLAYLIST } from "./names.ts";
export { renderSubtitles, type SubtitleTrack, withSubtitles } from "./subtitles.ts";
