import "./player.css";
import { type ReadonlySignal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { ErrorCode } from "../../shared/job/errors.ts";
import { uniqueNames } from "../../shared/playlist/subtitles.ts";
import type { Captions } from "../../shared/wire/captions.ts";
import type { Chapter } from "../../shared/wire/details.ts";
import type { Poster } from "../../shared/wire/pictures.ts";
import { errorText } from "../ui/error-texts.ts";
import { trackName } from "../ui/format.ts";
import { ReloadButton } from "../ui/reload-button.tsx";
import { type Key, t } from "../words/words.ts";
import { act } from "./actions.ts";
import { CaptionTrack } from "./caption-track.tsx";
import { Controls } from "./controls.tsx";
import { openPlayback, type Playback, SEEKS_WHILE_PAUSED } from "./hls-playback.ts";
import { keyAction } from "./keyboard.ts";
import { captionTracks, type MediaState, showCaptions, watchMedia } from "./media-state.ts";
import { PlayIcon } from "./player-icons.tsx";
import { PosterFrame } from "./poster-frame.tsx";
import { usePosterUrl } from "./poster-url.ts";
import { readPreferences } from "./preferences.ts";

/** While the video plays, the controls disappear after this time without a pointer movement. */
const IDLE_AFTER_MS = 2_500;
const SAID_FOR_MS = 1_200;
const NO_CHAPTERS: readonly Chapter[] = [];
const NO_CAPTIONS: readonly Captions[] = [];

interface Failure {
  title: Key;
  what: Key;
}

const UNDECODABLE: Failure = {
  title: "player.playingStopped",
  what: "player.theVideoCouldNotBe",
};

/** Texts for viewers, by error code. */
const FAILURES: Partial<Record<ErrorCode, Failure>> = {
  ENGINE_UNAVAILABLE: { ...UNDECODABLE, title: "player.thisBrowserCannotPlayHls" },
  NETWORK: { ...UNDECODABLE, what: "errors.NETWORK.what" },
  JOB_NOT_FOUND: { title: "errors.JOB_NOT_FOUND.title", what: "errors.JOB_NOT_FOUND.what" },
  SCRIPT_NOT_LOADED: {
    title: "player.thePlayerCouldNotBe",
    what: "player.youMayBeOfflineOr",
  },
};

export interface PlayerProps {
  /** Null while there is nothing to play. */
  masterUrl: string | null;
  /** A private video needs it; null where this browser does not have it. */
  ownerToken?: string | null;
  title: string;
  /** Width divided by height as shown; null where not yet known. */
  aspect: number | null;
  placeholder: string;
  /** Length of the whole video, also while a part is not made yet; null: the length of the available video. */
  totalSeconds?: number | null;
  frameRate?: number | null;
  /** Shown until the video plays; null: a still of the video is shown. */
  poster?: Poster | null;
  /** Whether the video is still being made, and grows. */
  isMaking?: boolean;
  /** Whether nobody is connected who could make the rest. */
  isMakerAway?: boolean;
  chapters?: readonly Chapter[];
  /** Caption tracks; they may come and go while the video plays. */
  captions?: readonly Captions[];
  /** Called with the video element, and with null when it is removed. */
  onVideo?: (video: HTMLVideoElement | null) => void;
  /** Whether the player fills the frame of another page. */
  bare?: boolean;
}

/**
 * A video with controls of our own. Browsers' controls do not show quality levels, audio tracks and the part that is
 * not made yet. media-chrome builds its elements from HTML text with style sheets, which the pages' Content Security
 * Policy and Trusted Types refuse. No video plays by itself, because decoding would take cores from encoding.
 */
export function Player({
  masterUrl,
  ownerToken = null,
  title,
  aspect,
  placeholder,
  totalSeconds = null,
  frameRate = null,
  poster = null,
  isMaking = false,
  isMakerAway = false,
  chapters = NO_CHAPTERS,
  captions = NO_CAPTIONS,
  onVideo,
  bare = false,
}: PlayerProps) {
  const video = useRef<HTMLVideoElement>(null);
  const frame = useRef<HTMLElement>(null);
  const playback = useSignal<Playback | null>(null);
  const media = useSignal<ReadonlySignal<MediaState> | null>(null);
  const attempt = useSignal(0);
  const said = useSignal("");
  const isIdle = useSignal(false);

  useEffect(() => {
    const element = video.current;
    const around = frame.current;
    if (masterUrl === null || element === null || around === null) return;
    const ends = new AbortController();
    remembered(element, ends.signal);
    media.value = watchMedia(element, around, ends.signal);
    playback.value = openPlayback(element, masterUrl, {
      ownerToken,
      hasPoster: poster !== null,
      abort: ends.signal,
    });
    return () => {
      ends.abort();
      playback.value = null;
      media.value = null;
    };
  }, [masterUrl, ownerToken, attempt.value]);

  useEffect(() => {
    onVideo?.(video.current);
    return () => onVideo?.(null);
  }, [onVideo]);

  const say = (words: string | null) => {
    if (words !== null) said.value = words;
  };
  useEffect(() => {
    if (said.value === "") return;
    const timer = setTimeout(() => {
      said.value = "";
    }, SAID_FOR_MS);
    return () => clearTimeout(timer);
  }, [said.value]);

  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      const element = video.current;
      const around = frame.current;
      // Keys pressed in other parts of the page are not the player's.
      const isOurs = target === document.body || around?.contains(target) === true;
      if (element === null || around === null || media.value === null || !isOurs) return;
      if (target.closest("select, input:not([type=range]), textarea") !== null) return;
      const isUsed =
        target.closest(".volume") !== null ||
        (event.key === " " && target.closest("button") !== null);
      const action = keyAction(event, isUsed, readPreferences().keys);
      if (action === null) return;
      event.preventDefault();
      say(act({ video: element, frame: around, frameRate, isMaking }, action));
      wake();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  });

  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const wake = () => {
    isIdle.value = false;
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      const hasFocus =
        frame.current?.querySelector(".controls :focus-visible, .player-settings") ?? null;
      isIdle.value = hasFocus === null;
    }, IDLE_AFTER_MS);
  };
  useEffect(() => () => clearTimeout(timer.current), []);

  const posterUrl = usePosterUrl(masterUrl, poster, ownerToken);
  const failure = playback.value?.failure.value ?? null;
  const state = media.value?.value ?? null;
  const ratio = aspect ?? 16 / 9;
  const labels = uniqueNames(
    captions.map(({ name, language }) => trackName(name, language, t("player.subtitles"))),
  );
  const defaultCaptions = captions.find(({ isDefault }) => isDefault);
  const isHidden = isIdle.value && state !== null && !state.isPaused;
  const shown =
    state === null ? null : { media: state, total: Math.max(totalSeconds ?? 0, state.madeEnd) };
  const isAtEdge =
    shown !== null &&
    isMaking &&
    shown.media.at >= shown.media.madeEnd - 1 &&
    shown.media.madeEnd < shown.total - 1;
  return (
    <div class={bare ? "player is-bare" : "player"}>
      <section
        class={isHidden ? "player-screen is-idle" : "player-screen"}
        ref={frame}
        aria-label={t("player.videoPlayer", { title })}
        style={bare ? {} : { aspectRatio: String(ratio), "--aspect": String(ratio) }}
        onPointerMove={wake}
        onPointerDown={wake}
        onFocusCapture={wake}
      >
        {/* biome-ignore lint/a11y/useMediaCaption: the tracks are components of ours */}
        <video
          ref={video}
          playsInline
          crossOrigin="anonymous"
          poster={posterUrl ?? undefined}
          aria-label={title}
          hidden={masterUrl === null}
          onClick={(event) => {
            // A touch only shows the controls; a click plays and pauses.
            if ((event as unknown as PointerEvent).pointerType === "touch") return;
            if (video.current !== null && frame.current !== null) {
              act(
                { video: video.current, frame: frame.current, frameRate, isMaking },
                { do: "play" },
              );
            }
          }}
          onDblClick={() => {
            if (video.current !== null && frame.current !== null) {
              act(
                { video: video.current, frame: frame.current, frameRate, isMaking },
                { do: "fullscreen" },
              );
            }
          }}
        >
          {masterUrl !== null &&
            playback.value?.isNative.value === false &&
            captions.map((track, index) => (
              <CaptionTrack
                key={track.id}
                track={track}
                label={labels[index] ?? track.name}
                masterUrl={masterUrl}
                ownerToken={ownerToken}
                isDefault={track === defaultCaptions}
              />
            ))}
        </video>
        {masterUrl !== null &&
          poster === null &&
          !SEEKS_WHILE_PAUSED &&
          state?.isBegun !== true && <PosterFrame masterUrl={masterUrl} ownerToken={ownerToken} />}
        {masterUrl === null && <p class="player-placeholder">{placeholder}</p>}
        {state !== null && failure === null && (
          <>
            {!state.isBegun && (
              <button
                type="button"
                class="player-begin"
                aria-label={t("player.playTheVideo")}
                onClick={() => {
                  void video.current?.play().catch(() => {});
                }}
              >
                <PlayIcon />
              </button>
            )}
            {state.isWaiting && !state.isPaused && (
              <p class="player-waiting" role="status">
                {isAtEdge ? t(isMakerAway ? MAKER_AWAY : NEXT_PART) : t("player.loading")}
              </p>
            )}
          </>
        )}
        <p class="player-said" role="status">
          {said.value}
        </p>
        {shown !== null &&
          playback.value !== null &&
          failure === null &&
          video.current !== null &&
          frame.current !== null && (
            <Controls
              played={{ video: video.current, frame: frame.current, frameRate, isMaking }}
              playback={playback.value}
              media={shown.media}
              totalSeconds={shown.total}
              chapters={chapters}
              say={say}
            />
          )}
        {failure !== null && (
          <div class="player-failure" role="alert">
            <p>
              <b>{t((FAILURES[failure] ?? UNDECODABLE).title)}</b>
            </p>
            <p>{t((FAILURES[failure] ?? UNDECODABLE).what)}</p>
            {errorText(failure).reload ? (
              <ReloadButton />
            ) : (
              <button
                type="button"
                class="button"
                onClick={() => {
                  attempt.value += 1;
                }}
              >
                {t("player.tryAgain")}
              </button>
            )}
          </div>
        )}
      </section>
    </div>
  );
}

