import { createServer } from "node:http";
import type { RunningContainer } from "../../edge/local/container.ts";
import type { ContainerHealth } from "../../shared/wire/container.ts";

/** One address for server processes that come and go. Calls to it can be made to fail. */
export interface Switchboard extends AsyncDisposable {
  /** No slash at the end. */
  url: string;
  /** Sends calls to this container from now on; null: connections are broken. */
  to(container: RunningContainer | null): void;
  /** Answers the next calls, this many, with 500. */
  fail(calls: number): void;
  /** Paths of all calls so far, with failed ones. */
  calls(): string[];
  /** Bodies of all calls so far, in the order of `calls`. */
  bodies(): string[];
}

const WELL: ContainerHealth = { ok: true, ffmpeg: "", slots: 1, busySlots: 0, jobs: 0 };

/** Opens a switchboard on a free port, without a container. */
export async function openSwitchboard(): Promise<Switchboard> {
  let target: RunningContainer | null = null;
  let failing = 0;
  const called: { path: string; body: string }[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", async () => {
      // The site's health check does not count as a call.
      if (request.url === "/health") {
        response.writeHead(200, { "content-type": "application/json" });
        response.end(JSON.stringify(WELL));
        return;
      }
      const body = Buffer.concat(parts);
      called.push({ path: request.url ?? "", body: body.toString() });
      if (failing > 0) {
        failing -= 1;
        response.writeHead(500).end();
        return;
      }
      try {
        if (target === null) throw new Error("nobody is there");
        const answer = await fetch(target.url + request.url, {
          method: request.method ?? "GET",
          headers: { "content-type": "application/json" },
          ...(parts.length > 0 ? { body } : {}),
        });
        response.writeHead(answer.status, {
          "content-type": answer.headers.get("content-type") ?? "",
        });
        response.end(Buffer.from(await answer.arrayBuffer()));
      } catch {
        request.socket.destroy();
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    to: (container) => {
      target = container;
    },
    fail: (calls) => {
      failing = calls;
    },
    calls: () => called.map(({ path }) => path),
    bodies: () => called.map(({ body }) => body),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
