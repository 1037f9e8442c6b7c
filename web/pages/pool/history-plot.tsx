import type { PoolSample } from "../../../shared/wire/pool.ts";
import { formatDateTime, formatNumber } from "../../ui/format.ts";
import { t } from "../../words/words.ts";
import { historySteps, midnights, type Step } from "./history-steps.ts";

const WIDTH = 600;
const HEIGHT = 120;
/** A plot of less would be a line. */
const LEAST_MS = 10 * 60_000;

/** Plot of the last week with two areas: all members, and members at work. */
export function HistoryPlot({ history }: { history: readonly PoolSample[] }) {
  const nowMs = Date.now();
  const steps = historySteps(history, nowMs);
  const fromMs = steps[0]?.atMs ?? nowMs;
  if (nowMs - fromMs < LEAST_MS) return <p class="hint">{t("pool.thereIsAPlotHere")}</p>;
  const most = Math.max(1, ...steps.map(({ members }) => members));
  const x = (atMs: number) => (((atMs - fromMs) / (nowMs - fromMs)) * WIDTH).toFixed(1);
  const y = (count: number) => (HEIGHT - (count / most) * HEIGHT).toFixed(1);
  const area = (of: (step: Step) => number) => {
    const lines = steps.map((step) => `H${x(step.atMs)} V${y(of(step))}`);
    return `M0,${HEIGHT} ${lines.join(" ")} V${HEIGHT} Z`;
  };
  return (
    <figure class="plot" dir="ltr">
      <span class="plot-most hint">{formatNumber(most)}</span>
      <span class="plot-none hint">{formatNumber(0)}</span>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={t("pool.computersInThePoolAt", { most })}
      >
        {midnights(fromMs, nowMs).map((atMs) => (
          <line key={atMs} class="plot-day" x1={x(atMs)} x2={x(atMs)} y1={0} y2={HEIGHT} />
        ))}
        <path class="plot-members" d={area(({ members }) => members)} />
        <path class="plot-working" d={area(({ working }) => working)} />
      </svg>
      <span class="plot-from hint">{formatDateTime(fromMs)}</span>
      <span class="plot-to hint">{t("pool.now")}</span>
      <figcaption class="plot-key">
        <span class="plot-key-members">{t("pool.computersHere")}</span>
        <span class="plot-key-working">{t("pool.atWork")}</span>
      </figcaption>
    </figure>
  );
}
