import { connect, createServer, type Socket } from "node:net";
import { Transform } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

/** The app on another port, through a connection that can be cut. */
export interface CutProxy extends AsyncDisposable {
  /** No slash at the end. */
  url: string;
  /** Breaks all connections, and refuses new ones for `ms` milliseconds. Resolves when they are accepted again. */
  cut(ms: number): Promise<void>;
  /** Number of connections that cuts have broken so far. */
  broken(): number;
  /**
   * From now on each connection passes on this many bytes of answers and then stalls. Null: no limit, and what
   * stalled goes on.
   */
  choke(bytes: number | null): void;
  /** Number of answers that are stalled. */
  stalled(): number;
}

/** Passes all bytes on unchanged. So the app sees the proxy's host name, and signs URLs for it. */
export async function openCutProxy(serverUrl: string): Promise<CutProxy> {
  const target = new URL(serverUrl);
  const open = new Set<Socket>();
  let isCut = false;
  let broken = 0;
  let most: number | null = null;
  let stalled: (() => void)[] = [];
  /** Passes bytes on up to the limit `most`. */
  const narrow = () => {
    let passed = 0;
    return new Transform({
      transform(bytes: Buffer, _encoding, done) {
        passed += bytes.length;
        if (most === null || passed <= most) done(null, bytes);
        else stalled.push(() => done(null, bytes));
      },
    });
  };
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
      if (from === upstream) from.pipe(narrow()).pipe(to);
      else from.pipe(to);
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
    choke(bytes) {
      most = bytes;
      if (bytes !== null) return;
      for (const goOn of stalled) goOn();
      stalled = [];
    },
    stalled: () => stalled.length,
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
