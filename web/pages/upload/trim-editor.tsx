import { type Signal, useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import type { SourceFacts } from "../../../shared/job/job.ts";
import { TICKS_PER_SECOND } from "../../../shared/job/ticks.ts";
import type { TrimRange } from "../../../shared/job/trim-range.ts";
import { nearestCut, nextCut } from "../../../shared/plan/trim.ts";
import type { FrameTimes } from "../../owner/owner-api.ts";
import { formatLength, formatMoment } from "../../ui/format.ts";
import { t } from "../../words/words.ts";

/** Planning anew ends what was begun of the old plan: changes may settle first. */
const SETTLE_MS = 400;
/** Behind a frame's own time, for browsers that show the one before at the time itself. */
const INTO_FRAME_SECONDS = 0.001;

type Edge = "start" | "end";

interface Part {
  startTicks: number;
  endTicks: number;
}

/** Two handles over the length of the video: the part that is shared, cut at its frames. */
export function TrimEditor({
  source,
  part,
  preview,
  disabled,
  readFrames,
  onTrim,
}: {
  source: SourceFacts;
  /** What was chosen here: null for all of it, undefined for nothing yet. */
  part: Signal<TrimRange | null | undefined>;
  /** Shows where a handle is. */
  preview: RefObject<HTMLVideoElement | null>;
  disabled: boolean;
  readFrames(): Promise<FrameTimes | null>;
  /** @param range null: all of it */
  onTrim(range: TrimRange | null): void;
}) {
  const frames = useSignal<FrameTimes | null>(null);
  const lastMoved = useSignal<Edge>("end");
  const settling = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const textId = useId();
  const whole = {
    startTicks: 0,
    endTicks: source.trim?.sourceDurationTicks ?? source.durationTicks,
  };
  const planned = source.trim ?? whole;
  const now = part.value === undefined ? planned : partOf(part.value, whole);
  useEffect(() => {
    void readFrames().then((read) => {
      frames.value = read;
    });
    return () => clearTimeout(settling.current);
  }, []);
  useEffect(() => keepWithin(preview.current, frames.value, now));

  const choose = (chosen: Part) => {
    const isWhole = chosen.startTicks <= 0 && chosen.endTicks >= whole.endTicks;
    part.value = isWhole ? null : chosen;
    clearTimeout(settling.current);
    settling.current = setTimeout(() => onTrim(isWhole ? null : chosen), SETTLE_MS);
  };
  const move = (edge: Edge, to: (frameTicks: Float64Array, atTicks: number) => number) => {
    if (frames.value === null) return;
    const { frameTicks, zeroSeconds } = frames.value;
    const cut = to(frameTicks, edge === "start" ? now.startTicks : now.endTicks);
    // At least one frame is left between the two.
    const chosen =
      edge === "start"
        ? { ...now, startTicks: Math.max(0, Math.min(cut, nextCut(frameTicks, now.endTicks, -1))) }
        : {
            ...now,
            endTicks: Math.min(
              whole.endTicks,
              Math.max(cut, nextCut(frameTicks, now.startTicks, 1)),
            ),
          };
    lastMoved.value = edge;
    const shown = edge === "start" ? chosen.startTicks : nextCut(frameTicks, chosen.endTicks, -1);
    if (preview.current !== null) {
      preview.current.pause();
      preview.current.currentTime = zeroSeconds + shown / TICKS_PER_SECOND + INTO_FRAME_SECONDS;
    }
    choose(chosen);
  };
  const handle = (edge: Edge) => (
    <Handle
      edge={edge}
      atTicks={edge === "start" ? now.startTicks : now.endTicks}
      lastTicks={whole.endTicks}
      isAbove={lastMoved.value === edge}
      disabled={disabled || frames.value === null}
      textId={textId}
      onMove={(to) => move(edge, to)}
    />
  );
  const share = (ticks: number) => String(ticks / Math.max(1, whole.endTicks));
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out as a grid everywhere
    <div class="trim" role="group" aria-label={t("upload.trim.group")}>
      <div
        class="trim-track"
        dir="ltr"
        style={{ "--from": share(now.startTicks), "--to": share(now.endTicks) }}
      >
        <div class="trim-kept" />
        {handle("start")}
        {handle("end")}
      </div>
      <p class="trim-text">
        <span id={textId}>{rangeText(now)}</span>
        {part.value !== null && (part.value !== undefined || source.trim !== undefined) && (
          <button
            type="button"
            class="button button-quiet"
            disabled={disabled}
            onClick={() => choose(whole)}
          >
            {t("upload.trim.whole")}
          </button>
        )}
      </p>
      <p class="hint">{t("upload.trim.hint")}</p>
    </div>
  );
}

