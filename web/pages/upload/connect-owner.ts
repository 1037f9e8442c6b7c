import type { OwnerApi } from "../../owner/owner-api.ts";
import { hostWorkersOf } from "../../worker-host.ts";
import { WorkerLink } from "../../worker-link.ts";

export type OwnerConnection = Pick<WorkerLink<OwnerApi>, "api" | "died" | "end">;

/** Time for an answer that depends neither on the file nor on the edge. */
const QUICK_MS = 10_000;

/** Starts `owner.worker.ts`. Where it cannot start, `died` resolves and each call rejects. */
export function connectOwner(): OwnerConnection {
  const worker = new Worker(new URL("../../owner/owner.worker.ts", import.meta.url), {
    type: "module",
    name: "tributary-owner",
  });
  return new WorkerLink<OwnerApi>(hostWorkersOf(worker), {
    name: "The worker",
    silentTicks: 60,
    signs: "asked",
    timeoutsMs: {
      subscribe: QUICK_MS,
      configure: QUICK_MS,
      useServers: QUICK_MS,
      setLadder: QUICK_MS,
      setTrim: QUICK_MS,
      frameTimes: QUICK_MS,
      changeSettings: QUICK_MS,
      pause: QUICK_MS,
      cancel: QUICK_MS,
      reset: QUICK_MS,
    },
  });
}
