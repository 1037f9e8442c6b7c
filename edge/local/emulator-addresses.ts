import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Plugin } from "vite";

/** Where the emulator serves buckets over the S3 protocol, to whoever signs. */
export const STORAGE_PATH = "/cdn-cgi/local/r2/s3/";

/** Whatever workerd's emulator serves by itself: objects without a signature, databases, triggers. */
const EMULATOR_PATHS = /^\/(?:cdn-cgi|__cf_local)(?:\/|$)/;

/**
 * Closes all of the emulator's own addresses but its storage's S3 protocol. They ask for no token: whoever
 * reaches the port could read and delete every video and database.
 */
export function closeEmulatorAddresses(): Plugin {
  const refuse = (request: IncomingMessage, response: ServerResponse, next: () => void): void => {
    if (isOpen(request.url ?? "")) {
      next();
      return;
    }
    response.statusCode = 404;
    response.end();
  };
  // The emulator takes upgrades of any method past the middleware.
  const refuseUpgrade = (request: IncomingMessage, socket: Duplex): void => {
    if (isOpen(request.url ?? "")) return;
    request.url = "/";
    socket.destroy();
  };
  return {
    name: "tributary:close-emulator-addresses",
    configureServer: ({ middlewares, httpServer }) => {
      middlewares.use(refuse);
      httpServer?.prependListener("upgrade", refuseUpgrade);
    },
    configurePreviewServer: ({ middlewares, httpServer }) => {
      middlewares.use(refuse);
      httpServer.prependListener("upgrade", refuseUpgrade);
    },
  };
}

/** @param target of the request line: a path, or a whole address */
export function isOpen(target: string): boolean {
  const readings = [
    `http://localhost${target.startsWith("/") ? "" : "/"}${target}`,
    ...["http://localhost", "https://localhost"].map((base) => URL.parse(target, base)?.href ?? ""),
  ];
  return readings.every((each) => {
    const path = URL.parse(each)?.pathname ?? "";
    return !EMULATOR_PATHS.test(path) || path.startsWith(STORAGE_PATH);
  });
}
