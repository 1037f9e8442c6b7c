import { signal, useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { TICKS_PER_SECOND } from "../../../shared/job/ticks.ts";
import type { JobView } from "../../../shared/wire/job-view.ts";
import { formatClock, formatNumber, formatPercent } from "../../ui/format.ts";
import {
  type CellState,
  countCells,
  type SegmentCell,
  type SoundRun,
  segmentCells,
  soundRuns,
} from "../../ui/job-progress.ts";
import { t } from "../../words/words.ts";
import { paintCell, paintCells, readCellColours } from "./cell-painter.ts";
import { cellAt, cellBox, layOutGrid } from "./grid-layout.ts";

/** Number of changes between dark and light so far; each change repaints the canvases. */
const schemeChanges = signal(0);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  schemeChanges.value += 1;
});

/** From this number of audio runs, gaps between them would take more room than the runs. */
const MANY_RUNS = 60;

/** Order of the states in the legend. */
const LEGEND: readonly CellState[] = [
  "done",
  "checking",
  "working",
  "queued",
  "waiting",
  "retrying",
  "failed",
];

/**
 * Grid of all segments of the job with their progress; on a canvas, since there may be thousands. The legend gives the
 * counts as text. Hover or the arrow keys show details of one segment.
 */
export function SegmentGrid({ job }: { job: JobView }) {
  const cells = segmentCells(job);
  const sound = soundRuns(job);
  const counts = countCells(cells);
  return (
    <section class="card" aria-labelledby="grid-title">
      <div class="card-head">
        <h2 id="grid-title" class="card-title">
          {t("upload.yourVideoPartByPart")}
        </h2>
        <p class="grid-count">{t("upload.ofDone", { done: counts.done, count: cells.length })}</p>
      </div>
      <CellCanvas job={job} cells={cells} />
      {sound.length > 0 && <SoundStrip runs={sound} segmentCount={job.segmentCount} />}
      <ul class="legend" aria-label={t("upload.segmentsByState")}>
        {LEGEND.filter((state) => counts[state] > 0).map((state) => (
          <li key={state}>
            <Swatch state={state} />
            {t(`ui.cell.${state}`)} <b>{formatNumber(counts[state])}</b>
          </li>
        ))}
      </ul>
    </section>
  );
}

function CellCanvas({ job, cells }: { job: JobView; cells: readonly SegmentCell[] }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const width = useSignal(0);
  const pointed = useSignal<number | null>(null);
  const layout = layOutGrid(cells.length, width.value);

  useEffect(() => {
    const element = canvas.current?.parentElement;
    if (element === null || element === undefined) return;
    const observer = new ResizeObserver(([entry]) => {
      width.value = Math.floor(entry?.contentRect.width ?? 0);
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  useLayoutEffect(() => {
    const element = canvas.current;
    const context = element?.getContext("2d");
    if (!element || !context || width.value === 0) return;
    const scale = devicePixelRatio;
    element.width = Math.round(width.value * scale);
    element.height = Math.round(layout.height * scale);
    context.setTransform(scale, 0, 0, scale, 0, 0);
    paintCells(context, layout, cells, readCellColours(element));
  }, [cells, width.value, schemeChanges.value]);

  const move = (by: number) => {
    const from = pointed.value ?? (by > 0 ? -1 : cells.length);
    pointed.value = Math.min(cells.length - 1, Math.max(0, from + by));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Record<string, number> = {
      ArrowRight: 1,
      ArrowLeft: -1,
      ArrowDown: layout.columns,
      ArrowUp: -layout.columns,
      Home: -cells.length,
      End: cells.length,
    };
    const step = steps[event.key];
    if (step !== undefined) {
      event.preventDefault();
      move(step);
    } else if (event.key === "Escape") pointed.value = null;
  };
  const onPointerMove = (event: PointerEvent) => {
    pointed.value = cellAt(layout, cells.length, event.offsetX, event.offsetY);
  };

  const index = pointed.value;
  const cell = index === null ? undefined : cells[index];
  const text = index === null || cell === undefined ? null : cellText(job, index, cell);
  return (
    <div class="grid-area">
      {/* A slider, because screen readers and arrow keys handle it as "one of many, in order". */}
      <div
        class="grid-focus"
        role="slider"
        tabIndex={0}
        aria-label={t("upload.lookAtOneSegment")}
        aria-valuemin={1}
        aria-valuemax={cells.length}
        aria-valuenow={(index ?? 0) + 1}
        aria-valuetext={text ?? t("upload.segments", { count: cells.length })}
        onKeyDown={onKeyDown}
        onBlur={() => {
          pointed.value = null;
        }}
      >
        <canvas
          ref={canvas}
          style={{ height: `${layout.height}px` }}
          onPointerMove={onPointerMove}
          onPointerDown={onPointerMove}
          onPointerLeave={() => {
            pointed.value = null;
          }}
        />
      </div>
      {index !== null && text !== null && (
        <Tooltip
          x={cellBox(layout, index).x + layout.cellWidth / 2}
          y={cellBox(layout, index).y}
          width={width.value}
          text={text}
        />
      )}
    </div>
  );
}

function Tooltip({ x, y, width, text }: { x: number; y: number; width: number; text: string }) {
  // Kept inside the card at both ends.
  const left = Math.min(Math.max(x, 110), Math.max(110, width - 110));
  return (
    <div class="tooltip" aria-hidden="true" style={{ left: `${left}px`, top: `${y}px` }}>
      {text}
    </div>
  );
}

function cellText(job: JobView, index: number, { state, progress }: SegmentCell): string {
  // Segments end at frames near a regular grid, so the time is approximate, and the text says "about".
  const seconds = ((job.durationTicks / TICKS_PER_SECOND) * index) / Math.max(1, job.segmentCount);
  const share = state === "working" ? ` ${formatPercent(progress)}` : "";
  return t("upload.segmentAbout", {
    index: index + 1,
    seconds: formatClock(seconds),
    state: t(`ui.cellInside.${state}`),
    share,
  });
}

/** Strip of the audio, which is cut into runs of its own. */
function SoundStrip({ runs, segmentCount }: { runs: readonly SoundRun[]; segmentCount: number }) {
  const done = runs.filter(({ state }) => state === "done").length;
  return (
    <div class="sound">
      <span class="sound-name">{t("upload.sound")}</span>
      <div
        class={runs.length > MANY_RUNS ? "sound-runs is-many" : "sound-runs"}
        role="img"
        aria-label={t("upload.soundOfPartsDone", { done, count: runs.length })}
      >
        {runs.map((run) => (
          <span
            key={run.firstSegment}
            class={`sound-run is-${run.state}`}
            style={{
              flexGrow: run.segmentCount / Math.max(1, segmentCount),
              "--progress": String(run.progress),
            }}
            title={t(`ui.cell.${run.state}`)}
          />
        ))}
      </div>
    </div>
  );
}

/** A small cell of the grid for the legend. */
function Swatch({ state }: { state: CellState }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    const element = canvas.current;
    const context = element?.getContext("2d");
    if (!element || !context) return;
    const scale = devicePixelRatio;
    element.width = 14 * scale;
    element.height = 14 * scale;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    const box = { x: 0, y: 0, width: 14, height: 14 };
    paintCell(context, box, { state, progress: 0.5 }, readCellColours(element));
  }, [state, schemeChanges.value]);
  return <canvas class="swatch" ref={canvas} />;
}
