import { applyD1Migrations, runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { readRecord, recordedObjects } from "../../edge/storage/video-record.ts";
import { mediaKey } from "../../shared/job/object-keys.ts";
import {
  bytesOf,
  coordinator,
  createJob,
  eventually,
  hashed,
  made,
  plan,
  putAll,
  putBytes,
  ScriptedHolder,
  status,
  until,
} from "./scripted-holder.ts";

beforeAll(() => applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS));
afterEach(() => {
  vi.useRealTimers();
});

/** Moves the clock on, for the coordinator too, and runs its alarm if it is due by then. */
async function wait(jobId: string, seconds: number): Promise<void> {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + seconds * 1000 });
  await runDurableObjectAlarm(coordinator(jobId));
}

async function started() {
  const job = await createJob();
  const holder = new ScriptedHolder(job);
  await holder.join();
  return { job, holder };
}

test("a commit that comes twice counts once", async () => {
  const { job, holder } = await started();
  const grant = await holder.grant();
  const outputs = made(grant.task.id);
  await putAll(await holder.offer(grant.leaseId, outputs), outputs);
  holder.commit(grant.leaseId);
  holder.commit(grant.leaseId);
  expect(await holder.verdict()).toMatchObject({ type: "accepted", leaseId: grant.leaseId });
  holder.commit(grant.leaseId);
  expect(await holder.verdict()).toMatchObject({ type: "accepted", leaseId: grant.leaseId });

  const { tasks, bytesStored, holders } = await status(job);
  expect(tasks.filter(({ state }) => state === "done")).toHaveLength(1);
  expect(bytesStored).toBe(outputs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
  expect(holders).toMatchObject([{ tasksDone: 1 }]);
});

test("storage refuses bytes that differ from the offer, and a second object under a key", async () => {
  const { holder } = await started();
  const grant = await holder.grant();
  const outputs = made(grant.task.id);
  const [put] = await holder.offer(grant.leaseId, outputs);
  const output = outputs[put?.output ?? -1];
  if (put === undefined || output === undefined) throw new Error("Nothing to put.");
  const wrong = bytesOf(output);
  wrong[100] = (wrong[100] ?? 0) ^ 1;
  expect((await putBytes(put, wrong)).status).toBe(400);
  expect((await putBytes(put, wrong.slice(1))).status).toBe(403);
  expect((await putBytes(put, bytesOf(output))).status).toBe(200);
  expect((await putBytes(put, bytesOf(output))).status).toBe(412);
  const moved = { ...put, url: put.url.replace(output.sha256, "0".repeat(64)) };
  expect((await putBytes(moved, bytesOf(output))).status).toBe(403);
});

test("an upload that is not what its hash says is refused, and made again under another key", async () => {
  const { job, holder } = await started();
  const grant = await holder.grant();
  const outputs = made(grant.task.id);
  const [, media] = outputs;
  if (media === undefined) throw new Error("No media.");
  const wrong = bytesOf(media);
  wrong[100] = (wrong[100] ?? 0) ^ 1;
  // The SHA-256 of the right bytes, with other bytes and their MD5. Storage cannot detect this.
  const lie = { ...(await hashed(media, wrong)), sha256: media.sha256 };
  const offered = outputs.map((output) => (output === media ? lie : output));
  expect(await holder.deliver(grant, offered)).toMatchObject({
    type: "rejected",
    code: "OUTPUT_HASH_MISMATCH",
  });
  const [task] = (await status(job)).tasks;
  expect(task).toMatchObject({ state: "backoff", attempts: 1, lastError: "OUTPUT_HASH_MISMATCH" });

  await wait(job.jobId, 31);
  const again = await holder.grant();
  expect(again).toMatchObject({ attempt: 2, task: { id: grant.task.id } });
  expect(await holder.deliver(again)).toMatchObject({ type: "accepted" });
  const [refused, accepted] = [lie, media].map((output, index) => {
    const { leaseId } = [grant, again][index] ?? grant;
    return mediaKey(job.jobId, media.rendition, leaseId, output);
  });
  expect(await env.MEDIA.head(refused ?? "")).not.toBeNull();
  expect(await env.MEDIA.head(accepted ?? "")).not.toBeNull();
});

test("a commit without an upload is refused", async () => {
  const { holder } = await started();
  const grant = await holder.grant();
  await holder.offer(grant.leaseId, made(grant.task.id));
  holder.commit(grant.leaseId);
  expect(await holder.verdict()).toMatchObject({ type: "rejected", code: "OUTPUT_MISSING" });
});

test("another segment's media is refused", async () => {
  const { holder } = await started();
  const grants = await holder.grants(plan.tasks.length);
  const [first, second] = grants.filter(({ task }) => task.kind === "video");
  if (first === undefined || second === undefined) throw new Error("Two segments are needed.");
  const [index] = second.segments.map((segment) => segment.index);
  const swapped = made(first.task.id).map((output) => ({ ...output, segment: index ?? 0 }));
  const verdict = await holder.deliver(second, swapped);
  expect(verdict).toMatchObject({ type: "rejected" });
  expect(["OUTPUT_INVALID", "FRAME_COUNT_WRONG"]).toContain(
    verdict.type === "rejected" && verdict.code,
  );
});

test("a rendition has one init segment for an engine", async () => {
  const { holder } = await started();
  const grants = await holder.grants(plan.tasks.length);
  const [first, second, third] = grants.filter(({ task }) => task.kind === "video");
  if (!first || !second || !third) throw new Error("Three segments are needed.");

  const outputs = made(second.task.id);
  const foreign = await Promise.all(
    outputs.map(async (output) => {
      const bytes = bytesOf(output);
      // Changes the track's creation time: an init segment that plays just as well, but with other bytes.
      const tkhd = new TextDecoder("latin1").decode(bytes).indexOf("tkhd");
      if (output.kind !== "init" || tkhd < 0) return output;
      bytes[tkhd + 11] = 1;
      return hashed(output, bytes);
    }),
  );
  // The gate checks both at the same time, before either is accepted.
  for (const [grant, offer] of [
    [first, made(first.task.id)],
    [second, foreign],
  ] as const) {
    await putAll(await holder.offer(grant.leaseId, offer), offer);
  }
  holder.commit(first.leaseId);
  holder.commit(second.leaseId);
  const verdicts = [await holder.verdict(), await holder.verdict()];
  const [refused] = verdicts.filter(({ type }) => type === "rejected");
  expect(verdicts.filter(({ type }) => type === "accepted")).toHaveLength(1);
  expect(refused).toMatchObject({ code: "INIT_MISMATCH" });

  // Once one is accepted, the other init segment is refused without reading its bytes.
  const losing = refused?.leaseId === first.leaseId ? made(first.task.id) : foreign;
  const late = made(third.task.id).map((output) => {
    const other = losing.find(
      ({ kind, rendition }) => kind === "init" && rendition === output.rendition,
    );
    return output.kind === "init" && other ? { ...other, segment: output.segment } : output;
  });
  await holder.offer(third.leaseId, late);
  holder.commit(third.leaseId);
  expect(await holder.verdict()).toMatchObject({ type: "rejected", code: "INIT_MISMATCH" });
});

test("expired URLs are refused by storage; the same offer again brings fresh ones", async () => {
  const { holder } = await started();
  const grants = await holder.grants(plan.tasks.length);
  const grant = grants.find(({ task }) => task.kind === "video");
  if (grant === undefined) throw new Error("A segment is needed.");
  const outputs = made(grant.task.id);
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() - 3_600_000 });
  const [old] = await holder.offer(grant.leaseId, outputs);
  vi.useRealTimers();
  const output = outputs[old?.output ?? -1];
  if (old === undefined || output === undefined) throw new Error("Nothing to put.");
  expect((await putBytes(old, bytesOf(output))).status).toBe(403);

  const fresh = await holder.offer(grant.leaseId, outputs);
  expect(fresh).toHaveLength(outputs.filter(({ kind }) => kind === "media").length);
  const [first, ...rest] = fresh;
  if (first === undefined) throw new Error("Nothing to put.");
  expect((await putBytes(first, bytesOf(output))).status).toBe(200);
  // A second offer gets no PUT for outputs that storage already has.
  expect((await holder.offer(grant.leaseId, outputs)).map((put) => put.output)).toEqual(
    rest.map((put) => put.output),
  );
  await putAll(rest, outputs);
  holder.commit(grant.leaseId);
  expect(await holder.verdict()).toMatchObject({ type: "accepted" });
});

