import { type ReadonlySignal, signal } from "@preact/signals";
import type HlsPlayer from "hls.js";
import type { HlsConfig } from "hls.js";
import { type ErrorCode, scriptNotLoaded, toWireError } from "../../shared/job/errors.ts";
import { PODCAST_PLAYLIST, SURROUND_GROUP } from "../../shared/playlist/names.ts";
import { callBackoffMs } from "../../shared/retry.ts";
import { t } from "../words/words.ts";
import { authorized } from "./authorized.ts";
import { askForScreen, HLS_TYPE, otherScreens } from "./other-screens.ts";

/** One entry of a menu. */
export interface PlaybackChoice {
  id: number;
  label: string;
}

export interface AudioTrackChoice extends PlaybackChoice {
  /** BCP 47; "und" where it is not known. */
  language: string;
}

/** A video element that plays a multivariant playlist. */
export interface Playback {
  /** Quality levels, best first; empty where the browser chooses by itself. */
  readonly levels: ReadonlySignal<PlaybackChoice[]>;
  /** Id of the chosen level; -1 is automatic. */
  readonly level: ReadonlySignal<number>;
  /** Quality level that plays now, such as "480p"; null before the first segment. */
  readonly playingLevel: ReadonlySignal<string | null>;
  /** As the playlists name them. */
  readonly audioTracks: ReadonlySignal<AudioTrackChoice[]>;
  readonly audioTrack: ReadonlySignal<number>;
  /** Code of the error that stopped playing for good; null while there is none. */
  readonly failure: ReadonlySignal<ErrorCode | null>;
  /** Whether the browser plays HLS natively; then it shows the captions that the playlists name. */
  readonly isNative: ReadonlySignal<boolean>;
  /**
   * Shows single pictures of the video in another element, from its I-frame playlists.
   * @returns null where there are none
   */
  openPreview(video: HTMLVideoElement): Preview | null;
  /** Whether there is another screen that could play the video. */
  readonly hasOtherScreen: ReadonlySignal<boolean>;
  /** Asks which other screen is to play the video. From then on the browser plays HLS natively. */
  playElsewhere(): Promise<void>;
  setLevel(id: number): void;
  setAudioTrack(id: number): void;
}

/** Preview pictures for the timeline. */
export interface Preview {
  /** The key frame at a time, or the last one before it. */
  show(seconds: number): void;
  /** Frees the element. */
  end(): void;
}

export interface PlaybackOptions {
  /**
   * Sent with each request; a private video needs it. Null where this browser does not have it. The browser's native
   * HLS cannot send it.
   */
  ownerToken: string | null;
  /** Whether the video has a poster, so that no still is needed. */
  hasPoster?: boolean;
  /** Ends playback and frees the element. */
  abort: AbortSignal;
}

/** Network failures in a row before playing is given up (with backoff: about half a minute). */
const MAX_NETWORK_FAILURES = 6;
/** After so many answers 404 in a row, it is checked whether the video was deleted. */
const MAX_NOT_FOUND = 3;
const MAX_MEDIA_RECOVERIES = 2;

/** Buffer before the viewer presses play: enough for a still, so that network and decoders stay free for encoding. */
const STILL_BUFFER_SECONDS = 1;
/** Time of the still, where the video is long enough; not 0, because many videos begin black. */
const STILL_AT_SECONDS = 1;
/**
 * Firefox 153 now and then shows no picture after a seek where two seconds are buffered, and shows one once more is
 * buffered. Where there is no picture after this time, the buffer gets larger.
 */
const LATE_MS = 2_000;
const LATE_BUFFER_SECONDS = 10;
/**
 * WebKit's process hangs now and then where a paused video of Media Source Extensions seeks at once (WebKitGTK 2.50).
 * There the player does not seek, and shows a separate picture over the video.
 */
export const SEEKS_WHILE_PAUSED = navigator.vendor !== "Apple Computer, Inc.";
/** Captions are separate elements (caption-track.tsx), because hls.js reads the list of captions only once. */
const WITHOUT_SUBTITLES = {
  subtitleTrackController: undefined,
  subtitleStreamController: undefined,
  timelineController: undefined,
} as unknown as Partial<HlsConfig>;
/**
 * hls.js 1.7.4 now and then seeks before a lone key frame has been buffered. Then the frame is shown only after another
 * seek, so the preview repeats it.
 */
const PREVIEW_AGAIN_MS = 30;
const PREVIEW_TRIES = 50;
/** Buffer while the video plays: the default of hls.js for `maxMaxBufferLength`. */
const PLAYING_BUFFER_SECONDS = 600;

/**
 * Shows a still of `masterUrl`, and plays it from its beginning once the viewer presses play, also while its playlists
 * still grow. hls.js is loaded only here, on demand. Without Media Source Extensions (Safari on iPhone) the browser
 * plays HLS natively.
 */
