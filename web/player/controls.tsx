import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import type { Chapter } from "../../shared/wire/details.ts";
import { formatClock, formatNumber, trackName } from "../ui/format.ts";
import { t } from "../words/words.ts";
import {
  act,
  chooseCaptions,
  type Played,
  seekTo,
  setSpeed,
  setVolume,
  togglePicture,
} from "./actions.ts";
import type { Playback, PlaybackChoice } from "./hls-playback.ts";
import { type KeyAction, SPEEDS } from "./keyboard.ts";
import type { MediaState } from "./media-state.ts";
import {
  AgainIcon,
  CaptionsIcon,
  FullIcon,
  LeaveFullIcon,
  MutedIcon,
  PauseIcon,
  PictureIcon,
  PlayIcon,
  ScreenIcon,
  SettingsIcon,
  SoundIcon,
} from "./player-icons.tsx";
import { keepPreferences, readPreferences } from "./preferences.ts";
import { chapterAt, Timeline } from "./timeline.tsx";

/** The controls of the player: timeline, buttons and menus. */
export function Controls({
  played,
  playback,
  media,
  totalSeconds,
  chapters,
  say,
}: {
  played: Played;
  playback: Playback;
  media: MediaState;
  totalSeconds: number;
  chapters: readonly Chapter[];
  /** Shows a few words, which screen readers also announce. */
  say(words: string | null): void;
}) {
  const { video } = played;
  const isOpen = useSignal(false);
  const hasKeys = useSignal(readPreferences().keys);
  const settings = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const id = useId();
  const keys = (key: string) => (hasKeys.value ? key : undefined);
  const press = (action: KeyAction) => () => say(act(played, action));
  const close = (returnFocus: boolean) => {
    isOpen.value = false;
    if (returnFocus) opener.current?.focus();
  };
  useEffect(() => {
    if (isOpen.value) settings.current?.querySelector("select")?.focus();
  }, [isOpen.value]);
  const playLabel = media.hasEnded
    ? t("player.playAgain")
    : media.isPaused
      ? t("player.play")
      : t("player.pause");
  const shown = media.captions.find(({ isShown }) => isShown);
  const chapter = chapterAt(chapters, media.at);
  return (
    <div class="controls">
      {isOpen.value && (
        <div
          class="player-settings"
          id={id}
          ref={settings}
          role="dialog"
          aria-label={t("player.settingsOfThePlayer")}
          onKeyDown={(event) => {
            if (event.key !== "Escape") return;
            event.stopPropagation();
            close(true);
          }}
        >
          <Settings video={video} playback={playback} media={media} />
          <Menu
            label={t("player.keys")}
            value={hasKeys.value ? "on" : "off"}
            choices={[
              { value: "on", label: t("player.on") },
              { value: "off", label: t("player.off") },
            ]}
            onChoose={(value) => {
              hasKeys.value = value === "on";
              keepPreferences({ keys: hasKeys.value });
            }}
          />
        </div>
      )}
      <Timeline
        media={media}
        totalSeconds={totalSeconds}
        chapters={chapters}
        playback={playback}
        onSeek={(seconds) => seekTo(played, seconds)}
      />
      <div class="controls-row">
        <Button label={playLabel} keys={keys("k")} onPress={press({ do: "play" })}>
          {media.hasEnded ? <AgainIcon /> : media.isPaused ? <PlayIcon /> : <PauseIcon />}
        </Button>
        <Button
          label={media.isMuted ? t("player.soundOn") : t("player.mute")}
          keys={keys("m")}
          onPress={press({ do: "mute" })}
        >
          {media.isMuted || media.volume === 0 ? <MutedIcon /> : <SoundIcon />}
        </Button>
        <input
          type="range"
          class="volume"
          aria-label={t("player.volume2")}
          min={0}
          max={1}
          step={0.05}
          value={media.isMuted ? 0 : media.volume}
          aria-valuetext={t("ui.percent", {
            value: formatNumber(100 * (media.isMuted ? 0 : media.volume)),
          })}
          onInput={(event) => setVolume(video, event.currentTarget.valueAsNumber)}
        />
        <span class="controls-time">
          {formatClock(media.at)} / {formatClock(Math.round(totalSeconds))}
          {chapter !== undefined && <span class="controls-chapter"> · {chapter.title}</span>}
        </span>
        {media.captions.length > 0 && (
          <Button
            label={t("player.subtitles")}
            keys={keys("c")}
            isPressed={shown !== undefined}
            onPress={press({ do: "captions" })}
          >
            <CaptionsIcon />
          </Button>
        )}
        <button
          type="button"
          class="control"
          ref={opener}
          aria-label={t("player.settings")}
          title={t("player.settings")}
          aria-expanded={isOpen.value}
          aria-controls={isOpen.value ? id : undefined}
          onClick={() => {
            isOpen.value = !isOpen.value;
          }}
        >
          <SettingsIcon />
        </button>
        {document.pictureInPictureEnabled && (
          <Button
            label={t("player.pictureInPicture")}
            isPressed={media.isInPicture}
            onPress={() => togglePicture(video)}
          >
            <PictureIcon />
          </Button>
        )}
        {playback.hasOtherScreen.value && (
          <Button
            label={t("player.otherScreen")}
            isPressed={media.isElsewhere}
            onPress={() => void playback.playElsewhere()}
          >
            <ScreenIcon />
          </Button>
        )}
        <Button
          label={media.isFull ? t("player.leaveFullScreen") : t("player.fullScreen")}
          keys={keys("f")}
          onPress={press({ do: "fullscreen" })}
        >
          {media.isFull ? <LeaveFullIcon /> : <FullIcon />}
        </Button>
      </div>
    </div>
  );
}

