import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { mostSockets } from "../../edge/coordinator/budgets.ts";
import { newJobId } from "../../edge/http/auth.ts";
import { sealSocketKey } from "../../edge/http/http-socket-key.ts";
import type { HttpSocketCalls } from "../../shared/holder/http-socket.ts";
import { TributaryError } from "../../shared/job/errors.ts";
import type { Task } from "../../shared/job/job.ts";
import type { CreateJobResponse } from "../../shared/wire/api.ts";
import type { HolderMessage } from "../../shared/wire/holder-messages.ts";
import { EdgeRequests, HttpPeer } from "./http-peer.ts";
import { LoopingHolder } from "./looping-holder.ts";
import {
  createJob,
  made,
  openSocket,
  ScriptedHolder,
  status,
  ticketFor,
} from "./scripted-holder.ts";
import { contributorHello, ENGINE, ownerWithChunks, problem, share } from "./scripted-swarm.ts";

// Sockets over HTTP requests, with the real Worker and coordinator.

beforeAll(() => applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS));
afterEach(() => {
  vi.useRealTimers();
});

async function peerOf(job: CreateJobResponse, token = job.ownerToken): Promise<HttpPeer> {
  return HttpPeer.open(job.jobId, await ticketFor(job.jobId, token));
}

function helloOf(job: CreateJobResponse, said: Partial<HolderMessage> = {}, name?: string) {
  return JSON.stringify({ ...new ScriptedHolder(job, name).hello(), ...said });
}

const UNKNOWN = "{}";

describe("who may open and use a connection", () => {
  test("nobody without a ticket of this job, or with another connection's key", async () => {
    const job = await createJob();
    const other = await createJob();
    const requests = new EdgeRequests(job.jobId);
    const strange = ["", "x", await ticketFor(other.jobId, other.ownerToken)];
    for (const ticket of strange) {
      const response = await requests.post("", { ticket });
      expect((await problem(response)).code).toBe("UNAUTHORIZED");
    }
    expect((await problem(await requests.post("", {}))).code).toBe("REQUEST_INVALID");

    const peer = await peerOf(job);
    const jobId = newJobId();
    const keys = [
      "x",
      await ticketFor(job.jobId, job.ownerToken),
      sealSocketKey(env, { jobId, connectionId: peer.connectionId }),
      sealSocketKey({ ...env, SIGNING_SECRET: "another" }, { jobId: job.jobId, connectionId: "x" }),
    ];
    for (const key of keys) {
      const sent = await requests.post("/send", { first: 0, texts: [UNKNOWN] }, key);
      expect((await problem(sent)).code).toBe("UNAUTHORIZED");
      const received = await requests.post("/receive", { have: 0 }, key);
      expect((await problem(received)).code).toBe("UNAUTHORIZED");
      expect((await problem(await requests.close(key))).code).toBe("UNAUTHORIZED");
    }
    const lost = sealSocketKey(env, { jobId: job.jobId, connectionId: "x" });
    expect((await problem(await requests.post("/receive", { have: 0 }, lost))).code).toBe(
      "NOT_FOUND",
    );
    const noJob = await new EdgeRequests("x").post("", { ticket: "x" });
    expect((await problem(noJob)).code).toBe("JOB_NOT_FOUND");
    // Its own connection still works after all these attempts.
    await peer.send(0, [helloOf(job)]);
    expect((await peer.receive(0)).messages[0]?.type).toBe("welcome");
  });

  test("no more at once than of WebSockets, with which they are counted", async () => {
    const job = await createJob();
    const ticket = await ticketFor(job.jobId, job.ownerToken);
    const most = mostSockets("owner", 0);
    const requests = new EdgeRequests(job.jobId);
    const opened = await Promise.all([
      ...Array.from({ length: 3 }, () => openSocket(job.jobId, ticket)),
      ...Array.from({ length: most - 3 }, () => requests.post("", { ticket })),
    ]);
    for (const { webSocket } of opened) webSocket?.accept();
    expect(opened.map((each) => each.status).sort()).toEqual([
      ...Array(3).fill(101),
      ...Array(most - 3).fill(201),
    ]);
    expect((await problem(await requests.post("", { ticket }))).code).toBe("RATE_LIMITED");
    expect((await openSocket(job.jobId, ticket)).status).toBe(429);
  });

  test("a flood of requests closes its own connection", async () => {
    const job = await createJob();
    const link = await share(job);
    const peer = await peerOf(job, link);
    await peer.send(0, [helloOf(job, contributorHello(""))]);
    const { texts } = await peer.receive(0);
    vi.useFakeTimers({ toFake: ["Date"] });
    // Each request asks for a text that is already there, so it is answered at once.
    for (let n = 0; n < 300 && !peer.isClosed; n += 1) await peer.receive(texts.length - 1);
    expect(peer.closed?.code).toBe(1008);
    expect(peer.last).toMatchObject({ type: "error", code: "RATE_LIMITED" });
  });
});

