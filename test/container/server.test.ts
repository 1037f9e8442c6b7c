import { EventEmitter, once } from "node:events";
import { readFileSync } from "node:fs";
import { cp, mkdtemp, realpath, rm, symlink } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Permits } from "../../edge/container/permits.ts";
import {
  keepContainer,
  type RunningContainer,
  startContainer,
} from "../../edge/local/container.ts";
import { root } from "../../edge/local/server.ts";
import { HEALTH_FOR_MS, isWell } from "../../edge/servers/health.ts";
import { containerHealthSchema } from "../../shared/wire/container.ts";

const job = {
  jobId: "0".repeat(20),
  token: "none",
  holderId: "server-1",
  forMs: 60_000,
};

describe("the container's server", () => {
  let container: RunningContainer;
  beforeAll(async () => {
    const started = await startContainer();
    if (started === null) throw new Error("Install ffmpeg: these tests run the native one.");
    container = started;
  });
  afterAll(() => container?.stop());

  async function post(path: string, body: unknown): Promise<Response> {
    const headers = { "content-type": "application/json" };
    return fetch(container.url + path, { method: "POST", headers, body: JSON.stringify(body) });
  }

  test("says that it is well, and with which ffmpeg", async () => {
    const health = await (await fetch(`${container.url}/health`)).json();
    const parsed = containerHealthSchema.parse(health);
    expect(parsed.ffmpeg).toMatch(/^ffmpeg version /);
    expect(parsed).toMatchObject({ ok: true, busySlots: 0, jobs: 0 });
  });

  test("refuses what it does not understand, as problem details", async () => {
    const response = await post("/transcode-segment", { jobId: "x" });
    expect(response.status).toBe(400);
    expect(response.headers.get("content-type")).toContain("application/problem+json");
    expect(await response.json()).toMatchObject({ code: "REQUEST_INVALID" });
    expect((await fetch(`${container.url}/elsewhere`)).status).toBe(404);
  });

  test("says so when the coordinator does not take it in", async () => {
    const edge = createServer();
    const problem = {
      type: "about:blank",
      title: "",
      status: 410,
      code: "LINK_EXPIRED",
      detail: "",
    };
    edge.on("request", (request, response) => {
      response.statusCode = request.url === "/ticket" ? 201 : 410;
      const made = request.url === "/ticket" ? { ticket: "t", expiresAtMs: 0 } : problem;
      response.end(JSON.stringify(made));
    });
    edge.on("upgrade", (_request, socket) => socket.destroy());
    await new Promise<void>((resolve) => edge.listen(0, "127.0.0.1", resolve));
    const address = edge.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    try {
      const asked = (ticketUrl: string) =>
        post("/transcode-segment", { ...job, socketUrl: `ws://127.0.0.1:${port}/`, ticketUrl });
      const unheard = await asked(`http://127.0.0.1:${port}/ticket`);
      expect(unheard.status).toBe(503);
      expect(await unheard.json()).toMatchObject({ code: "NETWORK" });
      const refused = await asked(`http://127.0.0.1:${port}/refused`);
      expect(refused.status).toBe(410);
      expect(await refused.json()).toMatchObject({ code: "LINK_EXPIRED" });
    } finally {
      edge.close();
    }
  });

  test("stops its work when the edge ends the call", async () => {
    const edge = new AbortController();
    const storage = createServer(() => edge.abort());
    await new Promise<void>((resolve) => storage.listen(0, "127.0.0.1", resolve));
    const { port } = storage.address() as AddressInfo;
    const init = `http://127.0.0.1:${port}/init.mp4`;
    const body = {
      jobId: job.jobId,
      video: { init, media: [init] },
      audio: null,
      output: { url: init, headers: {} },
    };
    const call = fetch(`${container.url}/assemble-segments`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: edge.signal,
    });
    await expect(call).rejects.toThrow("aborted");
    await expect
      .poll(async () => {
        const health = await (await fetch(`${container.url}/health`)).json();
        return containerHealthSchema.parse(health).jobs;
      })
      .toBe(0);
    storage.closeAllConnections();
    storage.close();
  });

  test("holds no secret in its log", () => {
    expect(container.output()).toContain('"event":"listening"');
    expect(container.output()).not.toMatch(/token|X-Amz|Bearer/i);
  });
});

