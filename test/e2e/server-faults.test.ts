import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Browser } from "playwright";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { RunningContainer } from "../../edge/local/container.ts";
import { type RunningServer, startServer } from "../../edge/local/server.ts";
import { containerHealthSchema, serveJobRequestSchema } from "../../shared/wire/container.ts";
import type { JobStatus } from "../../shared/wire/job-status.ts";
import { EdgeClient } from "../../web/edge-client.ts";
import { launchBrowser } from "../../web/headless/browser.ts";
import { fixture } from "../setup/media.ts";
import { openCutProxy } from "./cut-proxy.ts";
import { expectExactPictures } from "./exact-video.ts";
import { makeVideo, SMALL_LADDER } from "./made-video.ts";
import { expectAllByServers, expectOnce, newContainer } from "./native-servers.ts";
import { playToEnd } from "./playback.ts";
import { openSwitchboard, type Switchboard } from "./switchboard.ts";
import { fileOf, untilEnd } from "./whole-job.ts";

// Servers fail, or the connections between them and the edge. Each job still ends in a correct, complete video.

const LADDER = "480:1400,240:300";
const RUNGS = [{ shortSide: 240, kilobitsPerSecond: 300 }];
/** The queue repeats a failed call after 30 s. The coordinator repeats a lost one after 240 s. */
const LOST_CALL_TEST_MS = 480_000;

let browser: Browser;
let server: RunningServer;
let board: Switchboard;
let stateDir: string;
let containers: RunningContainer[] = [];

beforeAll(async () => {
  browser = await launchBrowser();
  board = await openSwitchboard();
  stateDir = await mkdtemp(join(tmpdir(), "tributary-servers-"));
  server = await startServer({ mode: "preview", stateDir, containerUrl: board.url });
});
afterEach(async () => {
  board.to(null);
  await Promise.all(containers.map((each) => each.stop()));
  containers = [];
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await board?.[Symbol.asyncDispose]();
  await rm(stateDir, { recursive: true, force: true });
});

async function oneMore(): Promise<RunningContainer> {
  const container = await newContainer();
  containers.push(container);
  return container;
}

async function healthOf(container: RunningContainer) {
  return containerHealthSchema.parse(await (await fetch(`${container.url}/health`)).json());
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(100);
}

/** The pid of an ffmpeg process that the container has started, or null. */
function ffmpegOf(parent: number): number | null {
  const isIt = (pid: string) => {
    try {
      const [name = "", rest = ""] = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ");
      return name.endsWith("(ffmpeg") && rest.split(" ")[1] === String(parent);
    } catch {
      return false;
    }
  };
  const pid = readdirSync("/proc").find(isIt);
  return pid === undefined ? null : Number(pid);
}

test("one killed in the middle of a task is followed by another; nothing is charged or done twice", async () => {
  const file = await fixture("long-gop-20s.mp4");
  const first = await oneMore();
  board.to(first);
  await using video = await makeVideo(browser, {
    serverUrl: server.url,
    file,
    ladder: LADDER,
    engine: "server",
    meddle: async () => {
      // Progress is told every few seconds; a fast machine is done by then.
      await until(() => ffmpegOf(first.pid) !== null);
      board.to(await oneMore());
      process.kill(first.pid, "SIGKILL");
      await first.exited;
    },
  });
  expectAllByServers(video.status);
  expectOnce(video.status);
  // More are called where the rest takes long.
  const servers = video.status.holders.filter(({ role }) => role === "server");
  expect(servers.length).toBeGreaterThanOrEqual(2);
  await expectExactPictures(video, { source: file });
});

test("one whose ffmpeg hangs kills it, and the task is done all the same", async () => {
  const file = await fixture("long-gop-20s.mp4");
  const container = await oneMore();
  let hung: number | null = null;
  board.to(container);
  await using video = await makeVideo(browser, {
    serverUrl: server.url,
    file,
    ladder: LADDER,
    engine: "server",
    meddle: async () => {
      await until(() => {
        hung = ffmpegOf(container.pid);
        return hung !== null && process.kill(hung, "SIGSTOP");
      });
    },
  });
  expectAllByServers(video.status);
  // As the slowest task it is copied by the other slot. Whichever comes first, the copy's result or the end of the
  // hung task as stalled: the process is killed, and at most one attempt is counted.
  await expect.poll(() => existsSync(`/proc/${hung}`)).toBe(false);
  expect(container.output()).toMatch(/"code":"(WORKER_STALLED|LEASE_LOST)"/);
  const charged = video.status.tasks.filter(({ attempts }) => attempts > 0);
  expect(charged.length).toBeLessThanOrEqual(1);
  await expectExactPictures(video, { source: file });
});

