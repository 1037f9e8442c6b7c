import type { PoolSample } from "../../../shared/wire/pool.ts";

const WIDTH = 600;
const HEIGHT = 120;

/** Members and those at work over the last week, drawn as two areas. */
export function HistoryPlot({ history }: { history: readonly PoolSample[] }) {
  const last = history.at(-1);
  const from = last === undefined ? 0 : last.atMs - 7 * 86_400_000;
  const shown = history.filter(({ atMs }) => atMs >= from);
  const [first] = shown;
  if (first === undefined || last === undefined || shown.length < 2) {
    return <p class="hint">There is a plot here once the pool has been open for ten minutes.</p>;
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
        aria-label={`Computers in the pool, at most ${most}`}
      >
        <path class="plot-members" d={area(({ members }) => members)} />
        <path class="plot-working" d={area(({ working }) => working)} />
      </svg>
      <figcaption class="hint">
        Computers here (light) and at work (dark), at most {most}, from{" "}
        {new Date(first.atMs).toLocaleString("en")} to {new Date(last.atMs).toLocaleString("en")}
      </figcaption>
    </figure>
  );
}
