import { proxy, wrap } from "comlink";
import { TributaryError } from "../../../shared/job/errors.ts";
import type { ContributorApi, ContributorState } from "../../contributor/contributor-api.ts";

export interface ContributorConnection extends ContributorApi {
  /** Resolves once, when the worker could not start or died. */
  readonly died: Promise<TributaryError>;
}

/** Starts `contributor.worker.ts` and talks to it. */
export function connectContributor(): ContributorConnection {
  const worker = new Worker(new URL("../../contributor/contributor.worker.ts", import.meta.url), {
    type: "module",
    name: "tributary-contributor",
  });
  const remote = wrap<ContributorApi>(worker);
  const death = Promise.withResolvers<TributaryError>();
  let alive = false;
  worker.addEventListener("error", (event) => {
    // Errors of the encoders below it bubble up here too, and are its own to handle.
    if (alive) return;
    death.resolve(
      new TributaryError("WORKER_CRASHED", event.message || "The worker could not start."),
    );
  });
  const told = (onState: (state: ContributorState) => void) => (state: ContributorState) => {
    alive = true;
    onState(state);
  };
  return {
    died: death.promise,
    subscribe: (onState) => remote.subscribe(proxy(told(onState))),
    open: (jobId, token, who) => remote.open(jobId, token, who),
    work: (slots) => remote.work(slots),
    pause: () => remote.pause(),
    stop: () => remote.stop(),
  };
}
