import { type ReadonlySignal, signal } from "@preact/signals";

/** A caption track of the video. */
export interface CaptionChoice {
  label: string;
  /** BCP 47 */
  language: string;
  isShown: boolean;
}

/** State of a video element for the controls. Times are in seconds. */
export interface MediaState {
  isPaused: boolean;
  /** Whether the video has been played. */
  isBegun: boolean;
  hasEnded: boolean;
  /** Whether it plays but waits for data. */
  isWaiting: boolean;
  at: number;
  /** Latest time to which one can seek. */
  madeEnd: number;
  /** End of the buffered range that is playing now. */
  bufferedEnd: number;
  /** 0..1 */
  volume: number;
  isMuted: boolean;
  speed: number;
  isFull: boolean;
  isInPicture: boolean;
  /** Whether another screen plays the video. */
  isElsewhere: boolean;
  captions: CaptionChoice[];
}

const EVENTS = [
  ..."play playing pause ended waiting seeking seeked timeupdate progress durationchange".split(
    " ",
  ),
  ..."loadedmetadata volumechange ratechange emptied canplay".split(" "),
  ..."enterpictureinpicture leavepictureinpicture".split(" "),
];

/**
 * Follows a video until `abort`.
 * @param frame element that full screen shows
 */
export function watchMedia(
  video: HTMLVideoElement,
  frame: HTMLElement,
  abort: AbortSignal,
): ReadonlySignal<MediaState> {
  let isBegun = false;
  let isWaiting = false;
  const read = (): MediaState => ({
    isPaused: video.paused,
    isBegun,
    hasEnded: video.ended,
    isWaiting,
    at: video.currentTime,
    madeEnd: madeEndOf(video),
    bufferedEnd: bufferedEndOf(video),
    volume: video.volume,
    isMuted: video.muted,
    speed: video.playbackRate,
    isFull: document.fullscreenElement === frame,
    isInPicture: document.pictureInPictureElement === video,
    isElsewhere: video.remote?.state === "connected",
    captions: captionTracks(video).map(({ label, language, mode }) => {
      return { label, language, isShown: mode === "showing" };
    }),
  });
  const state = signal(read());
  const update = (event?: Event): void => {
    if (event?.type === "play") isBegun = true;
    if (event?.type === "waiting") isWaiting = true;
    if (event !== undefined && /^(playing|pause|ended|emptied|seeked|canplay)$/.test(event.type)) {
      isWaiting = false;
    }
    state.value = read();
  };
  const options = { signal: abort };
  for (const name of EVENTS) video.addEventListener(name, update, options);
  document.addEventListener("fullscreenchange", update, options);
  for (const name of ["connect", "disconnect"])
    video.remote?.addEventListener(name, update, options);
  for (const name of ["addtrack", "removetrack", "change"]) {
    video.textTracks.addEventListener(name, update, options);
  }
  return state;
}

/** The video's caption tracks, without tracks of other kinds that HLS players add. */
export function captionTracks(video: HTMLVideoElement): TextTrack[] {
  return [...video.textTracks].filter(({ kind }) => kind === "subtitles" || kind === "captions");
}

/** Shows the track with a label, or none where `label` is null. */
export function showCaptions(video: HTMLVideoElement, label: string | null): void {
  for (const track of captionTracks(video)) {
    track.mode = track.label === label ? "showing" : "disabled";
  }
}

function madeEndOf({ seekable, duration }: HTMLVideoElement): number {
  const end = seekable.length === 0 ? 0 : seekable.end(seekable.length - 1);
  return Number.isFinite(duration) ? Math.max(end, Math.min(duration, end || duration)) : end;
}

function bufferedEndOf({ buffered, currentTime }: HTMLVideoElement): number {
  for (let index = 0; index < buffered.length; index += 1) {
    const isHere = buffered.start(index) <= currentTime + 0.1;
    if (isHere && buffered.end(index) >= currentTime) return buffered.end(index);
  }
  return currentTime;
}
