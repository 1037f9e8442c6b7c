import type { MadeWorkerNews, WorkerRequest } from "../worker-host.ts";

/** `Gecko/` is Gecko's own token; other browsers only say "like Gecko". */
const isFirefox = navigator.userAgent.includes("Gecko/");

/**
 * In Firefox, has the page make every later `new Worker` of this worker, also those of packages; `worker-host.ts`
 * says why. The page has to host them.
 */
export function useWorkersOfPage(): void {
  if (isFirefox) self.Worker = PageWorker as unknown as typeof Worker;
}

/** Stands in for the browser's own `Worker`, which the page makes. */
class PageWorker extends EventTarget {
  readonly #messages: MessagePort;
  readonly #control: MessagePort;
  #onMessage: ((event: MessageEvent) => unknown) | null = null;

  constructor(url: string | URL, options: WorkerOptions = {}) {
    super();
    const messages = new MessageChannel();
    const control = new MessageChannel();
    const address = new URL(url, self.location.href).href;
    const request: WorkerRequest = { type: "make-worker", url: address, options };
    self.postMessage(request, [messages.port2, control.port2]);
    this.#messages = messages.port1;
    this.#control = control.port1;
    this.#messages.onmessage = ({ data, ports }) => {
      this.dispatchEvent(new MessageEvent("message", { data, ports: [...ports] }));
    };
    this.#messages.onmessageerror = () => this.dispatchEvent(new MessageEvent("messageerror"));
    this.#control.onmessage = ({ data }: MessageEvent<MadeWorkerNews>) => {
      if (data.type === "messageerror") this.dispatchEvent(new MessageEvent("messageerror"));
      else if (data.type === "script-not-loaded") this.dispatchEvent(new Event("error"));
      else this.dispatchEvent(new ErrorEvent("error", { message: data.message }));
    };
  }

  get onmessage(): ((event: MessageEvent) => unknown) | null {
    return this.#onMessage;
  }

  set onmessage(listener: ((event: MessageEvent) => unknown) | null) {
    if (this.#onMessage !== null) {
      this.removeEventListener("message", this.#onMessage as EventListener);
    }
    this.#onMessage = listener;
    if (listener !== null) this.addEventListener("message", listener as EventListener);
  }

  postMessage(message: unknown, transfer?: Transferable[] | StructuredSerializeOptions): void {
    this.#messages.postMessage(message, transfer as StructuredSerializeOptions);
  }

  terminate(): void {
    this.#control.postMessage(null);
    this.#messages.close();
  }
}
