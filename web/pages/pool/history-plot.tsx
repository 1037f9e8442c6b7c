import type { PoolSample } from "../../../shared/wire/pool.ts";
import { formatDateTime } from "../../ui/format.ts";
import { t } from "../../words/words.ts";

const WIDTH = 600;
const HEIGHT = 120;

/** Plot of the last week with two areas: all members, and members at work. */
export function HistoryPlot({ history }: { history: readonly PoolSample[] }) {
  const last = history.at(-1);
  const from = last === undefined ? 0 : last.atMs - 7 * 86_400_000;
  const shown = history.filter(({ atMs }) => atMs >= from);
  const [first] = shown;
  if (first === undefined || last === undefined || shown.length < 2) {
    return <p class="hint">{t("pool.thereIsAPlotHere")}</p>;
  }
  const most = Math.max(1, ...shown.map(({ members }) => members));
  const span = Math.max(1, last.atMs - first.atMs);
  const x = (atMs: number) => (((atMs - first.atMs) / span) * WIDTH).toFixed(1);
  const y = (count: number) => (HEIGHT - (count / most) * HEIGHT).toFixed(1);
  const area = (of: (sample: PoolSample) => number) => {
    const points = shown.map((sample) => `${x(sample.atMs)},${y(of(sample))}`);
    return `M0,${HEIGHT} L${points.join(" L")} L${WIDTH},${HEIGHT} Z`;
  };
  return (
    <figure class="plot">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={t("pool.computersInThePoolAt", { most })}
      >
        <path class="plot-members" d={area(({ members }) => members)} />
        <path class="plot-working" d={area(({ working }) => working)} />
      </svg>
      <figcaption class="hint">
        {t("pool.computersHereLightAndAt", {
          most,
          value: formatDateTime(first.atMs),
          value2: formatDateTime(last.atMs),
        })}
      </figcaption>
    </figure>
  );
}