describe("texts", () => {
  test("a request that is sent again brings nothing twice", async () => {
    const job = await createJob();
    const peer = await peerOf(job);
    const hello = helloOf(job);
    await peer.send(0, [hello]);
    await peer.send(0, [hello]);
    await peer.send(1, [UNKNOWN, UNKNOWN]);
    await peer.send(1, [UNKNOWN, UNKNOWN]);
    // The coordinator already has the first of these two.
    await peer.send(2, [UNKNOWN, UNKNOWN]);
    await peer.send(4, ["ping"]);
    const types = (await peer.receiveUntil("pong")).map((each) => each.type);
    expect(types.filter((type) => type === "welcome")).toHaveLength(1);
    expect(types.filter((type) => type === "error")).toHaveLength(3);
  });

  test("an answer that was lost is given again, and what the holder has is forgotten", async () => {
    const job = await createJob();
    const peer = await peerOf(job);
    await peer.send(0, [helloOf(job), UNKNOWN]);
    const first = await peer.receive(0);
    expect(await peer.receive(0)).toEqual(first);
    expect(first.texts.length).toBeGreaterThanOrEqual(2);
    const rest = await peer.receive(1);
    expect(rest.texts).toEqual(first.texts.slice(1));
    expect((await problem(await peer.askFor(0))).code).toBe("NOT_FOUND");
    expect((await problem(await peer.askFor(1))).code).toBe("NOT_FOUND");
  });

  test("texts that overtook others close the connection: none is left out in silence", async () => {
    const job = await createJob();
    const peer = await peerOf(job);
    await peer.send(0, [helloOf(job)]);
    expect((await problem(await peer.trySend(2, [UNKNOWN]))).code).toBe("NOT_FOUND");
    expect((await problem(await peer.trySend(1, [UNKNOWN]))).code).toBe("NOT_FOUND");
    expect((await status(job)).holders).toMatchObject([{ connected: false }]);
  });

  test("a request waits for what comes, and gives way to a later one", async () => {
    const job = await createJob();
    const peer = await peerOf(job);
    await peer.send(0, [helloOf(job)]);
    // After the job's state, no message comes without being asked for.
    const have = (await peer.receiveUntil("job")).length;
    const early = peer.receive(have);
    const late = peer.receive(have);
    expect(await early).toMatchObject({ texts: [], closed: null });
    await peer.send(1, [UNKNOWN]);
    expect((await late).messages[0]).toMatchObject({ type: "error", code: "MESSAGE_INVALID" });
  });
});

