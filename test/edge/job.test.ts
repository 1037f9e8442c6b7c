import { applyD1Migrations, evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, test, vi } from "vitest";
import { segmentFrames } from "../../shared/job/job.ts";
import { parseMediaPlaylist } from "../playlist/media-playlist.ts";
import {
  coordinator,
  createJob,
  made,
  plan,
  playlist,
  putAll,
  ScriptedHolder,
  until,
} from "./scripted-holder.ts";

beforeAll(() => applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS));

test("one holder turns a plan into a video that plays from storage", async () => {
  const job = await createJob();
  const holder = new ScriptedHolder(job);
  const welcome = await holder.join();
  expect(welcome.job.state).toBe("planned");
  expect(welcome.job.tasks.map(({ state }) => state)).toEqual(plan.tasks.map(() => "ready"));

  await holder.workToTheEnd();
  const done = await until(job, "ready");
  expect(done.segments).toHaveLength(plan.segments.length * 3);
  expect(done.error).toBeNull();
  expect(done.firstPlayableAtMs).toBeLessThanOrEqual(done.endedAtMs ?? 0);
  for (const { rendition, segment, frames, holder: by } of done.segments) {
    const planned = plan.segments[segment];
    if (rendition.startsWith("v")) expect(frames).toBe(planned && segmentFrames(planned));
    expect(by).toBe(holder.holderId);
  }

  const master = await playlist(job, "master.m3u8");
  expect(master).toContain("v144/playlist.m3u8");
  const media = parseMediaPlaylist(await playlist(job, "v144/playlist.m3u8"));
  expect(media.endlist).toBe(true);
  expect(media.segments).toHaveLength(plan.segments.length);
  const { results } = await env.CATALOG.prepare("SELECT * FROM videos WHERE id = ?")
    .bind(job.jobId)
    .all();
  expect(results).toMatchObject([{ state: "ready", name: plan.source.name }]);
});

test("the log has one line for each turn of a job and each failed attempt, and no secret", async () => {
  const spy = vi.spyOn(console, "log").mockImplementation(() => {});
  try {
    const job = await createJob();
    const holder = new ScriptedHolder(job);
    await holder.join();
    const { task, leaseId } = await holder.grant();
    const message = `Its token is ${job.ownerToken}.`;
    holder.send({ type: "fail", leaseId, code: "WORKER_CRASHED", retryable: true, message });
    await holder.deliver(await holder.grant());
    await coordinator(job.jobId).cancel(job.ownerToken);
    await until(job, "cancelled");

    const lines = spy.mock.calls.map(([line]) => String(line));
    expect(lines.join("\n")).not.toMatch(/X-Amz|Bearer|https?:/);
    expect(lines.join("\n")).not.toContain(job.ownerToken);
    const events = lines.map((line) => JSON.parse(line) as { jobId: string });
    const { jobId } = job;
    expect(events.filter((each) => each.jobId === jobId)).toMatchObject([
      { event: "job", state: "planned", tasks: plan.tasks.length },
      { event: "job", state: "running" },
      { event: "task-failed", taskId: task.id, attempt: 1, code: "WORKER_CRASHED" },
      { event: "job", state: "cancelled", code: "CANCELLED" },
    ]);
  } finally {
    spy.mockRestore();
  }
});

test("the coordinator is evicted between each pair of steps", { timeout: 300_000 }, async () => {
  const job = await createJob();
  const stub = coordinator(job.jobId);
  const evict = async () => {
    // Only a running object can be evicted. Any call starts it.
    await stub.summary();
    await evictDurableObject(stub);
  };
  await evict();
  const holder = new ScriptedHolder(job);
  await holder.join();
  for (let task = 0; task < plan.tasks.length; task += 1) {
    await evict();
    const grant = await holder.grant();
    await evict();
    holder.send({ type: "renew", leases: [{ leaseId: grant.leaseId, progress: 0.5 }] });
    await evict();
    const outputs = made(grant.task.id);
    const puts = await holder.offer(grant.leaseId, outputs);
    await evict();
    await putAll(puts, outputs);
    await evict();
    holder.commit(grant.leaseId);
    await evict();
    expect(await holder.verdict()).toMatchObject({ type: "accepted", leaseId: grant.leaseId });
  }
  await evict();
  const done = await until(job, "ready");
  expect(done.tasks.map(({ attempts }) => attempts)).toEqual(plan.tasks.map(() => 0));
  expect(done.segments).toHaveLength(plan.segments.length * 3);
});