test("one slower than its leases: another has its tasks, and what it brings late counts for nothing", async () => {
  const file = await fixture("long-gop-20s.mp4");
  const slow = await oneMore();
  board.to(slow);
  let slowId = "";
  let takenOver: string[] = [];
  await using video = await makeVideo(browser, {
    serverUrl: server.url,
    file,
    ladder: LADDER,
    engine: "server",
    meddle: async (tab, job) => {
      await until(() => ffmpegOf(slow.pid) !== null);
      // Its sockets stay open and its ffmpeg processes run on. Only its messages come late.
      process.kill(slow.pid, "SIGSTOP");
      const had = (await tab.status(job)).tasks.filter(({ state }) => state === "leased");
      slowId = had[0]?.holder ?? "";
      board.to(await oneMore());
      // Waits until another server has one of its tasks. It may still finish the tasks that nobody took over.
      await until(async () => {
        const { tasks } = await tab.status(job);
        takenOver = tasks
          .filter(({ id, holder }) => had.some((each) => each.id === id && holder !== each.holder))
          .flatMap(({ id, holder }) => (holder === null ? [] : [id]));
        return takenOver.length > 0;
      });
      process.kill(slow.pid, "SIGCONT");
    },
  });
  expectAllByServers(video.status);
  expectOnce(video.status);
  // A third server is called where the rest takes long.
  const servers = video.status.holders.filter(({ role }) => role === "server");
  expect(servers.length).toBeGreaterThanOrEqual(2);
  // Seen in its log, and in the holders of the tasks.
  expect(slow.output()).toMatch(/"end":"lost"/);
  for (const { id, holder } of video.status.tasks) {
    if (takenOver.includes(id)) expect(holder).not.toBe(slowId);
  }
  await expectExactPictures(video, { source: file });
});

test("one that answers 500 is called again by the queue", async () => {
  const file = await fixture("plain-8s.mp4");
  board.to(await oneMore());
  board.fail(1);
  const before = board.calls().length;
  await using video = await makeVideo(browser, {
    serverUrl: server.url,
    file,
    ladder: SMALL_LADDER,
    engine: "server",
  });
  expectAllByServers(video.status);
  expectOnce(video.status);
  expect(board.calls().length - before).toBeGreaterThanOrEqual(2);
  await expectExactPictures(video, { source: file });
});

test("one killed while it reads a whole video is followed by another", async () => {
  await using proxy = await openCutProxy(server.url);
  const client = new EdgeClient(proxy.url);
  const first = await oneMore();
  board.to(first);
  const before = board.calls().length;
  const upload = await client.upload(await fileOf(await fixture("long-gop-20s.mp4")));
  // The heartbeats are small enough to pass; the source stalls.
  proxy.choke(100_000);
  const job = await client.createWholeJob({ source: { upload }, ladder: RUNGS });
  await until(async () => (await healthOf(first)).jobs === 1);
  await until(() => proxy.stalled() > 0);
  expect(await client.jobStatus(job.jobId)).toMatchObject({ state: "planned", tasks: [] });
  expect(await healthOf(first)).toMatchObject({ jobs: 1, busySlots: 0 });
  process.kill(first.pid, "SIGKILL");
  await first.exited;
  board.to(await oneMore());
  proxy.choke(null);

  const status = await untilEnd(client, job);
  expect(status).toMatchObject({ state: "ready", error: null });
  expectAllByServers(status);
  expectOnce(status);
  expect(board.calls().slice(before)).toEqual(Array(2).fill("/transcode-segment"));
  const played = await playToEnd(browser, job.masterUrl, 240);
  expect(played).toMatchObject({ errors: [], bufferedRanges: 1, ended: true, frames: 500 });
});

test("calls that are lost with the queue are made again by the alarms of who made them", {
  timeout: LOST_CALL_TEST_MS,
}, async () => {
  const file = await fixture("plain-8s.mp4");
  const client = new EdgeClient(server.url);
  const before = board.calls().length;
  let ofWhole: Promise<JobStatus> | null = null;
  let lost: string[] = [];
  await using video = await makeVideo(browser, {
    serverUrl: server.url,
    file,
    ladder: SMALL_LADDER,
    engine: "server",
    meddle: async () => {
      const upload = await client.upload(await fileOf(file));
      const whole = await client.createWholeJob({ source: { upload }, ladder: RUNGS });
      // No server answers, so both calls are in the queue, which is lost when this process stops.
      await until(() => board.calls().length >= before + 2);
      await server.stop();
      lost = tokensSince(before);
      const port = Number(new URL(server.url).port);
      server = await startServer({ mode: "preview", stateDir, port, containerUrl: board.url });
      board.to(await oneMore());
      ofWhole = untilEnd(client, whole);
    },
  });
  expectAllByServers(video.status);
  expectOnce(video.status);
  await expectExactPictures(video, { source: file });
  const status = (await (ofWhole as Promise<JobStatus> | null)) as JobStatus;
  expect(status).toMatchObject({ state: "ready", error: null });
  expectAllByServers(status);
  expectOnce(status);
  // Each call has its own token. No token of a lost call is used again.
  const made = tokensSince(before);
  expect(made.filter((token) => lost.includes(token))).toEqual(lost);
  expect(made.length).toBeGreaterThanOrEqual(lost.length + 2);
});

/** Tokens of the calls for a server since then; others (pictures) have none. */
function tokensSince(before: number): string[] {
  const paths = board.calls();
  return board
    .bodies()
    .filter((_, index) => index >= before && paths[index] === "/transcode-segment")
    .map((body) => serveJobRequestSchema.parse(JSON.parse(body)).token);
}