test("a socket that is cut for 20 s loses no work", async () => {
  const { job, holder } = await started();
  const [working, uploading] = await holder.grants(2);
  if (!working || !uploading) throw new Error("Two tasks are needed.");
  const outputs = made(uploading.task.id);
  const puts = await holder.offer(uploading.leaseId, outputs);
  holder.close();
  await putAll(puts, outputs);
  await wait(job.jobId, 20);
  expect((await status(job)).tasks.every(({ state }) => state === "waiting")).toBe(true);

  const welcome = await holder.join({ leases: [working.leaseId, uploading.leaseId, "v-9_1"] });
  expect(welcome.adopted).toEqual([working.leaseId, uploading.leaseId]);
  holder.commit(uploading.leaseId);
  expect(await holder.verdict()).toMatchObject({ type: "accepted", leaseId: uploading.leaseId });
  expect(await holder.deliver(working)).toMatchObject({ type: "accepted" });
  expect((await status(job)).tasks.map(({ attempts }) => attempts)).toEqual(
    plan.tasks.map(() => 0),
  );
});

test("an accepted result that its holder never heard of is told when it comes back", async () => {
  const { job, holder } = await started();
  const grant = await holder.grant();
  const outputs = made(grant.task.id);
  await putAll(await holder.offer(grant.leaseId, outputs), outputs);
  holder.commit(grant.leaseId);
  holder.close();
  await eventually(async () => expect((await status(job)).tasks[0]?.state).toBe("done"));
  expect((await holder.join({ leases: [grant.leaseId] })).adopted).toEqual([grant.leaseId]);
  holder.commit(grant.leaseId);
  expect(await holder.verdict()).toMatchObject({ type: "accepted" });
});

