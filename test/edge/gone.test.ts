import { applyD1Migrations, runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { consumeServerCalls } from "../../edge/servers/consumer.ts";
import { mp4Key } from "../../edge/servers/mp4.ts";
import type { CreateJobResponse } from "../../shared/wire/api.ts";
import {
  call,
  coordinator,
  createJob,
  eventually,
  made,
  makeAll,
  playlist,
  putAll,
  ScriptedHolder,
  status,
} from "./scripted-holder.ts";

// A deleted or cancelled video is gone: at every address, at once, and for good.

beforeAll(() => applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS));
afterEach(() => {
  vi.restoreAllMocks();
});

async function readyJob(): Promise<CreateJobResponse> {
  const job = await createJob();
  await makeAll(job);
  return job;
}

/** All addresses in the job's folder: the playlists', and those that they name. */
async function addressesOf(job: CreateJobResponse): Promise<string[]> {
  const media = (await playlist(job, "master.m3u8")).match(/[\w-]+\/\w+\.m3u8/g) ?? [];
  const files = await Promise.all(
    media.map(async (path) => {
      const folder = path.split("/")[0];
      const names = (await playlist(job, path)).match(/[\w-]+\.(m4s|mp4)/g) ?? [];
      return names.map((name) => `${folder}/${name}`);
    }),
  );
  return ["master.m3u8", ...media, ...files.flat()].map((path) => `/v/${job.jobId}/${path}`);
}

async function statuses(paths: readonly string[]): Promise<Set<number>> {
  const answers = await Promise.all(paths.map((path) => call(path)));
  await Promise.all(answers.map((answer) => answer.arrayBuffer()));
  return new Set(answers.map(({ status: code }) => code));
}

function asOwner(job: CreateJobResponse, method: string, path: string): Promise<Response> {
  return call(path, { method, headers: { authorization: `Bearer ${job.ownerToken}` } });
}

async function objectsOf({ jobId }: CreateJobResponse): Promise<string[]> {
  const lists = ["v", "chunks"].map((top) => env.MEDIA.list({ prefix: `${top}/${jobId}/` }));
  lists.push(env.MEDIA.list({ prefix: `records/${jobId}` }));
  return (await Promise.all(lists)).flatMap(({ objects }) => objects.map(({ key }) => key));
}

async function rowsOf({ jobId }: CreateJobResponse): Promise<number> {
  const counts = await env.CATALOG.batch<{ n: number }>(
    ["videos", "video_owners"].map((table) =>
      env.CATALOG.prepare(`SELECT COUNT(*) AS n FROM ${table} WHERE id = ?`).bind(jobId),
    ),
  );
  return counts.reduce((sum, { results }) => sum + (results[0]?.n ?? 0), 0);
}

const CONTAINER_URL = "http://container.example";

/** Lets the queue deliver a call for servers. @returns the spy of its `ack` */
async function consumeCall({ jobId }: CreateJobResponse, type: "assemble" | "pictures") {
  const ack = vi.fn();
  const body = { type, jobId, origin: "http://localhost" };
  const messages = [{ body, attempts: 1, ack, retry: vi.fn() }];
  await consumeServerCalls({ queue: "servers", messages } as never, { ...env, CONTAINER_URL });
  return ack;
}

async function expectGone(job: CreateJobResponse, addresses: readonly string[]): Promise<void> {
  expect(await statuses(addresses)).toEqual(new Set([404]));
  expect(await objectsOf(job)).toEqual([]);
  expect(await rowsOf(job)).toBe(0);
}

test("a video that was deleted is gone at once: status, playlists, segments, rows", async () => {
  const job = await readyJob();
  const addresses = await addressesOf(job);
  expect(await statuses(addresses)).toEqual(new Set([200]));
  const deleted = await asOwner(job, "DELETE", `/api/videos/${job.jobId}`);
  expect(deleted.status).toBe(204);
  await expectGone(job, [
    ...addresses,
    `/api/jobs/${job.jobId}`,
    `/coordinator-status?jobGroupId=${job.jobId}`,
    `/v/${job.jobId}/download.mp4`,
  ]);
  // Its alarms bring nothing back.
  await runDurableObjectAlarm(coordinator(job.jobId));
  await expectGone(job, addresses);
});

