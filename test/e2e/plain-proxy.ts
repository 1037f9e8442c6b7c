import { createServer, type IncomingHttpHeaders, request as requestOf } from "node:http";

/** The app under another port, through a proxy that knows plain requests alone. */
export interface PlainProxy extends AsyncDisposable {
  /** No slash at the end. */
  url: string;
  /** WebSockets that were asked for so far. */
  upgrades(): number;
  /** Set where nothing shall be answered, as without a network. */
  isAway: boolean;
  /** Comes behind what the app answers for a path. */
  readonly appended: Map<string, string>;
  /** Answers to POSTs of a path that get lost on their way back, from now on: the app has done what was asked. */
  readonly lost: Map<string, number>;
}

/** These say something of one connection, not of the request (RFC 9110, 7.6.1). */
const HOP_BY_HOP: readonly string[] = ["connection", "upgrade", "keep-alive", "transfer-encoding"];

/**
 * @param upgrades what becomes of a request for a WebSocket: `stripped`: it is passed on as a plain request,
 *   as nginx does when nobody tells it otherwise; `swallowed`: it is never answered
 */
export async function openPlainProxy(
  serverUrl: string,
  upgrades: "stripped" | "swallowed",
): Promise<PlainProxy> {
  let asked = 0;
  const appended = new Map<string, string>();
  const lost = new Map<string, number>();
  // Without a listener to `upgrade` such a request is one like any other.
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
    // With more behind it, it is another answer than the one that was kept.
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

/** The host stays: the app sees the proxy's, and signs for it. */
function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.includes(name)));
}
