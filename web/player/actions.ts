import { t } from "../words/words.ts";
import { type KeyAction, nextSpeed } from "./keyboard.ts";
import { captionTracks, showCaptions } from "./media-state.ts";
import { keepPreferences, readPreferences } from "./preferences.ts";

/** The time of a frame, where nothing says it: a step of the keys , and . */
const FRAME_SECONDS = 1 / 25;
/** Nobody seeks into what is not there yet. */
const EDGE_SECONDS = 0.2;

/** A video and what is around it. */
export interface Played {
  video: HTMLVideoElement;
  /** Element that full screen shows. */
  frame: HTMLElement;
  /** Frames a second; null where it is not known. */
  frameRate: number | null;
  /** More of the video will come. */
  isMaking: boolean;
}

/** Does what was asked for. @returns what to say of it in a few words; null for nothing */
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

/** Within what is made. */
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

/** @param label of the track; null for none */
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
  // iPhones show only the video itself.
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