test("a job that runs is not deleted before it is cancelled", async () => {
  const job = await createJob();
  const holder = new ScriptedHolder(job);
  await holder.join();
  await holder.deliver(await holder.grant());
  expect((await asOwner(job, "DELETE", `/api/videos/${job.jobId}`)).status).toBe(400);
  expect((await status(job)).state).toBe("running");
});

test("a job says to anybody since when nobody is there who could go on", async () => {
  const job = await createJob();
  const asStranger = async () => (await call(`/api/jobs/${job.jobId}`)).json();
  expect(await asStranger()).toMatchObject({ stuckSinceMs: expect.any(Number) });
  const holder = new ScriptedHolder(job);
  await holder.join();
  await eventually(async () => expect(await asStranger()).toMatchObject({ stuckSinceMs: null }));
  holder.close();
  await eventually(async () =>
    expect(await asStranger()).toMatchObject({ stuckSinceMs: expect.any(Number) }),
  );
});

test("a cancelled job's video is gone: what was playable, what was under way, its rows", async () => {
  const job = await createJob();
  const holder = new ScriptedHolder(job);
  await holder.join();
  const [late, ...others] = await holder.grants(8);
  if (late === undefined) throw new Error("A task is needed.");
  for (const grant of others) await holder.deliver(grant);
  const outputs = made(late.task.id);
  const puts = await holder.offer(late.leaseId, outputs);
  const addresses = await addressesOf(job);
  expect((await asOwner(job, "DELETE", `/api/jobs/${job.jobId}`)).status).toBe(204);
  await eventually(() => expectGone(job, addresses));
  // For an hour, those who worked on the job can still read its state.
  expect(await status(job)).toMatchObject({ state: "cancelled", error: { code: "CANCELLED" } });
  // URLs that were signed before still work. The cleanup an hour later deletes what was uploaded by them.
  await putAll(puts, outputs);
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3_700_000 });
  await runDurableObjectAlarm(coordinator(job.jobId));
  await eventually(() => expectGone(job, addresses));
  vi.useRealTimers();
});

test("a video deleted while a server puts its MP4 together does not come back", async () => {
  const job = await readyJob();
  const real = globalThis.fetch;
  let deleted: Response | undefined;
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    if (!String(input).endsWith("/assemble-segments")) return real(input as Request, init);
    // The owner deletes the video. The server does not know it yet, and stores its file.
    deleted = await asOwner(job, "DELETE", `/api/videos/${job.jobId}`);
    await env.MEDIA.put(mp4Key(job.jobId), "an mp4");
    expect((await call(`/v/${job.jobId}/download.mp4`)).status).toBe(404);
    return Response.json({ sizeBytes: 6, videoFrames: 1, audioFrames: 0 });
  });
  const ack = await consumeCall(job, "assemble");
  expect(deleted?.status).toBe(204);
  expect(ack).toHaveBeenCalledOnce();
  await expectGone(job, [`/v/${job.jobId}/download.mp4`]);
});

test.each(["assemble", "pictures"] as const)(
  "a server at work for a video that is deleted is stopped: %s",
  async (type) => {
    const job = await readyJob();
    const real = globalThis.fetch;
    const stopped = vi.fn();
    vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
      if (!String(input).startsWith(CONTAINER_URL)) return real(input as Request, init);
      expect((await asOwner(job, "DELETE", `/api/videos/${job.jobId}`)).status).toBe(204);
      // The server would work for minutes more.
      return new Promise((_, reject) => {
        init?.signal?.addEventListener("abort", () => {
          stopped();
          reject(init.signal?.reason);
        });
      });
    });
    const ack = await consumeCall(job, type);
    expect(stopped).toHaveBeenCalledOnce();
    expect(ack).toHaveBeenCalledOnce();
    await expectGone(job, [`/v/${job.jobId}/download.mp4`]);
  },
);
