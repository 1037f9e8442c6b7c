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

/** Pause after a change before the file is planned anew, because a new plan ends the tasks begun for the old one. */
const SETTLE_MS = 400;
/** Added to a frame's time when seeking, for browsers that show the previous frame at exactly that time. */
const INTO_FRAME_SECONDS = 0.001;

type Edge = "start" | "end";

interface Part {
  startTicks: number;
  endTicks: number;
}

/** Editor with two handles over the length of the video, for the part that is shared. The part is cut at frames. */
export function TrimEditor({
  source,
  part,
  preview,
  disabled,
  readFrames,
  onTrim,
}: {
  source: SourceFacts;
  /** The chosen part; null: the whole file. Undefined: nothing was chosen yet. */
  part: Signal<TrimRange | null | undefined>;
  /** Shows the frame at the moved handle. */
  preview: RefObject<HTMLVideoElement | null>;
  disabled: boolean;
  readFrames(): Promise<FrameTimes | null>;
  /** @param range null: the whole file */
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
    // At least one frame remains between the handles.
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
        // The handle goes to the nearest frame, since the chosen time may lie between two.
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

/** Keys of a slider (WAI-ARIA Authoring Practices), except that a page is a second. */
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

/** Keeps the preview within the part: it plays from its start, and stops at its end. */
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

/** Within this distance of the end, playing starts again at the part's start. */
const NEAR_END_SECONDS = 0.1;
