import type { Adoption } from "../worker-host.ts";

/**
 * The first import of every worker that another worker starts. Where the page made this worker for the other one
 * (`worker-host.ts`), its messages come and go by a port. The rest of the worker's code sees no difference.
 */

self.addEventListener("message", function adopt(event: MessageEvent<Adoption | null>) {
  const { data, ports } = event;
  self.removeEventListener("message", adopt);
  const [port] = ports;
  if (data?.type !== "adopt" || port === undefined) return;
  event.stopImmediatePropagation();
  port.onmessage = ({ data, ports }) => {
    self.dispatchEvent(new MessageEvent("message", { data, ports: [...ports] }));
  };
  port.onmessageerror = () => self.dispatchEvent(new MessageEvent("messageerror"));
  self.postMessage = (message: unknown, transfer?: Transferable[] | StructuredSerializeOptions) => {
    port.postMessage(message, transfer as StructuredSerializeOptions);
  };
});