describe("the end of a connection", () => {
  test("has the codes of a WebSocket, after what was said before", async () => {
    const job = await createJob();
    const name = crypto.randomUUID();
    const first = await peerOf(job);
    await first.send(0, [helloOf(job, {}, name)]);
    expect((await first.receive(0)).messages[0]?.type).toBe("welcome");
    await new ScriptedHolder(job, name).join();
    await first.receiveUntil("welcome");
    expect(first.closed?.code).toBe(4000);

    const stranger = await peerOf(job);
    await stranger.send(0, [helloOf(job, contributorHello(""))]);
    const refused = await stranger.receive(0);
    expect(refused.messages).toMatchObject([{ type: "error", code: "UNAUTHORIZED" }]);
    expect(refused.closed?.code).toBe(1008);
    // A repeated request, as after a lost answer, gets the same answer.
    expect(await stranger.receive(0)).toEqual(refused);

    const older = await peerOf(job);
    await older.send(0, [JSON.stringify({ type: "hello", protocolVersion: 1 })]);
    expect(await older.receive(0)).toMatchObject({
      messages: [{ type: "error", code: "PROTOCOL_OUTDATED" }],
      closed: { code: 1008, reason: "PROTOCOL_OUTDATED" },
    });
  });

  test("is what the holder says, and its task is free at once", async () => {
    const job = await createJob();
    const peer = await peerOf(job);
    await peer.send(0, [helloOf(job, { slots: 1, want: 1 } as Partial<HolderMessage>)]);
    await peer.receiveUntil("grant");
    expect((await peer.hangUp()).status).toBe(204);
    expect((await status(job)).holders).toMatchObject([{ connected: false }]);
    const next = new ScriptedHolder(job);
    await next.join();
    expect((await next.grant()).attempt).toBe(1);
    expect((await problem(await peer.askFor(0))).code).toBe("NOT_FOUND");
  });

  test("is a silence of 15 s, of a tab that was closed", { timeout: 40_000 }, async () => {
    const job = await createJob();
    const peer = await peerOf(job);
    await peer.send(0, [helloOf(job)]);
    await peer.receive(0);
    const silentSince = Date.now();
    await vi.waitFor(
      async () => expect((await status(job)).holders).toMatchObject([{ connected: false }]),
      { timeout: 25_000, interval: 250 },
    );
    expect(Date.now() - silentSince).toBeGreaterThan(13_000);
    expect((await problem(await peer.askFor(0))).code).toBe("NOT_FOUND");
  });
});

test("a helper whose answers get lost makes a whole video, and nothing twice", async () => {
  const job = await createJob();
  const { helper, outcome } = await helperOverHttp(job, (calls) => losing(calls, 3));
  await helper.ended();
  expect(await outcome()).toEqual({ state: "ready", failed: [] });
  expect(helper.ends.filter(({ state }) => state !== "accepted")).toEqual([]);
});

/** A helper that makes all of a job alone. */
async function helperOverHttp(
  job: CreateJobResponse,
  overHttp: (calls: HttpSocketCalls) => HttpSocketCalls,
) {
  const owner = await ownerWithChunks(job);
  owner.send({ type: "settings", settings: { verify: "off" } });
  const token = await share(job);
  owner.close();
  const helper = new LoopingHolder(job, ({ id }: Task) => made(id), {
    identity: { role: "contributor", engines: [ENGINE] },
    token,
    encodeMs: 50,
    overHttp,
  });
  const outcome = async () => {
    const { state, tasks } = await status(job);
    return { state, failed: tasks.filter(({ attempts }) => attempts > 0) };
  };
  return { helper, outcome };
}

/** Loses every n-th answer, after the edge has carried out the request. @param every n */
function losing(calls: HttpSocketCalls, every: number): HttpSocketCalls {
  let asked = 0;
  const answer = async <T>(work: Promise<T>): Promise<T> => {
    const got = await work;
    asked += 1;
    if (asked % every === 0) throw new TributaryError("NETWORK", "The answer got lost.");
    return got;
  };
  return {
    ...calls,
    send: (...of) => answer(calls.send(...of)),
    receive: (...of) => answer(calls.receive(...of)),
  };
}