function Button({
  label,
  keys,
  isPressed,
  onPress,
  children,
}: {
  label: string;
  /** Key with the same effect; undefined: there is none. */
  keys?: string | undefined;
  isPressed?: boolean;
  onPress(): void;
  children: ComponentChildren;
}) {
  return (
    <button
      type="button"
      class="control"
      aria-label={label}
      title={keys === undefined ? label : `${label} (${keys})`}
      aria-keyshortcuts={keys}
      aria-pressed={isPressed}
      onClick={onPress}
    >
      {children}
    </button>
  );
}

const OFF = "";

function Settings({
  video,
  playback,
  media,
}: {
  video: HTMLVideoElement;
  playback: Playback;
  media: MediaState;
}) {
  const { levels, level, playingLevel, audioTracks, audioTrack } = playback;
  const playing = level.value === -1 ? playingLevel.value : null;
  const automatic = playing === null ? t("player.auto") : t("player.auto2", { playing });
  const shown = media.captions.find(({ isShown }) => isShown)?.label ?? OFF;
  return (
    <>
      {levels.value.length > 1 && (
        <Menu
          label={t("player.quality")}
          value={String(level.value)}
          choices={[{ id: -1, label: automatic }, ...levels.value].map(asOption)}
          onChoose={(id) => playback.setLevel(Number(id))}
        />
      )}
      {audioTracks.value.length > 1 && (
        <Menu
          label={t("player.sound")}
          value={String(audioTrack.value)}
          choices={audioTracks.value.map(({ id, label, language }) => {
            return { value: String(id), label: trackName(label, language, t("player.sound")) };
          })}
          onChoose={(id) => playback.setAudioTrack(Number(id))}
        />
      )}
      {media.captions.length > 0 && (
        <Menu
          label={t("player.subtitles")}
          value={shown}
          choices={[
            { value: OFF, label: t("player.off") },
            ...media.captions.map(({ label }) => ({ value: label, label })),
          ]}
          onChoose={(label) => chooseCaptions(video, label === OFF ? null : label)}
        />
      )}
      <Menu
        label={t("player.speed2")}
        value={String(media.speed)}
        choices={SPEEDS.map((speed) => ({
          value: String(speed),
          label: speed === 1 ? t("player.normal") : `${formatNumber(speed, 2)}×`,
        }))}
        onChoose={(speed) => setSpeed(video, Number(speed))}
      />
    </>
  );
}

function asOption({ id, label }: PlaybackChoice): { value: string; label: string } {
  return { value: String(id), label };
}

function Menu({
  label,
  value,
  choices,
  onChoose,
}: {
  label: string;
  value: string;
  choices: readonly { value: string; label: string }[];
  onChoose(value: string): void;
}) {
  return (
    <label class="menu">
      <span>{label}</span>
      <select value={value} onChange={(event) => onChoose(event.currentTarget.value)}>
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.label}
          </option>
        ))}
      </select>
    </label>
  );
}
