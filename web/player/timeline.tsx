import { useSignal } from "@preact/signals";
import type { Chapter } from "../../shared/wire/details.ts";
import { formatClock } from "../ui/format.ts";
import type { MediaState } from "./media-state.ts";

/** The whole of the video: what was played, what is loaded, and hatched what is not made yet. */
export function Timeline({
  media,
  totalSeconds,
  chapters,
  onSeek,
}: {
  media: MediaState;
  totalSeconds: number;
  chapters: readonly Chapter[];
  onSeek(seconds: number): void;
}) {
  const pointed = useSignal<number | null>(null);
  const share = (seconds: number): string => {
    return `${totalSeconds > 0 ? Math.min(100, (100 * seconds) / totalSeconds) : 0}%`;
  };
  const isGrowing = media.madeEnd < totalSeconds - 0.5;
  const chapter = chapterAt(chapters, media.at);
  const point = (event: PointerEvent) => {
    const { left, width } = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const within = Math.min(1, Math.max(0, (event.clientX - left) / Math.max(1, width)));
    pointed.value = within * totalSeconds;
  };
  const clock = `${formatClock(media.at)} of ${formatClock(totalSeconds)}`;
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
        aria-label="Position in the video"
        aria-valuetext={[
          clock,
          chapter?.title,
          isGrowing ? `made up to ${formatClock(media.madeEnd)}` : undefined,
        ]
          .filter((part) => part !== undefined)
          .join(", ")}
        min={0}
        max={totalSeconds}
        step="any"
        value={media.at}
        onInput={(event) => onSeek(event.currentTarget.valueAsNumber)}
      />
      {pointed.value !== null && (
        <span class="timeline-tip" style={{ left: share(pointed.value) }} aria-hidden="true">
          {[
            chapterAt(chapters, pointed.value)?.title,
            pointed.value > media.madeEnd && isGrowing
              ? "not made yet"
              : formatClock(pointed.value),
          ]
            .filter((part) => part !== undefined)
            .join(" · ")}
        </span>
      )}
    </div>
  );
}

/** The chapter of a time; undefined before the first one. */
export function chapterAt(chapters: readonly Chapter[], seconds: number): Chapter | undefined {
  return chapters.findLast(({ startSeconds }) => startSeconds <= seconds);
}
