import { describe, expect, test } from "vitest";
import { HttpSocket, type HttpSocketCalls } from "../../shared/holder/http-socket.ts";
import { JobSocket } from "../../shared/holder/job-socket.ts";
import { TributaryError } from "../../shared/job/errors.ts";
import type { HolderMessage } from "../../shared/wire/holder-messages.ts";
import type { ReceivedTexts, SentTexts } from "../../shared/wire/http-socket.ts";
import { PROTOCOL_VERSION } from "../../shared/wire/protocol.ts";
import { welcome } from "./holder-by-hand.ts";
import { LocalSocket } from "./local-socket.ts";
import { ManualClock, settled } from "./manual-clock.ts";

const HELLO = {
  ...{
    type: "hello",
    protocolVersion: PROTOCOL_VERSION,
    role: "owner",
    holderId: "me",
    name: "",
    device: "",
  },
  ...{ slots: 1, engines: [], leases: [], hasSource: false },
} satisfies HolderMessage;

type Way = "web" | "http";
/** What happens to a connection. */
type Fate = "fails" | "silent" | "welcomed";

/** A job socket whose connections have these fates: those by WebSocket and those over HTTP. */
function open({ web, http }: { web: Fate; http?: Fate }) {
  const clock = new ManualClock();
  const taken: Way[] = [];
  const fates: Partial<Record<Way, Fate>> = { web, ...(http && { http }) };
  const sockets: LocalSocket[] = [];
  const connect = (way: Way) => () => {
    taken.push(way);
    const socket = new LocalSocket({
      onMessage: () => queueMicrotask(() => socket.deliver(welcome([]))),
      onPing: () => socket.pong(),
    });
    sockets.push(socket);
    queueMicrotask(() => {
      if (fates[way] === "fails") socket.break();
      if (fates[way] === "welcomed") socket.open();
    });
    return socket;
  };
  const jobSocket = new JobSocket({
    ticket: async () => "",
    connect: connect("web"),
    ...(http && { connectHttp: connect("http") }),
    clock,
    events: { onOpen: () => HELLO, onMessage: () => {}, onLost: () => {} },
  });
  return { clock, taken, fates, sockets, jobSocket };
}

describe("where WebSockets bring nothing", () => {
  test("two that fail at once are enough to go over HTTP", async () => {
    const { clock, taken, jobSocket, sockets } = open({ web: "fails", http: "welcomed" });
    await clock.advance(3_000);
    expect(taken).toEqual(["web", "web", "http"]);
    expect(jobSocket.overHttp).toBe(true);
    // It stays with HTTP as long as that works.
    sockets.at(-1)?.break();
    expect(jobSocket.overHttp).toBe(false);
    await clock.advance(3_000);
    expect(taken).toEqual(["web", "web", "http", "http"]);
    jobSocket.close();
    expect(clock.pending).toBe(0);
  });

  test("one that is silent for 10 s is enough", async () => {
    const { clock, taken, jobSocket } = open({ web: "silent", http: "welcomed" });
    await clock.advance(9_900);
    expect(taken).toEqual(["web"]);
    await clock.advance(1_000);
    expect(taken).toEqual(["web", "http"]);
    jobSocket.close();
  });

  test("a WebSocket is tried again where HTTP brings nothing either", async () => {
    const { clock, taken, fates, jobSocket } = open({ web: "fails", http: "fails" });
    await clock.advance(10_000);
    expect(taken.slice(0, 4)).toEqual(["web", "web", "http", "web"]);
    fates.web = "welcomed";
    await clock.advance(30_000);
    expect(taken.at(-1)).toBe("web");
    expect(jobSocket.overHttp).toBe(false);
    jobSocket.close();
  });

  test("nothing else is tried where there is no other way", async () => {
    const { clock, taken, jobSocket } = open({ web: "fails" });
    await clock.advance(60_000);
    expect(new Set(taken)).toEqual(new Set(["web"]));
    jobSocket.close();
  });
});

test("a WebSocket that works and breaks is opened again as such", async () => {
  const { clock, taken, jobSocket, sockets } = open({ web: "welcomed", http: "welcomed" });
  for (let n = 0; n < 5; n += 1) {
    await clock.advance(15_000);
    sockets.at(-1)?.break();
  }
  expect(new Set(taken)).toEqual(new Set(["web"]));
  jobSocket.close();
});

