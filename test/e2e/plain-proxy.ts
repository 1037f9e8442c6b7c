import { createServer, type IncomingHttpHeaders, request as requestOf } from "node:http";

/** The app on another port, through a proxy that forwards only plain requests. */
export interface PlainProxy extends AsyncDisposable {
  /** No slash at the end. */
  url: string;
  /** Number of WebSockets requested so far. */
  upgrades(): number;
  /** Set to true to break all requests, as without a network. */
  isAway: boolean;
  /** Text that is appended to the app's answers, by path. */
  readonly appended: Map<string, string>;
  /** Number of coming answers to POSTs that get lost on their way back, by path. The app carries out these requests. */
  readonly lost: Map<string, number>;
}

/** Headers that concern one connection and are not forwarded (RFC 9110, 7.6.1). */
const HOP_BY_HOP: readonly string[] = ["connection", "upgrade", "keep-alive", "transfer-encoding"];

/**
 * @param upgrades what happens to requests for WebSockets. `stripped`: they are forwarded as plain requests, as
 *   nginx does by default. `swallowed`: they are never answered
 */
export async function openPlainProxy(
  serverUrl: string,
  upgrades: "stripped" | "swallowed",
): Promise<PlainProxy> {
  let asked = 0;
  const appended = new Map<string, string>();
  const lost = new Map<string, number>();
  // Without a listener for `upgrade`, Node treats requests for WebSockets like any other.
  const server = createServer((incoming, answer) => {
    const isUpgrade = incoming.headers.upgrade !== undefined;
    if (isUpgrade) asked += 1;
    if (isUpgrade && upgrades === "swallowed") return;
    if (proxy.isAway) {
      answer.destroy();
      return;
    }
    const { method, url = "/" } = incoming;
    const more = appended.get(url);
    const headers = endToEnd(incoming.headers);
    // The answer with appended text is not the one in the browser's cache.
    if (more !== undefined) delete headers["if-none-match"];
    const outgoing = requestOf(new URL(url, serverUrl), { method, headers }, (response) => {
      const left = method === "POST" ? (lost.get(url) ?? 0) : 0;
      if (left > 0) {
        lost.set(url, left - 1);
        response.resume();
        response.on("end", () => answer.destroy());
        return;
      }
      const { "content-length": length, ...others } = endToEnd(response.headers);
      const isWhole = more === undefined && length !== undefined;
      answer.writeHead(response.statusCode ?? 502, {
        ...others,
        ...(isWhole && { "content-length": length }),
      });
      response.pipe(answer, { end: false });
      response.on("end", () => answer.end(more));
      response.on("error", () => answer.destroy());
    });
    outgoing.on("error", () => answer.destroy());
    answer.on("close", () => outgoing.destroy());
    incoming.pipe(outgoing);
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const proxy: PlainProxy = {
    url: `http://localhost:${port}`,
    upgrades: () => asked,
    isAway: false,
    appended,
    lost,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}

/** The `host` header stays, so the app signs URLs for the proxy's host name. */
function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.includes(name)));
}