const NEXT_PART = "player.theNextPartIsStill";
const MAKER_AWAY = "player.theMakerIsAway";

/** Applies the viewer's choices from other videos to this one. */
function remembered(video: HTMLVideoElement, abort: AbortSignal): void {
  const { speed, volume, muted } = readPreferences();
  video.volume = volume;
  video.muted = muted;
  const setSpeed = () => {
    video.playbackRate = speed;
    video.defaultPlaybackRate = speed;
  };
  setSpeed();
  video.addEventListener("loadedmetadata", setSpeed, { signal: abort });
  const setCaptions = () => {
    const { captions } = readPreferences();
    const tracks = captionTracks(video);
    if (captions === null) {
      // Browsers show the default track, and also another one where the default comes later: only one stays.
      const shown = tracks.filter(({ mode }) => mode === "showing");
      const marked = video.querySelector<HTMLTrackElement>("track[default]")?.track;
      const only = shown.find((track) => track === marked) ?? shown[0];
      if (shown.length > 1 && only !== undefined) showCaptions(video, only.label);
      return;
    }
    const wanted = tracks.find(({ language }) => language === captions);
    if (captions === "off" || wanted !== undefined) showCaptions(video, wanted?.label ?? null);
  };
  // Later, so that the browser has made its own choice before.
  const later = () => setTimeout(setCaptions, 0);
  video.textTracks.addEventListener("addtrack", later, { signal: abort });
}