test("a silent holder's task goes to another, whose result counts", async () => {
  const { job, holder: silent } = await started();
  const grant = await silent.grant();
  const other = new ScriptedHolder(job);
  await other.join();
  // The alarm comes a minute late.
  await wait(job.jobId, 75);
  const taken = await other.grant();
  expect(taken.task.id).toBe(grant.task.id);
  expect(taken.attempt).toBe(1);

  silent.send({ type: "renew", leases: [{ leaseId: grant.leaseId, progress: 0.9 }] });
  expect(await silent.next("revoke")).toMatchObject({ leaseId: grant.leaseId, code: "LEASE_LOST" });
  expect(await other.deliver(taken)).toMatchObject({ type: "accepted" });
});

test("a holder that was silent takes its task up again while nobody else has it", async () => {
  const { job, holder } = await started();
  const grant = await holder.grant();
  expect((await status(job)).stuckSinceMs).toBeNull();
  await wait(job.jobId, 20);
  const stuck = await status(job);
  expect(stuck.tasks[0]).toMatchObject({ state: "ready", attempts: 0 });
  // A frozen tab keeps its socket open but makes nothing. So viewers are told that the maker is away.
  expect(stuck.stuckSinceMs).toEqual(expect.any(Number));
  holder.send({ type: "renew", leases: [{ leaseId: grant.leaseId, progress: 0.9 }] });
  await eventually(async () =>
    expect((await status(job)).tasks[0]).toMatchObject({ state: "leased", progress: 0.9 }),
  );
  expect((await status(job)).stuckSinceMs).toBeNull();
  expect(await holder.deliver(grant)).toMatchObject({ type: "accepted" });
});