export function openPlayback(
  video: HTMLVideoElement,
  masterUrl: string,
  { ownerToken, hasPoster = false, abort }: PlaybackOptions,
): Playback {
  const levels = signal<PlaybackChoice[]>([]);
  const level = signal(-1);
  const playingLevel = signal<string | null>(null);
  const audioTracks = signal<AudioTrackChoice[]>([]);
  const audioTrack = signal(0);
  const failure = signal<ErrorCode | null>(null);
  const isNative = signal(false);
  let player: HlsPlayer | null = null;

  const load = async () => {
    const { default: Hls } = await import("hls.js").catch((cause: unknown) => {
      throw scriptNotLoaded(cause);
    });
    if (abort.aborted) return;
    if (!Hls.isSupported()) {
      playNatively();
      return;
    }
    const hls = new Hls({
      // A growing EVENT playlist looks live to hls.js, which would start near its end.
      startPosition: 0,
      capLevelToPlayerSize: true,
      backBufferLength: 60,
      ...WITHOUT_SUBTITLES,
      ...(ownerToken === null ? {} : { xhrSetup: withToken(ownerToken, masterUrl) }),
      maxMaxBufferLength: video.paused ? STILL_BUFFER_SECONDS : PLAYING_BUFFER_SECONDS,
    });
    player = hls;
    abort.addEventListener("abort", () => hls.destroy(), { once: true });
    let stillAt: number | null = null;
    const showStill = () => {
      if (hasPoster || !SEEKS_WHILE_PAUSED) return;
      if (stillAt !== null || video.buffered.length === 0) return;
      stillAt = Math.min(STILL_AT_SECONDS, video.buffered.end(0) / 2);
      if (!video.paused || video.currentTime !== 0) return;
      video.currentTime = stillAt;
      const late = setTimeout(() => {
        if (video.seeking && video.paused) hls.config.maxMaxBufferLength = LATE_BUFFER_SECONDS;
      }, LATE_MS);
      abort.addEventListener("abort", () => clearTimeout(late), { once: true });
    };
    hls.on(Hls.Events.FRAG_BUFFERED, showStill);
    const begin = () => {
      hls.config.maxMaxBufferLength = PLAYING_BUFFER_SECONDS;
      // Back from the still to the beginning, except where the viewer has chosen another place.
      if (stillAt !== null && Math.abs(video.currentTime - stillAt) < 0.01) video.currentTime = 0;
    };
    video.addEventListener("play", begin, { once: true, signal: abort });

    let networkFailures = 0;
    let notFound = 0;
    const fail = (code: ErrorCode) => {
      failure.value = code;
      hls.destroy();
      player = null;
    };
    let mediaRecoveries = 0;
    hls.on(Hls.Events.MANIFEST_PARSED, () => {
      // Without levels with 5.1 audio: browsers mix it down to stereo, which exists at a third of the bit rate.
      for (let id = hls.levels.length - 1; id >= 0; id -= 1) {
        if (hls.levels[id]?.audioGroups?.includes(SURROUND_GROUP) === true) hls.removeLevel(id);
      }
      levels.value = hls.levels
        .map(({ width, height, bitrate }, id) => ({ id, side: Math.min(width, height), bitrate }))
        .sort((a, b) => b.side - a.side || b.bitrate - a.bitrate)
        .map(({ id, side }) => ({
          id,
          label: side > 0 ? `${side}p` : t("player.level", { level: id + 1 }),
        }));
    });
    hls.on(Hls.Events.LEVEL_SWITCHED, (_event, data) => {
      playingLevel.value = levels.value.find(({ id }) => id === data.level)?.label ?? null;
    });
    hls.on(Hls.Events.AUDIO_TRACKS_UPDATED, () => {
      audioTracks.value = hls.audioTracks.map(({ name, lang = "und" }, id) => ({
        ...{ id, label: name, language: lang },
      }));
      audioTrack.value = hls.audioTrack;
    });
    hls.on(Hls.Events.AUDIO_TRACK_SWITCHED, (_event, data) => {
      audioTrack.value = data.id;
    });
    hls.on(Hls.Events.FRAG_BUFFERED, (_event, { frag }) => {
      // An init segment does not count: it may be cached while nothing else comes.
      if (frag.sn === "initSegment") return;
      networkFailures = 0;
      notFound = 0;
    });
    hls.on(Hls.Events.ERROR, (_event, data) => {
      if (data.response?.code === 404) notFound += 1;
      if (notFound === MAX_NOT_FOUND) {
        void isGone(masterUrl, ownerToken, abort).then((gone) => {
          if (gone) fail("JOB_NOT_FOUND");
        });
      }
      if (!data.fatal) return;
      if (data.type === Hls.ErrorTypes.NETWORK_ERROR && networkFailures < MAX_NETWORK_FAILURES) {
        networkFailures += 1;
        const waitMs = 500 + callBackoffMs(networkFailures, Math.random(), 1000);
        const timer = setTimeout(() => {
          // Without levels the multivariant playlist itself is still missing.
          if (hls.levels.length === 0) hls.loadSource(masterUrl);
          else hls.startLoad();
        }, waitMs);
        abort.addEventListener("abort", () => clearTimeout(timer), { once: true });
        return;
      }
      if (data.type === Hls.ErrorTypes.MEDIA_ERROR && mediaRecoveries < MAX_MEDIA_RECOVERIES) {
        mediaRecoveries += 1;
        hls.recoverMediaError();
        return;
      }
      console.error("Playing failed:", data.details, data.error);
      fail(data.type === Hls.ErrorTypes.NETWORK_ERROR ? "NETWORK" : "DECODE_FAILED");
    });
    hls.loadSource(masterUrl);
    hls.attachMedia(video);
  };

  const playNatively = (atSeconds: number | null = null) => {
    if (video.canPlayType(HLS_TYPE) === "") {
      failure.value = "ENGINE_UNAVAILABLE";
      return;
    }
    isNative.value = true;
    const toStart = () => {
      if (video.seekable.length > 0) video.currentTime = atSeconds ?? video.seekable.start(0);
    };
    video.addEventListener("loadedmetadata", toStart, { once: true, signal: abort });
    video.addEventListener("error", () => (failure.value = "NETWORK"), { signal: abort });
    // This playlist goes on with audio alone where the line is too slow for pictures.
    video.src = masterUrl.replace(/master\.m3u8$/, PODCAST_PLAYLIST);
    abort.addEventListener("abort", () => video.removeAttribute("src"), { once: true });
  };

  load().catch((thrown: unknown) => {
    failure.value = toWireError(thrown).code;
  });

  return {
    levels,
    level,
    playingLevel,
    audioTracks,
    audioTrack,
    failure,
    isNative,
    openPreview(element) {
      const pictures = player?.createIFramePlayer() ?? null;
      if (pictures === null) return null;
      pictures.attachMedia(element);
      let timer: ReturnType<typeof setTimeout> | undefined;
      const show = (seconds: number, triesLeft: number): void => {
        clearTimeout(timer);
        pictures.loadMediaAt(seconds);
        if (triesLeft === 0) return;
        timer = setTimeout(() => {
          if (element.seeking || element.readyState < 2) show(seconds, triesLeft - 1);
        }, PREVIEW_AGAIN_MS);
      };
      return {
        show: (seconds) => show(seconds, PREVIEW_TRIES),
        end: () => {
          clearTimeout(timer);
          pictures.destroy();
        },
      };
    },
    hasOtherScreen: otherScreens(masterUrl, ownerToken !== null, abort),
    async playElsewhere() {
      if (!isNative.peek()) {
        const { currentTime } = video;
        player?.destroy();
        player = null;
        for (const choices of [levels, audioTracks]) choices.value = [];
        const loaded = new Promise((resolve) => {
          for (const name of ["loadedmetadata", "error"]) {
            video.addEventListener(name, resolve, { once: true, signal: abort });
          }
        });
        // It was disabled because other screens cannot play what hls.js feeds the element.
        video.disableRemotePlayback = false;
        playNatively(currentTime);
        video.load();
        await loaded;
      }
      if (await askForScreen(video)) void video.play().catch(() => {});
    },
    setLevel(id) {
      level.value = id;
      if (player !== null) player.nextLevel = id;
    },
    setAudioTrack(id) {
      audioTrack.value = id;
      if (player !== null) player.audioTrack = id;
    },
  };
}

/** Whether the video was deleted; false where that is unknown now. */
async function isGone(
  masterUrl: string,
  ownerToken: string | null,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const init = { ...authorized(ownerToken), cache: "no-store", signal } as const;
    const response = await fetch(masterUrl, init);
    await response.body?.cancel();
    return response.status === 404;
  } catch {
    return false;
  }
}

/** Adds the token to requests of hls.js, also for other videos' folders, in one of which a replaced video lies. */
function withToken(token: string, masterUrl: string): (xhr: XMLHttpRequest, url: string) => void {
  const folder = new URL("..", new URL(masterUrl, location.href)).href;
  return (xhr, url) => {
    // Headers can only be set on an opened request, and hls.js does not open it again.
    xhr.open("GET", url, true);
    if (url.startsWith(folder)) xhr.setRequestHeader("authorization", `Bearer ${token}`);
  };
}