/** The other side of a socket over HTTP. It records requests and answers them when a test says so. */
class Requests {
  readonly sent: SentTexts[] = [];
  closed = 0;
  opens: Promise<string> = Promise.resolve("key");
  #answers: (() => Promise<void>)[] = [];
  #receives = Promise.withResolvers<ReceivedTexts>();
  readonly calls: HttpSocketCalls = {
    open: () => this.opens,
    send: (_key, sent, signal) => {
      this.sent.push(sent);
      return heeding(signal, this.#answers.shift()?.() ?? Promise.resolve());
    },
    receive: (_key, _have, signal) => heeding(signal, this.#receives.promise),
    close: async () => {
      this.closed += 1;
    },
  };

  /** Sets the answers to the next sends, in order. All further ones succeed at once. */
  answer(...answers: (() => Promise<void>)[]): void {
    this.#answers = answers;
  }

  say(received: ReceivedTexts): void {
    const { resolve } = this.#receives;
    this.#receives = Promise.withResolvers();
    resolve(received);
  }
}

function heeding<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
    work.then(resolve, reject);
  });
}

async function openHttp(requests = new Requests()) {
  const clock = new ManualClock();
  const socket = new HttpSocket("ticket", { calls: requests.calls, clock });
  const heard: unknown[] = [];
  let closes = 0;
  socket.addEventListener("message", ({ data }) => heard.push(data));
  socket.addEventListener("close", () => {
    closes += 1;
  });
  await settled();
  return { clock, requests, socket, heard, closes: () => closes };
}

describe("a socket over HTTP", () => {
  test("sends again what has no answer, in its order, and what came meanwhile after it", async () => {
    const { clock, requests, socket } = await openHttp();
    requests.answer(
      () => new Promise(() => {}),
      () => Promise.reject(new TributaryError("NETWORK", "")),
    );
    socket.send("a");
    socket.send("b");
    await settled();
    socket.send("c");
    await clock.advance(17_000);
    expect(requests.sent).toEqual([
      ...Array(3).fill({ first: 0, texts: ["a", "b"] }),
      { first: 2, texts: ["c"] },
    ]);
    socket.close();
    await settled();
    expect(clock.pending).toBe(0);
  });

  test("cuts what is much into requests that a slow line takes", async () => {
    const { requests, socket } = await openHttp();
    const long = "x".repeat(400_000);
    for (const text of [long, long, "a"]) socket.send(text);
    await settled();
    for (let n = 0; n < 450; n += 1) socket.send(String(n));
    await settled();
    expect(requests.sent.map(({ first, texts }) => [first, texts.length])).toEqual([
      [0, 1],
      [1, 2],
      [3, 200],
      [203, 200],
      [403, 50],
    ]);
    socket.close();
  });

  test("closes where the coordinator no longer knows it, or says so after its last words", async () => {
    const lost = await openHttp();
    lost.requests.answer(() => Promise.reject(new TributaryError("NOT_FOUND", "")));
    lost.socket.send("a");
    await settled();
    expect([lost.closes(), lost.socket.readyState]).toEqual([1, 3]);

    const ended = await openHttp();
    ended.requests.say({ texts: ["a", "b"], closed: { code: 1008, reason: "" } });
    await settled();
    expect([ended.heard, ended.closes()]).toEqual([["a", "b"], 1]);
    ended.socket.send("c");
    await settled();
    expect(ended.requests.sent).toEqual([]);
  });

  test("tells the coordinator that it is closed here, also where it opened too late", async () => {
    const early = await openHttp();
    early.socket.close();
    expect([early.requests.closed, early.closes()]).toEqual([1, 0]);

    const requests = new Requests();
    const opening = Promise.withResolvers<string>();
    requests.opens = opening.promise;
    const late = await openHttp(requests);
    late.socket.close();
    opening.resolve("key");
    await settled();
    expect([requests.closed, late.closes()]).toEqual([1, 0]);
  });

  test("fails as a WebSocket does where it is not let in", async () => {
    const requests = new Requests();
    requests.opens = Promise.reject(new TributaryError("RATE_LIMITED", ""));
    const { closes, socket } = await openHttp(requests);
    expect([closes(), socket.readyState]).toEqual([1, 3]);
  });
});
