/**
 * Has a page make the workers of its worker. In Firefox (seen in 153) `new Worker` in a worker waits for the page's
 * thread, and waits for ever where that thread stays busy. A worker that the page itself makes does not wait.
 * `holder/page-workers.ts` is used in the worker that asks, `encoder/adopted.ts` in the worker that is made.
 */

/**
 * Request of the asking worker. Two ports come with it: one for the new worker's messages; one for `MadeWorkerNews`,
 * and for the request to end the new worker.
 */
export interface WorkerRequest {
  type: "make-worker";
  url: string;
  options: WorkerOptions;
}

/** First message to the new worker, with the port for all of its other messages. */
export interface Adoption {
  type: "adopt";
}

/** Events of the new worker, as those of a `Worker`. */
export type MadeWorkerNews =
  | { type: "error"; message: string }
  | { type: "script-not-loaded" }
  | { type: "messageerror" };

/**
 * Makes workers for a worker from now on.
 * @returns the same worker; ending it also ends the workers that were made for it
 */
export function hostWorkersOf(worker: Worker): Worker {
  const made = new Set<Worker>();
  worker.addEventListener(
    "message",
    ({ data, ports }: MessageEvent<Partial<WorkerRequest> | null>) => {
      const [messages, control] = ports;
      if (data?.type !== "make-worker" || messages === undefined || control === undefined) return;
      const { url = "", options } = data;
      // The bundler wrote the script's address into the asking worker.
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
