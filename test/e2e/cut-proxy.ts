import { connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** The app under another port, through a wire that can be cut. */
export interface CutProxy extends AsyncDisposable {
  /** No slash at the end. */
  url: string;
  /** Breaks all connections and refuses new ones for a while; resolves when the wire holds again. */
  cut(ms: number): Promise<void>;
  /** Connections broken by cuts so far. */
  broken(): number;
}

/** Passes bytes on, as they are: the app sees the proxy's host, and signs for it. */
export async function openCutProxy(serverUrl: string): Promise<CutProxy> {
  const target = new URL(serverUrl);
  const open = new Set<Socket>();
  let isCut = false;
  let broken = 0;
  const server = createServer((client) => {
    if (isCut) {
      client.destroy();
      return;
    }
    const upstream = connect(Number(target.port), target.hostname);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(from);
      from.pipe(to);
      from.on("error", () => to.destroy());
      from.on("close", () => {
        open.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const breakAll = () => {
    for (const socket of open) socket.destroy();
  };
  return {
    url: `http://localhost:${port}`,
    broken: () => broken,
    async cut(ms) {
      isCut = true;
      broken += open.size / 2;
      breakAll();
      await sleep(ms);
      isCut = false;
    },
    async [Symbol.asyncDispose]() {
      breakAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
