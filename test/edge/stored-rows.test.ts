import {
  applyD1Migrations,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { SCHEMA_VERSION } from "../../edge/coordinator/migrations.ts";
import { ROWS_OF_539CB1B } from "../schedule/rows-of-539cb1b.ts";
import {
  coordinator,
  createJob,
  eventually,
  plan,
  ScriptedHolder,
  status,
  until,
} from "./scripted-holder.ts";
import { contributorHello, share } from "./scripted-swarm.ts";

beforeAll(() => applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS));
afterEach(() => {
  vi.useRealTimers();
});

/** Tasks with results in the old rows. These results are not in this storage, so the rows of the tasks are left out. */
const UNTOUCHED = ["a0-0", "v-0"];

/** Rows as commit 539cb1b wrote them, changed to be of this job. @param hashes of its tokens, by role */
function rowsOf(jobId: string, hashes: Record<string, string>) {
  const known = plan.tasks.map(({ id }) => id).filter((id) => !UNTOUCHED.includes(id));
  return ROWS_OF_539CB1B.flatMap(({ kind, id, json }) => {
    const record = JSON.parse(json);
    const nothingMade = { tasksDone: 0, bytesStored: 0, firstPlayableAtMs: null };
    if (kind === "job") return { kind, id, record: { ...record, id: jobId, ...nothingMade } };
    if (kind === "holder")
      return { kind, id, record: { ...record, principal: hashes[record.role] } };
    const isKnown = known.includes(kind === "lease" ? record.taskId : id);
    return (kind === "task" || kind === "lease") && isKnown ? { kind, id, record } : [];
  });
}

function readStored(jobId: string, kind: string): Promise<Record<string, unknown>[]> {
  return runInDurableObject(coordinator(jobId), (_, { storage }) =>
    storage.sql
      .exec<{ json: string }>("SELECT json FROM records WHERE kind = ?", kind)
      .toArray()
      .map(({ json }) => JSON.parse(json)),
  );
}

test("a job that an earlier version stored goes on to its end, and its helper may fail once", async () => {
  const job = await createJob();
  const token = await share(job);
  const tokens = await readStored(job.jobId, "token");
  const hashes = Object.fromEntries(tokens.map(({ role, hash }) => [role, hash]));
  await runInDurableObject(coordinator(job.jobId), (_, { storage }) => {
    storage.sql.exec("DELETE FROM records WHERE kind IN ('job', 'task', 'lease', 'holder')");
    for (const { kind, id, record } of rowsOf(job.jobId, hashes)) {
      const json = JSON.stringify(record);
      storage.sql.exec("INSERT INTO records VALUES (?, ?, ?)", kind, id, json);
    }
  });
  const before = (await readStored(job.jobId, "task")).map(({ id }) => id);
  await evictDurableObject(coordinator(job.jobId));
  const after = await readStored(job.jobId, "task");
  expect(after.map(({ id }) => id)).toEqual(before);
  for (const task of after) expect(task).toHaveProperty("verification");

  const helper = new ScriptedHolder(job, "helper");
  const hello = { ...contributorHello(token), leases: ["v-1_1"] };
  expect(await helper.join(hello)).toMatchObject({ adopted: ["v-1_1"] });
  const failure = { code: "WORKER_CRASHED", retryable: true, message: "Crashed." } as const;
  helper.send({ type: "fail", leaseId: "v-1_1", ...failure });
  await eventually(async () => {
    const { tasks } = await status(job);
    expect(tasks).toContainEqual(expect.objectContaining({ id: "v-1", attempts: 1 }));
  });
  const { holders } = await status(job);
  expect(holders).toContainEqual(
    expect.objectContaining({ id: "helper", connected: true, trust: "new" }),
  );
  expect(helper.closeCode).toBeNull();

  const [stored] = await readStored(job.jobId, "job");
  expect(stored).toMatchObject({ id: job.jobId, schemaVersion: SCHEMA_VERSION });
  for (const task of await readStored(job.jobId, "task")) {
    expect(task).toHaveProperty("verification");
    expect(task).not.toHaveProperty("proof");
  }

  const owner = new ScriptedHolder(job, "owner");
  await owner.join();
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 31_000 });
  await runDurableObjectAlarm(coordinator(job.jobId));
  await owner.workToTheEnd();
  const done = await until(job, "ready");
  expect(done.segments).toHaveLength(plan.segments.length * 3);
});
