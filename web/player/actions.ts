import { t } from "../words/words.ts";
import { type KeyAction, nextSpeed } from "./keyboard.ts";
import { captionTracks, showCaptions } from "./media-state.ts";
import { keepPreferences, readPreferences } from "./preferences.ts";

/** Duration of a frame where the frame rate is unknown: the step of the keys `,` and `.` */
const FRAME_SECONDS = 1 / 25;
/** Distance that seeks keep from the end of a growing video. */
const EDGE_SECONDS = 0.2;

/** A video element in its player. */
export interface Played {
  video: HTMLVideoElement;
  /** Element that full screen shows. */
  frame: HTMLElement;
  /** Frames per second; null where the rate is not known. */
  frameRate: number | null;
  /** Whether the video is still being made, and grows. */
  isMaking: boolean;
}

/**
 * Carries out an action.
 * @returns a few words to show about it; null for none
 */
export function act(played: Played, action: KeyAction): string | null {
  const { video, frame, frameRate } = played;
  switch (action.do) {
    case "play":
      if (video.paused) void video.play().catch(() => {});
      else video.pause();
      return null;
    case "mute":
      video.muted = !video.muted;
      keepPreferences({ muted: video.muted });
      return video.muted ? t("player.muted") : t("player.soundOn");
    case "volume":
      setVolume(video, video.volume + action.by);
      return t("player.volume", { share: Math.round(video.volume * 100) });
    case "seek":
      seekTo(played, video.currentTime + action.bySeconds);
      return null;
    case "seek-to":
      seekTo(played, action.share * endOf(video));
      return null;
    case "frame":
      if (!video.paused) return null;
      seekTo(played, video.currentTime + action.by / (frameRate ?? 1 / FRAME_SECONDS));
      return null;
    case "speed":
      setSpeed(video, nextSpeed(video.playbackRate, action.by));
      return t("player.speed", { speed: video.playbackRate });
    case "captions":
      return toggleCaptions(video);
    case "fullscreen":
      toggleFullscreen(video, frame);
      return null;
  }
}

/** Seeks to a time, limited to the part of the video that exists. */
export function seekTo({ video, isMaking }: Played, seconds: number): void {
  const end = endOf(video);
  const last = isMaking ? Math.max(0, end - EDGE_SECONDS) : end;
  video.currentTime = Math.min(Math.max(0, seconds), last);
}

export function setSpeed(video: HTMLVideoElement, speed: number): void {
  video.playbackRate = speed;
  keepPreferences({ speed });
}

export function setVolume(video: HTMLVideoElement, volume: number): void {
  video.volume = Math.min(1, Math.max(0, Math.round(volume * 100) / 100));
  video.muted = video.volume === 0;
  keepPreferences({ volume: video.volume, muted: video.muted });
}

/**
 * Shows a caption track, and remembers its language.
 * @param label of the track; null for none
 */
export function chooseCaptions(video: HTMLVideoElement, label: string | null): void {
  showCaptions(video, label);
  const language = captionTracks(video).find((track) => track.label === label)?.language;
  keepPreferences({ captions: language ?? "off" });
}

function toggleCaptions(video: HTMLVideoElement): string | null {
  const tracks = captionTracks(video);
  if (tracks.some(({ mode }) => mode === "showing")) {
    chooseCaptions(video, null);
    return t("player.subtitlesOff");
  }
  const { captions } = readPreferences();
  const [first] = tracks;
  const wanted = tracks.find(({ language }) => language === captions) ?? first;
  if (wanted === undefined) return null;
  chooseCaptions(video, wanted.label);
  return t("player.subtitlesOn", { label: wanted.label });
}

function toggleFullscreen(video: HTMLVideoElement, frame: HTMLElement): void {
  if (document.fullscreenElement !== null) void document.exitFullscreen().catch(() => {});
  else if ("requestFullscreen" in frame) void frame.requestFullscreen().catch(() => {});
  // iPhones can show only the video itself in full screen.
  else (video as { webkitEnterFullscreen?: () => void }).webkitEnterFullscreen?.();
}

export function togglePicture(video: HTMLVideoElement): void {
  if (document.pictureInPictureElement === video) {
    void document.exitPictureInPicture().catch(() => {});
  } else {
    void video.requestPictureInPicture().catch(() => {});
  }
}

function endOf({ seekable, duration }: HTMLVideoElement): number {
  if (seekable.length > 0) return seekable.end(seekable.length - 1);
  return Number.isFinite(duration) ? duration : 0;
}
