import type { IncomingMessage } from "node:http";
import { hostname, networkInterfaces } from "node:os";
import type { Plugin, PreviewServer, ViteDevServer } from "vite";
import { STORAGE_PATH } from "./emulator-addresses.ts";

/** The names of this machine in its network. */
export function ownNames(): string[] {
  return ["localhost", hostname(), `${hostname()}.local`];
}

/** All addresses of this machine, except link-local ones, which cannot be used in an address bar. */
export function ownAddresses(): string[] {
  return interfaces()
    .filter(({ scopeid = 0 }) => scopeid === 0)
    .map(({ address }) => address);
}

/** The IPv4 addresses at which other devices of the network reach this machine. */
export function networkAddresses(): string[] {
  const open = interfaces().filter(({ internal, family }) => !internal && family === "IPv4");
  return open.map(({ address }) => address);
}

function interfaces() {
  return Object.values(networkInterfaces()).flatMap((each) => each ?? []);
}

/**
 * The emulator's storage answers only pages of localhost. This machine's own pages may be open under other names: an
 * address, a name that a router gives, a forwarded port. So this removes `Origin` from requests in which it equals the
 * host of the request. Requests from pages of other sites cannot look like this: over http, Vite answers only to
 * addresses and its own names, and over https nobody else has the key. The signed URL limits what a request may do.
 */
export function openStorageToNetwork(): Plugin {
  const open = (request: IncomingMessage, _response: unknown, next: () => void): void => {
    const { origin, host } = request.headers;
    const isOwn = origin !== undefined && URL.parse(origin)?.host === host;
    if (isOwn && request.url?.startsWith(STORAGE_PATH)) dropHeader(request, "origin");
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

const CLIENT_ADDRESS = "cf-connecting-ip";

/**
 * Sets the header with the client's address, as Cloudflare does. The emulator would accept the header that a client
 * sends, so that one client could appear to be in any number of networks.
 */
export function sayClientAddress(): Plugin {
  const say = (request: IncomingMessage): void => {
    dropHeader(request, CLIENT_ADDRESS);
    const address = request.socket.remoteAddress?.replace(/^::ffff:/, "");
    if (address === undefined) return;
    request.headers[CLIENT_ADDRESS] = address;
    request.rawHeaders.push(CLIENT_ADDRESS, address);
  };
  const sayFirst = ({ middlewares, httpServer }: ViteDevServer | PreviewServer): void => {
    middlewares.use((request, _response, next) => {
      say(request);
      next();
    });
    httpServer?.prependListener("upgrade", say);
  };
  return {
    name: "tributary:say-client-address",
    configureServer: sayFirst,
    configurePreviewServer: sayFirst,
  };
}

function dropHeader(request: IncomingMessage, name: string): void {
  delete request.headers[name];
  const { rawHeaders } = request;
  for (let at = rawHeaders.length - 2; at >= 0; at -= 2) {
    if (rawHeaders[at]?.toLowerCase() === name) rawHeaders.splice(at, 2);
  }
}
