import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Plugin } from "vite";

/** Where the emulator serves buckets over the S3 protocol, to whoever signs. */
export const STORAGE_PATH = "/cdn-cgi/local/r2/s3/";

/** Whatever workerd's emulator serves by itself: objects without a signature, databases, triggers. */
const EMULATOR_PATHS = /^\/(?:cdn-cgi|__cf_local)(?:\/|$)/;

/**
 * Closes all of the emulator's own addresses but its storage's S3 protocol. They ask for no token: whoever
 * reaches the port could read and delete every video and database. Storage gets no order that is not
 * signed.
 */
export function closeEmulatorAddresses(): Plugin {
  const refuse = (request: IncomingMessage, response: ServerResponse, next: () => void): void => {
    const isKnown = isOpen(request.url ?? "");
    if (isKnown && !hasUnsignedOrder(request)) {
      next();
      return;
    }
    response.statusCode = isKnown ? 403 : 404;
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

/**
 * Whether a request has a header for storage that its signature does not cover, as R2 is said to refuse them.
 * The emulator obeys: `x-amz-copy-source` would replace an object in place of a PUT of just these bytes.
 */
export function hasUnsignedOrder({
  url,
  headers,
}: Pick<IncomingMessage, "url" | "headers">): boolean {
  // S3 clients in Node send their own name so.
  const orders = Object.keys(headers).filter((name) => /^x-amz-(?!user-agent$)/.test(name));
  if (orders.length === 0) return false;
  const inQuery = URL.parse(url ?? "", "http://localhost")?.searchParams.get("X-Amz-SignedHeaders");
  const inHeader = /SignedHeaders=([^,\s]+)/.exec(headers.authorization ?? "")?.[1];
  const signed = (inQuery ?? inHeader ?? "").toLowerCase().split(";");
  return orders.some((name) => !signed.includes(name));
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
