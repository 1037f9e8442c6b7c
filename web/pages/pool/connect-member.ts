import type { PoolMemberApi } from "../../contributor/pool-member-api.ts";
import { hostWorkersOf } from "../../worker-host.ts";
import { WorkerLink } from "../../worker-link.ts";

const QUICK_MS = 10_000;

/** Starts `pool-member.worker.ts`. Every call through `api` settles; `died` says when the worker is gone. */
export function connectMember(): Pick<WorkerLink<PoolMemberApi>, "api" | "died"> {
  const worker = new Worker(new URL("../../contributor/pool-member.worker.ts", import.meta.url), {
    type: "module",
    name: "tributary-pool-member",
  });
  return new WorkerLink<PoolMemberApi>(hostWorkersOf(worker), {
    name: "The pool's helper",
    silentTicks: 60,
    signs: "asked",
    timeoutsMs: { subscribe: QUICK_MS, work: QUICK_MS, stop: QUICK_MS },
  });
}
