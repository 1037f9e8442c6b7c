/**
 * A page that makes its worker's own workers. In Firefox (seen in 153) `new Worker` in a worker waits for the
 * page's thread, for ever where that stays busy. A worker that the page itself makes does not wait.
 * The other ends: `holder/page-workers.ts` in the worker that asks, `encoder/adopted.ts` in the one that is made.
 */

/** From the asking worker, with two ports: the made worker's messages, and `MadeWorkerNews` and its end. */
export interface WorkerRequest {
  type: "make-worker";
  url: string;
  options: WorkerOptions;
}

/** To the made worker, before all else, with the port that its messages go through. */
export interface Adoption {
  type: "adopt";
}

/** As the events of a `Worker`. */
export type MadeWorkerNews =
  | { type: "error"; message: string }
  | { type: "script-not-loaded" }
  | { type: "messageerror" };

/** @returns the same worker; its end is the end of those that were made for it */
export function hostWorkersOf(worker: Worker): Worker {
  const made = new Set<Worker>();
  worker.addEventListener(
    "message",
    ({ data, ports }: MessageEvent<Partial<WorkerRequest> | null>) => {
      const [messages, control] = ports;
      if (data?.type !== "make-worker" || messages === undefined || control === undefined) return;
      const { url = "", options } = data;
      // Its script's address was made by the bundler, in the worker that asks.
      const child = new Worker(url, options);
      made.add(child);
      const adoption: Adoption = { type: "adopt" };
      child.postMessage(adoption, [messages]);
      const tell = (news: MadeWorkerNews): void => control.postMessage(news);
      child.addEventListener("error", (event) => {
        event.preventDefault();
        if (event instanceof ErrorEvent) tell({ type: "error", message: event.message });
        else tell({ type: "script-not-loaded" });
      });
      child.addEventListener("messageerror", () => tell({ type: "messageerror" }));
      control.onmessage = () => {
        child.terminate();
        made.delete(child);
        control.close();
      };
    },
  );
  const endWorker = worker.terminate.bind(worker);
  worker.terminate = () => {
    endWorker();
    for (const child of made) child.terminate();
    made.clear();
  };
  return worker;
}
