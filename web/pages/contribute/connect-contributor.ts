import type { ContributorApi } from "../../contributor/contributor-api.ts";
import { hostWorkersOf } from "../../worker-host.ts";
import { WorkerLink } from "../../worker-link.ts";

export type ContributorConnection = Pick<WorkerLink<ContributorApi>, "api" | "died">;

const QUICK_MS = 10_000;

/** Starts `contributor.worker.ts`. Every call through `api` settles; `died` says when the worker is gone. */
export function connectContributor(): ContributorConnection {
  const worker = new Worker(new URL("../../contributor/contributor.worker.ts", import.meta.url), {
    type: "module",
    name: "tributary-contributor",
  });
  return new WorkerLink<ContributorApi>(hostWorkersOf(worker), {
    name: "The helper",
    silentTicks: 60,
    signs: "asked",
    // `open` asks the edge, so it has no short time limit; the others only change the worker.
    timeoutsMs: { subscribe: QUICK_MS, work: QUICK_MS, pause: QUICK_MS, stop: QUICK_MS },
  });
}