describe("a server process that is kept", () => {
  test("is started again when it was killed, which is said, and its health is told as it is", async () => {
    const said: string[] = [];
    const heard = new EventEmitter();
    const kept = await keepContainer((line) => {
      said.push(line);
      heard.emit("line");
    });
    if (kept === null) throw new Error("Install ffmpeg: these tests run the native one.");
    // Each check comes after the previous answer has expired.
    let nowMs = 0;
    const look = () => {
      nowMs += HEALTH_FOR_MS;
      return isWell(kept.url, nowMs);
    };
    try {
      expect(await look()).toBe(true);
      const killed = kept.pid();
      for (const signal of ["SIGSTOP", "SIGKILL"] as const) {
        const ended = once(heard, "line");
        process.kill(killed, signal);
        if (signal === "SIGKILL") await ended;
        // An answer is kept for HEALTH_FOR_MS.
        expect(await isWell(kept.url, nowMs + HEALTH_FOR_MS - 1)).toBe(signal === "SIGSTOP");
        expect(await look()).toBe(false);
      }
      while (said.length < 2) await once(heard, "line");
      expect(said[0]).toContain("killed by SIGKILL");
      expect(said[1]).toContain("runs again");
      expect(kept.pid()).not.toBe(killed);
      expect(await look()).toBe(true);
    } finally {
      await kept.stop();
    }
    expect(said).toHaveLength(2);
    expect(await look()).toBe(false);
  });
});

describe("permits", () => {
  test("run so many at once, in order, and give room back when work fails or waits in vain", async () => {
    const permits = new Permits(2);
    const { signal } = new AbortController();
    const order: number[] = [];
    let most = 0;
    const work = (id: number) => async () => {
      most = Math.max(most, permits.inUse);
      order.push(id);
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (id === 1) throw new Error("failed");
    };
    const leaving = new AbortController();
    const all = [0, 1, 2, 3, 4].map((id) =>
      permits.run(id === 3 ? leaving.signal : signal, work(id)).catch(() => "failed"),
    );
    leaving.abort(new Error("left"));
    await Promise.all(all);
    expect(order).toEqual([0, 1, 2, 4]);
    expect(most).toBe(2);
    expect(permits.inUse).toBe(0);
  });
});

describe("the Dockerfile", () => {
  const text = readFileSync(`${root}/edge/container/Dockerfile`, "utf8");

  test("runs as nobody special, from a slim image, and is asked for its health", () => {
    const final = text.slice(text.lastIndexOf("FROM "));
    expect(final).toMatch(/^FROM node:24-\w+-slim/);
    expect(final).toMatch(/^USER node$/m);
    expect(final).toMatch(/^HEALTHCHECK /m);
    expect(final.indexOf("USER node")).toBeGreaterThan(final.indexOf("apt-get"));
  });

  test("copies all that the server imports: it starts from just that", async () => {
    const image = await mkdtemp(join(tmpdir(), "tributary-image-"));
    try {
      for (const [, from = ""] of text.matchAll(/^COPY (?!--from)(\S+) \S+$/gm)) {
        await cp(join(root, from), join(image, from), { recursive: true });
      }
      await symlink(await realpath(join(root, "node_modules")), join(image, "node_modules"));
      const [, program = ""] = /^CMD \["node", "(\S+)"\]$/m.exec(text) ?? [];
      const container = await startContainer({ program: join(image, program) });
      expect(container?.output()).toContain('"event":"listening"');
      await container?.stop();
    } finally {
      await rm(image, { recursive: true, force: true });
    }
  });

  test("passes the linter", async () => {
    const { spawnSync } = await import("node:child_process");
    const linter = `${root}/node_modules/dockerfilelint/bin/dockerfilelint`;
    const run = spawnSync(process.execPath, [linter, `${root}/edge/container/Dockerfile`]);
    expect(run.stdout.toString()).toContain("None found");
    expect(run.status).toBe(0);
  });
});