function Handle({
  edge,
  atTicks,
  lastTicks,
  isAbove,
  disabled,
  textId,
  onMove,
}: {
  edge: Edge;
  atTicks: number;
  lastTicks: number;
  isAbove: boolean;
  disabled: boolean;
  textId: string;
  onMove(to: (frameTicks: Float64Array, atTicks: number) => number): void;
}) {
  return (
    <input
      type="range"
      class={isAbove ? "trim-handle is-above" : "trim-handle"}
      min={0}
      max={lastTicks}
      step={1}
      value={atTicks}
      disabled={disabled}
      aria-label={t(edge === "start" ? "upload.trim.start" : "upload.trim.end")}
      aria-describedby={textId}
      aria-valuetext={formatMoment(atTicks / TICKS_PER_SECOND, 3)}
      onInput={({ currentTarget }) => {
        const to = Number(currentTarget.value);
        onMove((frameTicks) => nearestCut(frameTicks, to));
        // What was asked for lies between two frames.
        currentTarget.value = String(atTicks);
      }}
      onKeyDown={(event) => {
        const to = KEYS[event.key]?.(event.shiftKey);
        if (to === undefined) return;
        event.preventDefault();
        onMove(to);
      }}
    />
  );
}

type Move = (frameTicks: Float64Array, atTicks: number) => number;

const step =
  (direction: 1 | -1, isSecond: boolean): Move =>
  (frameTicks, at) =>
    isSecond
      ? nearestCut(frameTicks, Math.max(0, at + direction * TICKS_PER_SECOND))
      : nextCut(frameTicks, at, direction);
const forth = (isSecond: boolean) => step(1, isSecond);
const back = (isSecond: boolean) => step(-1, isSecond);

/** As those of a slider (WAI-ARIA Authoring Practices), but that a page is a second. */
const KEYS: Readonly<Record<string, (isShift: boolean) => Move>> = {
  ArrowRight: forth,
  ArrowUp: forth,
  ArrowLeft: back,
  ArrowDown: back,
  PageUp: () => step(1, true),
  PageDown: () => step(-1, true),
  Home: () => () => 0,
  End: () => (frameTicks) => frameTicks[frameTicks.length - 1] ?? 0,
};

function partOf(range: TrimRange | null, whole: Part): Part {
  if (range === null) return whole;
  return { startTicks: range.startTicks, endTicks: range.endTicks ?? whole.endTicks };
}

function rangeText({ startTicks, endTicks }: Part): string {
  const [from, to] = [startTicks, endTicks].map((at) => formatMoment(at / TICKS_PER_SECOND, 1));
  const length = formatLength(endTicks - startTicks);
  return t("upload.trim.from", { from: from ?? "", to: to ?? "", length });
}

/** The preview plays the part: from its start, and no further than its end. */
function keepWithin(video: HTMLVideoElement | null, frames: FrameTimes | null, part: Part) {
  if (video === null || frames === null) return;
  const from = frames.zeroSeconds + part.startTicks / TICKS_PER_SECOND;
  const to = frames.zeroSeconds + part.endTicks / TICKS_PER_SECOND;
  const begin = () => {
    if (video.currentTime < from || video.currentTime >= to - NEAR_END_SECONDS)
      video.currentTime = from + INTO_FRAME_SECONDS;
  };
  const watch = () => {
    if (!video.paused && video.currentTime >= to) video.pause();
  };
  video.addEventListener("play", begin);
  video.addEventListener("timeupdate", watch);
  return () => {
    video.removeEventListener("play", begin);
    video.removeEventListener("timeupdate", watch);
  };
}

/** So near to its end there is nothing to play. */
const NEAR_END_SECONDS = 0.1;
