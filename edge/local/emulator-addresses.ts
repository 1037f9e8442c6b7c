import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Plugin } from "vite";

/** Path at which the emulator serves buckets over the S3 protocol, for signed requests. */
export const STORAGE_PATH = "/cdn-cgi/local/r2/s3/";

/** Paths that workerd's emulator serves by itself: objects without a signature, databases, triggers. */
const EMULATOR_PATHS = /^\/(?:cdn-cgi|__cf_local)(?:\/|$)/;

/**
 * Closes all of the emulator's own addresses except the S3 endpoint. They need no token, so anybody who can reach the
 * port could read and delete every video and database. At the S3 endpoint, requests with unsigned `x-amz-` headers are
 * refused.
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
  // The emulator handles upgrade requests of any method, past the middleware.
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
 * Whether a request has an `x-amz-` header that its signature does not cover. R2 is said to refuse these, but the
 * emulator obeys them: with `x-amz-copy-source`, a presigned PUT for certain bytes could store a copy of another object
 * instead.
 */
export function hasUnsignedOrder({
  url,
  headers,
}: Pick<IncomingMessage, "url" | "headers">): boolean {
  // S3 clients in Node send their name in `x-amz-user-agent`, which does no harm.
  const orders = Object.keys(headers).filter((name) => /^x-amz-(?!user-agent$)/.test(name));
  if (orders.length === 0) return false;
  const inQuery = URL.parse(url ?? "", "http://localhost")?.searchParams.get("X-Amz-SignedHeaders");
  const inHeader = /SignedHeaders=([^,\s]+)/.exec(headers.authorization ?? "")?.[1];
  const signed = (inQuery ?? inHeader ?? "").toLowerCase().split(";");
  return orders.some((name) => !signed.includes(name));
}

/** @param target target of the request line: a path or a whole address */
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