test("three failures of a task end the job, with the backoff between them", async () => {
  const { job, holder } = await started();
  await holder.deliver(await holder.grant());
  const other = await holder.grant();
  const fail = (leaseId: string) =>
    holder.send({
      type: "fail",
      leaseId,
      code: "WORKER_CRASHED",
      retryable: true,
      message: "The worker crashed.",
    });
  const taskId = other.task.id;
  const stateOf = async () => (await status(job)).tasks.find(({ id }) => id === taskId);
  fail(other.leaseId);
  await eventually(async () => expect(await stateOf()).toMatchObject({ state: "backoff" }));

  // There is no other holder to take the task.
  await wait(job.jobId, 3);
  expect(await stateOf()).toMatchObject({ state: "ready", attempts: 1 });
  const second = await holder.grant();
  expect(second).toMatchObject({ attempt: 2, task: { id: taskId } });
  fail(second.leaseId);
  await eventually(async () => expect(await stateOf()).toMatchObject({ state: "backoff" }));
  await wait(job.jobId, 59);
  expect(await stateOf()).toMatchObject({ state: "backoff", attempts: 2 });
  await wait(job.jobId, 2);
  const third = await holder.grant();
  expect(third).toMatchObject({ attempt: 3, task: { id: taskId } });
  fail(third.leaseId);

  const failed = await until(job, "failed");
  expect(failed.error).toMatchObject({ code: "TASK_FAILED" });
  expect(await stateOf()).toMatchObject({ state: "failed", attempts: 3 });
  await eventually(async () => {
    const { results } = await env.CATALOG.prepare("SELECT * FROM videos WHERE id = ?")
      .bind(job.jobId)
      .all();
    expect(results).toMatchObject([{ state: "failed", error_code: "TASK_FAILED" }]);
  });
});

test("what can never work fails the job at once, with its own reason", async () => {
  const { job, holder } = await started();
  const [lost, kept] = await holder.grants(2);
  if (!lost || !kept) throw new Error("Two tasks are needed.");
  holder.send({
    type: "fail",
    leaseId: lost.leaseId,
    code: "DECODE_FAILED",
    retryable: false,
    message: "The source is damaged at 0:03.",
  });
  const failed = await until(job, "failed");
  expect(failed.error).toEqual({
    code: "DECODE_FAILED",
    message: "The source is damaged at 0:03.",
  });
  expect(await holder.next("revoke")).toMatchObject({ leaseId: kept.leaseId, code: "JOB_ENDED" });
});

test("a job that nobody comes back to for a day is given up", async () => {
  const { job, holder } = await started();
  holder.close();
  await eventually(async () => expect((await status(job)).holders[0]?.connected).toBe(false));
  await wait(job.jobId, 23 * 3600);
  expect((await status(job)).state).toBe("planned");
  await wait(job.jobId, 3700);
  const { state, error } = await status(job);
  expect(state).toBe("failed");
  expect(error?.code).toBe("OWNER_GONE");
});

test("an hour after its end nothing is left of a job but what plays", async () => {
  const { job, holder } = await started();
  const stray = `v/${job.jobId}/v144/${"0".repeat(64)}.m4s`;
  const chunk = `chunks/${job.jobId}/v-0-${"0".repeat(64)}.mp4`;
  await env.MEDIA.put(stray, "never accepted");
  await env.MEDIA.put(chunk, "a chunk");
  await holder.workToTheEnd();
  const { segments } = await until(job, "ready");
  await wait(job.jobId, 3_590);
  expect((await status(job)).state).toBe("ready");
  await wait(job.jobId, 20);
  await eventually(async () => expect(await coordinator(job.jobId).summary()).toBeNull());
  expect(await holder.closed()).toBe(1000);
  expect(await env.MEDIA.head(stray)).toBeNull();
  expect(await env.MEDIA.head(chunk)).toBeNull();
  const record = await readRecord(env.MEDIA, job.jobId);
  expect(record?.media.map(({ sha256 }) => sha256).sort()).toEqual(
    segments.map(({ sha256 }) => sha256).sort(),
  );
  if (record === null) return;
  const kept = (await env.MEDIA.list({ prefix: `v/${job.jobId}/` })).objects;
  expect(kept.map(({ key }) => key).sort()).toEqual(
    recordedObjects(record)
      .map(({ key }) => key)
      .sort(),
  );
});
