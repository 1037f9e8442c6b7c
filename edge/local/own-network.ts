import type { IncomingMessage } from "node:http";
import { hostname, networkInterfaces } from "node:os";
import type { Plugin } from "vite";
import { STORAGE_PATH } from "./emulator-addresses.ts";

/** The names that this machine goes by in its network. */
export function ownNames(): string[] {
  return ["localhost", hostname(), `${hostname()}.local`];
}

/** All addresses of this machine; those of a link alone cannot be in an address bar. */
export function ownAddresses(): string[] {
  return interfaces()
    .filter(({ scopeid = 0 }) => scopeid === 0)
    .map(({ address }) => address);
}

/** Where other devices of the network find this one. */
export function networkAddresses(): string[] {
  const open = interfaces().filter(({ internal, family }) => !internal && family === "IPv4");
  return open.map(({ address }) => address);
}

function interfaces() {
  return Object.values(networkInterfaces()).flatMap((each) => each ?? []);
}

/**
 * The emulator's storage answers pages of localhost alone. Pages that this machine serves to its network
 * use it, too: their `Origin` is taken away, where it names this machine by an address of its own (a
 * stranger's name that leads here does not count). What they may do there is in the signed URL.
 */
export function openStorageToNetwork(): Plugin {
  const own = new Set([...ownNames(), ...ownAddresses()]);
  const open = (request: IncomingMessage, _response: unknown, next: () => void): void => {
    const { origin, host } = request.headers;
    const from = origin === undefined ? null : URL.parse(origin);
    const isOwn = from !== null && from.host === host && own.has(from.hostname);
    if (isOwn && request.url?.startsWith(STORAGE_PATH)) {
      delete request.headers.origin;
      const at = request.rawHeaders.findIndex((each, i) => i % 2 === 0 && /^origin$/i.test(each));
      request.rawHeaders.splice(at, 2);
    }
    next();
  };
  return {
    name: "tributary:open-storage-to-network",
    configureServer: (server) => {
      server.middlewares.use(open);
    },
    configurePreviewServer: (server) => {
      server.middlewares.use(open);
    },
  };
}
