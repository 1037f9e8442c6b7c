import "./player.css";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Captions } from "../../shared/wire/captions.ts";
import { ERROR_TEXTS } from "../ui/error-texts.ts";
import { CaptionTrack } from "./caption-track.tsx";
import {
  openPlayback,
  type Playback,
  type PlaybackChoice,
  SEEKS_WHILE_PAUSED,
} from "./hls-playback.ts";
import { PosterFrame } from "./poster-frame.tsx";

/**
 * The video with the browser's own controls (keyboard, captions, picture in picture, full screen),
 * and menus for what those lack. Nothing plays by itself: decoding would take the cores that encode.
 */
export function Player({
  masterUrl,
  ownerToken = null,
  title,
  aspect,
  placeholder,
  captions = [],
  onVideo,
  bare = false,
}: {
  /** Null while there is nothing to play. */
  masterUrl: string | null;
  /** Where this browser has it: a private video needs it. */
  ownerToken?: string | null;
  title: string;
  /** Width over height as shown; null where not yet known. */
  aspect: number | null;
  placeholder: string;
  /** Tracks of captions; they may come and go while it plays. */
  captions?: readonly Captions[];
  /** Called with the element, and with null when it goes. */
  onVideo?: (video: HTMLVideoElement | null) => void;
  /** Fills its frame and lays the menus over the picture. */
  bare?: boolean;
}) {
  const video = useRef<HTMLVideoElement>(null);
  const playback = useSignal<Playback | null>(null);
  const attempt = useSignal(0);
  const played = useSignal(false);

  useEffect(() => {
    const element = video.current;
    if (masterUrl === null || element === null) return;
    const ends = new AbortController();
    playback.value = openPlayback(element, masterUrl, ownerToken, ends.signal);
    return () => {
      ends.abort();
      playback.value = null;
    };
  }, [masterUrl, ownerToken, attempt.value]);

  useEffect(() => {
    onVideo?.(video.current);
    return () => onVideo?.(null);
  }, [onVideo]);

  const failure = playback.value?.failure.value ?? null;
  const ratio = aspect ?? 16 / 9;
  const defaultCaptions = captions.find(({ isDefault }) => isDefault);
  return (
    <div class={bare ? "player is-bare" : "player"}>
      <div
        class="player-screen"
        style={bare ? {} : { aspectRatio: String(ratio), "--aspect": String(ratio) }}
      >
        {/* biome-ignore lint/a11y/useMediaCaption: the tracks are components of ours */}
        <video
          ref={video}
          controls={masterUrl !== null}
          playsInline
          crossOrigin="anonymous"
          aria-label={title}
          hidden={masterUrl === null}
          onPlay={() => {
            played.value = true;
          }}
        >
          {masterUrl !== null &&
            playback.value?.isNative.value === false &&
            captions.map((track) => (
              <CaptionTrack
                key={track.id}
                track={track}
                masterUrl={masterUrl}
                ownerToken={ownerToken}
                isDefault={track === defaultCaptions}
              />
            ))}
        </video>
        {masterUrl !== null && !SEEKS_WHILE_PAUSED && !played.value && (
          <PosterFrame masterUrl={masterUrl} ownerToken={ownerToken} />
        )}
        {masterUrl === null && <p class="player-placeholder">{placeholder}</p>}
        {failure !== null && (
          <div class="player-failure" role="alert">
            <p>
              <b>
                {failure === "ENGINE_UNAVAILABLE"
                  ? "This browser cannot play HLS"
                  : "Playing stopped"}
              </b>
            </p>
            <p>
              {failure === "NETWORK"
                ? ERROR_TEXTS.NETWORK.what
                : "The video could not be decoded by this browser."}
            </p>
            <button
              type="button"
              class="button"
              onClick={() => {
                attempt.value += 1;
              }}
            >
              Try again
            </button>
          </div>
        )}
      </div>
      {playback.value !== null && <PlayerMenus playback={playback.value} />}
    </div>
  );
}

function PlayerMenus({ playback }: { playback: Playback }) {
  const { levels, level, playingLevel, audioTracks, audioTrack } = playback;
  // Only what leaves a choice.
  const withLevels = levels.value.length > 1;
  const withAudio = audioTracks.value.length > 1;
  if (!withLevels && !withAudio) return null;
  const playing = level.value === -1 ? playingLevel.value : null;
  const automatic = playing === null ? "Auto" : `Auto (${playing})`;
  return (
    <div class="player-menus">
      {withLevels && (
        <Menu
          label="Quality"
          value={level.value}
          choices={[{ id: -1, label: automatic }, ...levels.value]}
          onChoose={(id) => playback.setLevel(id)}
        />
      )}
      {withAudio && (
        <Menu
          label="Sound"
          value={audioTrack.value}
          choices={audioTracks.value}
          onChoose={(id) => playback.setAudioTrack(id)}
        />
      )}
    </div>
  );
}

function Menu({
  label,
  value,
  choices,
  onChoose,
}: {
  label: string;
  value: number;
  choices: readonly PlaybackChoice[];
  onChoose(id: number): void;
}) {
  return (
    <label class="menu">
      <span>{label}</span>
      <select value={value} onChange={(event) => onChoose(Number(event.currentTarget.value))}>
        {choices.map(({ id, label: text }) => (
          <option key={id} value={id}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
