import type { PoolRow } from "./scenarios.ts";

/** Tables of a pool's simulation, in Markdown. */

const HEAD = [
  "job",
  "video",
  "waited",
  "took",
  "alone, bound",
  "ratio",
  "audits",
  "copies",
  "lost",
];

export function poolTables(rows: readonly PoolRow[]): string {
  return rows
    .map((row) => [`### ${row.name}`, jobTable(row), facts(row)].join("\n\n"))
    .join("\n\n");
}

function jobTable({ jobs }: PoolRow): string {
  const shown = jobs.length > 24 ? jobs.slice(0, 8) : jobs;
  const lines = shown.map((job) => [
    job.id,
    `${job.minutes} min`,
    job.waitedMs === null ? "" : seconds(job.waitedMs),
    `${job.isReady ? "" : "NOT READY "}${seconds(job.tookMs)}`,
    seconds(job.aloneMs),
    (job.tookMs / job.aloneMs).toFixed(2),
    percent(job.audits / job.results),
    percent(job.copiesSeconds / (job.minutes * 60)),
    percent(job.lostSeconds / (job.minutes * 60)),
  ]);
  return [HEAD, HEAD.map(() => "---"), ...lines]
    .map((line) => `| ${line.join(" | ")} |`)
    .join("\n");
}

function facts({ jobs, members, fairness, counts, sockets, messages, banned }: PoolRow): string {
  const sum = (of: (job: PoolRow["jobs"][number]) => number) =>
    jobs.reduce((total, job) => total + of(job), 0);
  const ratios = jobs.map(({ tookMs, aloneMs }) => tookMs / aloneMs).sort((a, b) => a - b);
  const waits = jobs.flatMap(({ waitedMs }) => waitedMs ?? []).sort((a, b) => a - b);
  const lowest = fairness.length === 0 ? null : Math.min(...fairness);
  const mean = fairness.reduce((total, each) => total + each, 0) / Math.max(1, fairness.length);
  // By Cloudflare's pricing, 20 WebSocket messages count as a request. A socket and its ticket are one request
  // each.
  const poolRequests = counts.reports + members * 2 + counts.memberMessages / 20;
  const jobRequests = sockets * 2 + messages / 20;
  return [
    `${jobs.length} jobs; took / bound alone: median ${ratio(ratios, 0.5)}, worst ${ratio(ratios, 1)}.`,
    `Wait for the first member: median ${seconds(at(waits, 0.5))}, longest ${seconds(at(waits, 1))}.`,
    `Audits: ${percent(sum((job) => job.audits) / sum((job) => job.results))} of all results; lies published: ${sum((job) => job.liesPublished)}; banned: ${banned}.`,
    lowest === null
      ? "Never did several owners wait for the whole of a window."
      : `Jain's index over owners that wait, ${fairness.length} windows of 5 min: mean ${mean.toFixed(3)}, lowest ${lowest.toFixed(3)}.`,
    `The pool's object, a job: ${(counts.reports / jobs.length).toFixed(0)} reports, ${(counts.poolMessages / jobs.length).toFixed(1)} messages to members, ${(counts.rowsWritten / jobs.length).toFixed(0)} rows written, ${(poolRequests / jobs.length).toFixed(0)} requests.`,
    `The coordinators, a job: ${(sockets / jobs.length).toFixed(1)} sockets, ${(messages / jobs.length).toFixed(0)} messages, ${(jobRequests / jobs.length).toFixed(0)} requests.`,
    `Price of both, a job, by the list (a million requests $0.15, a million rows written $1.00): $${price(poolRequests + jobRequests, counts.rowsWritten, jobs.length)}.`,
  ].join("\n");
}

function price(requests: number, rows: number, jobs: number): string {
  return ((requests * 0.15 + rows) / 1e6 / jobs).toFixed(6);
}

function ratio(sorted: readonly number[], part: number): string {
  return at(sorted, part).toFixed(2);
}

function at(sorted: readonly number[], part: number): number {
  return sorted[Math.ceil(part * sorted.length) - 1] ?? 0;
}

function percent(part: number): string {
  return `${(100 * part).toFixed(1)}%`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(0)} s`;
}
