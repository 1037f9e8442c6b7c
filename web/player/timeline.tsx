import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Chapter } from "../../shared/wire/details.ts";
import { formatClock } from "../ui/format.ts";
import { t } from "../words/words.ts";
import type { Playback, Preview } from "./hls-playback.ts";
import type { MediaState } from "./media-state.ts";

/** Timeline of the whole video: the parts that are played, loaded and (hatched) not made yet. */
export function Timeline({
  media,
  totalSeconds,
  chapters,
  playback,
  onSeek,
}: {
  media: MediaState;
  totalSeconds: number;
  chapters: readonly Chapter[];
  playback: Playback;
  onSeek(seconds: number): void;
}) {
  const pointed = useSignal<number | null>(null);
  const share = (seconds: number): string => {
    return `${totalSeconds > 0 ? Math.min(100, (100 * seconds) / totalSeconds) : 0}%`;
  };
  const isGrowing = media.madeEnd < totalSeconds - 0.5;
  const chapter = chapterAt(chapters, media.at);
  const point = (event: PointerEvent) => {
    // Not for a finger, which hides the tip, and which only touches the timeline to seek.
    if (event.pointerType === "touch") return;
    const { left, width } = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const within = Math.min(1, Math.max(0, (event.clientX - left) / Math.max(1, width)));
    pointed.value = within * totalSeconds;
  };
  const clock = t("player.of", {
    at: formatClock(media.at),
    math: formatClock(Math.round(totalSeconds)),
  });
  return (
    <div
      class="timeline"
      onPointerMove={point}
      onPointerLeave={() => {
        pointed.value = null;
      }}
    >
      <div class="timeline-track" aria-hidden="true">
        <span class="timeline-buffered" style={{ width: share(media.bufferedEnd) }} />
        <span class="timeline-played" style={{ width: share(media.at) }} />
        {isGrowing && <span class="timeline-unmade" style={{ left: share(media.madeEnd) }} />}
        {chapters
          .filter(({ startSeconds }) => startSeconds > 0 && startSeconds < totalSeconds)
          .map(({ startSeconds }) => (
            <span
              key={startSeconds}
              class="timeline-chapter"
              style={{ left: share(startSeconds) }}
            />
          ))}
      </div>
      <input
        type="range"
        class="timeline-input"
        aria-label={t("player.positionInTheVideo")}
        aria-valuetext={[
          clock,
          chapter?.title,
          isGrowing ? t("player.madeUpTo", { madeEnd: formatClock(media.madeEnd) }) : undefined,
        ]
          .filter((part) => part !== undefined)
          .join(t("ui.comma"))}
        min={0}
        max={totalSeconds}
        step="any"
        value={media.at}
        onInput={(event) => onSeek(event.currentTarget.valueAsNumber)}
      />
      {pointed.value !== null && pointed.value <= media.madeEnd && (
        <PreviewPicture
          playback={playback}
          seconds={pointed.value}
          // Stays inside the player, also at both ends.
          left={`clamp(5.25rem, ${share(pointed.value)}, calc(100% - 5.25rem))`}
        />
      )}
      {pointed.value !== null && (
        <span class="timeline-tip" style={{ left: share(pointed.value) }} aria-hidden="true">
          {[
            chapterAt(chapters, pointed.value)?.title,
            pointed.value > media.madeEnd && isGrowing
              ? t("player.notMadeYet")
              : formatClock(pointed.value),
          ]
            .filter((part) => part !== undefined)
            .join(" · ")}
        </span>
      )}
    </div>
  );
}

/** Preview of the picture at a time; empty until the first picture has loaded. */
function PreviewPicture({
  playback,
  seconds,
  left,
}: {
  playback: Playback;
  seconds: number;
  left: string;
}) {
  const element = useRef<HTMLVideoElement>(null);
  const preview = useSignal<Preview | null>(null);
  const isThere = useSignal(false);
  useEffect(() => {
    const opened = element.current === null ? null : playback.openPreview(element.current);
    preview.value = opened;
    return () => opened?.end();
  }, [playback, preview]);
  const shownSeconds = Math.round(seconds * 10) / 10;
  useEffect(() => {
    preview.value?.show(shownSeconds);
  }, [preview.value, shownSeconds]);
  return (
    <video
      class={isThere.value ? "timeline-preview" : "timeline-preview is-empty"}
      ref={element}
      muted
      playsInline
      aria-hidden="true"
      tabIndex={-1}
      style={{ left }}
      onSeeked={() => {
        isThere.value = true;
      }}
      onLoadedData={() => {
        isThere.value = true;
      }}
    />
  );
}

/** The chapter at a time; undefined before the first chapter. */
export function chapterAt(chapters: readonly Chapter[], seconds: number): Chapter | undefined {
  return chapters.findLast(({ startSeconds }) => startSeconds <= seconds);
}
