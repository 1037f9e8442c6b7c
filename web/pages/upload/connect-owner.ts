import { proxy, wrap } from "comlink";
import { fromWireError, TributaryError, toWireError } from "../../../shared/job/errors.ts";
import type { HolderApi } from "../../owner/owner-api.ts";

/** A `HolderApi` whose calls always settle, and the way to end it. */
export interface HolderConnection extends HolderApi {
  /** Rejects nothing and resolves once: when the holder's worker died, with the reason. */
  readonly died: Promise<TributaryError>;
  /** Ends the worker at once; calls still open reject with CANCELLED. */
  close(): void;
}

/** Time for the worker to answer a call that only changes its mind, not the world. */
const ANSWER_MS = 10_000;

/**
 * Starts `owner.worker.ts` and talks to it. comlink alone leaves calls to a dead worker hanging
 * (https://github.com/GoogleChromeLabs/comlink/issues/601): here they reject with WORKER_CRASHED.
 * @throws nothing; a worker that cannot start shows in `died` and in every call
 */
export function connectHolder(): HolderConnection {
  const worker = new Worker(new URL("../../owner/owner.worker.ts", import.meta.url), {
    type: "module",
    name: "tributary-holder",
  });
  const remote = wrap<HolderApi>(worker);

  const death = Promise.withResolvers<TributaryError>();
  const end = Promise.withResolvers<never>();
  end.promise.catch(() => undefined);
  const die = (error: TributaryError) => {
    worker.terminate();
    end.reject(error);
    if (error.code !== "CANCELLED") death.resolve(error);
  };
  let alive = false;
  worker.addEventListener("error", (event) => {
    // Errors inside a running worker, and inside the workers below it, bubble up here as well and
    // are its own to handle. One that never answered could not be loaded.
    if (alive) return;
    die(new TributaryError("WORKER_CRASHED", event.message || "The worker could not start."));
  });
  worker.addEventListener("messageerror", () => {
    die(new TributaryError("WORKER_CRASHED", "A message of the worker could not be read."));
  });

  const settled = async <T>(call: Promise<T>): Promise<T> => {
    try {
      const value = await Promise.race([call, end.promise]);
      alive = true;
      return value;
    } catch (thrown) {
      throw thrown instanceof TributaryError ? thrown : fromWireError(toWireError(thrown));
    }
  };
  const answered = async <T>(call: Promise<T>, name: string): Promise<T> => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new TributaryError("TIMEOUT", `The worker did not answer "${name}" in time.`)),
        ANSWER_MS,
      );
    });
    try {
      return await settled(Promise.race([call, late]));
    } finally {
      clearTimeout(timer);
    }
  };

  return {
    died: death.promise,
    close: () => die(new TributaryError("CANCELLED", "Closed.")),
    subscribe: (onState) => answered(remote.subscribe(proxy(onState)), "subscribe"),
    configure: (options) => answered(remote.configure(options), "configure"),
    inspect: (file) => settled(remote.inspect(file)),
    useServers: (use) => answered(remote.useServers(use), "useServers"),
    setLadder: (ladder) => answered(remote.setLadder(ladder), "setLadder"),
    start: () => settled(remote.start()),
    resume: (job) => settled(remote.resume(job)),
    provideFile: (file) => settled(remote.provideFile(file)),
    share: (request) => settled(remote.share(request)),
    revokeShares: () => settled(remote.revokeShares()),
    removeContributor: (holderId) => settled(remote.removeContributor(holderId)),
    changeSettings: (settings) => answered(remote.changeSettings(settings), "changeSettings"),
    cancel: () => answered(remote.cancel(), "cancel"),
    reset: () => answered(remote.reset(), "reset"),
  };
}
