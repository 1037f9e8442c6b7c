import { applyD1Migrations, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { notice } from "../../shared/job/notice.ts";
import type { LeaseGrant } from "../../shared/wire/lease.ts";
import { PROTOCOL_VERSION } from "../../shared/wire/protocol.ts";
import {
  call,
  coordinator,
  createJob,
  eventually,
  made,
  offered,
  plan,
  putAll,
  ScriptedHolder,
  status,
} from "./scripted-holder.ts";

beforeAll(() => applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS));

test("what is no message is answered with an error, and the socket stays", async () => {
  const holder = new ScriptedHolder(await createJob());
  await holder.join();
  const strange = [
    "",
    "{",
    "null",
    "[]",
    '{"type":"constructor"}',
    '{"type":"want","slots":-1}',
    '{"type":"want","slots":1e9}',
    '{"type":"offer","leaseId":"v-0_1","outputs":[]}',
    '{"type":"renew","leases":[{"leaseId":"../x","progress":2}]}',
    JSON.stringify({ type: "want", slots: 1, padding: "x".repeat(1_000_000) }),
    new Uint8Array([1, 2, 3]).buffer,
  ];
  for (const data of strange) {
    holder.sendRaw(data);
    expect(await holder.next("error")).toMatchObject({ code: "MESSAGE_INVALID" });
  }
  expect(await holder.grant()).toMatchObject({ attempt: 1 });
});

test("nothing is answered before a hello, and little is read", async () => {
  const holder = new ScriptedHolder(await createJob());
  await holder.open();
  holder.send({ type: "want", slots: 1 });
  expect(await holder.next("error")).toMatchObject({ code: "UNAUTHORIZED" });
  holder.sendRaw(JSON.stringify({ type: "hello", padding: "x".repeat(100_000) }));
  expect(await holder.next("error")).toMatchObject({ code: "MESSAGE_INVALID" });
  expect(holder.received.map(({ type }) => type)).toEqual(["error", "error"]);
});

test("a hello of another protocol version is refused with a code, whatever else it says", async () => {
  const job = await createJob();
  const refusals = [
    [{ protocolVersion: undefined }, "PROTOCOL_OUTDATED"],
    [{ protocolVersion: 0 }, "PROTOCOL_OUTDATED"],
    [{ protocolVersion: PROTOCOL_VERSION + 1 }, "PROTOCOL_UNKNOWN"],
    // Another version may have other fields.
    [{ protocolVersion: PROTOCOL_VERSION + 1, engines: "all", role: "guest" }, "PROTOCOL_UNKNOWN"],
  ] as const;
  for (const [said, code] of refusals) {
    const holder = new ScriptedHolder(job);
    await holder.open();
    holder.sendRaw(JSON.stringify({ ...holder.hello(), ...said }));
    expect(await holder.next("error")).toMatchObject({ code });
    expect(await holder.closed()).toBe(1008);
  }
  expect((await status(job)).holders).toEqual([]);
  await new ScriptedHolder(job).join({ protocolVersion: PROTOCOL_VERSION });
});

test("a token is kept as a hash only", async () => {
  const job = await createJob();
  const rows = await runInDurableObject(coordinator(job.jobId), (_, { storage }) =>
    storage.sql.exec<{ json: string }>("SELECT json FROM records").toArray(),
  );
  expect(rows.length).toBeGreaterThan(2);
  expect(JSON.stringify(rows)).not.toContain(job.ownerToken);
});

test("holders that ask at the same time get different tasks", async () => {
  const job = await createJob();
  const holders = [1, 2, 3, 4].map(() => new ScriptedHolder(job));
  await Promise.all(holders.map((holder) => holder.join()));
  const grants = (await Promise.all(holders.map((holder) => holder.grants(1)))).flat();
  expect(new Set(grants.map(({ task }) => task.id)).size).toBe(4);

  // Offers, uploads and commits of all holders run at the same time.
  const deliver = (holder: ScriptedHolder, grant: LeaseGrant | undefined) =>
    grant ? holder.deliver(grant) : null;
  const verdicts = await Promise.all(holders.map((holder, n) => deliver(holder, grants[n])));
  expect(verdicts.map((verdict) => verdict?.type)).toEqual(Array(4).fill("accepted"));
});

test("a holder cannot speak for another's lease", async () => {
  const job = await createJob();
  const one = new ScriptedHolder(job);
  const two = new ScriptedHolder(job);
  await Promise.all([one.join(), two.join()]);
  const grant = await one.grant();
  two.send({ type: "offer", leaseId: grant.leaseId, outputs: offered(made(grant.task.id)) });
  expect(await two.next("revoke")).toMatchObject({ leaseId: grant.leaseId, code: "LEASE_LOST" });
  two.send({ type: "release", leaseId: grant.leaseId });
  expect(await two.next("revoke")).toMatchObject({ leaseId: grant.leaseId });
  expect(await one.deliver(grant)).toMatchObject({ type: "accepted" });
});

test("what an encoder warns of stands in the job with its code and time, old holders' without", async () => {
  const job = await createJob();
  const holder = new ScriptedHolder(job);
  await holder.join();
  const damaged = notice("SOUND_MISSING", "The sound is damaged between 0:02.0 and 0:04.0.", 2);
  const [first, second] = [await holder.grant(), await holder.grant()];
  for (const { leaseId, task } of [first, second]) {
    await putAll(await holder.offer(leaseId, made(task.id)), made(task.id));
  }
  holder.commit(first.leaseId, "ffmpeg-native", [damaged]);
  expect(await holder.verdict()).toMatchObject({ type: "accepted" });
  const { leaseId } = second;
  const warnings = [damaged.message, "Something else."];
  holder.send({ type: "commit", leaseId, engine: "ffmpeg-native", encodeMs: 1, warnings });
  expect(await holder.verdict()).toMatchObject({ type: "accepted" });
  expect(await status(job)).toMatchObject({
    warnings,
    notices: [damaged, notice("OTHER", "Something else.")],
  });
});

test("a closed socket frees its tasks at once", async () => {
  const job = await createJob();
  const one = new ScriptedHolder(job);
  const two = new ScriptedHolder(job);
  await Promise.all([one.join(), two.join()]);
  const all = await one.grants(plan.tasks.length);
  expect(all.map(({ task }) => task.id)).toEqual(plan.tasks.map(({ id }) => id));
  two.send({ type: "want", slots: 1 });
  one.close();
  const [grant] = (await two.next("grant")).grants;
  expect(grant?.task.id).toBe(plan.tasks[0]?.id);
});

test("a second socket of a holder takes the first one's place", async () => {
  const job = await createJob();
  const holder = new ScriptedHolder(job);
  await holder.join();
  const grant = await holder.grant();
  const again = new ScriptedHolder(job, holder.name);
  expect((await again.join({ leases: [grant.leaseId] })).adopted).toEqual([grant.leaseId]);
  expect(await holder.closed()).toBe(4000);
  expect(await again.deliver(grant)).toMatchObject({ type: "accepted" });
});

test("cancelling revokes all work, for good", async () => {
  const job = await createJob();
  const holder = new ScriptedHolder(job);
  await holder.join();
  const [first, second] = await holder.grants(2);
  if (!first || !second) throw new Error("Two tasks are needed.");
  const outputs = made(first.task.id);
  const puts = await holder.offer(first.leaseId, outputs);
  const cancel = (token: string) =>
    call(`/api/jobs/${job.jobId}`, {
      method: "DELETE",
      headers: { authorization: `Bearer ${token}` },
    });
  expect((await cancel("wrong")).status).toBe(403);
  expect((await call(`/api/jobs/${job.jobId}`, { method: "DELETE" })).status).toBe(401);
  const answers = await Promise.all([cancel(job.ownerToken), cancel(job.ownerToken)]);
  expect(answers.map((answer) => answer.status)).toEqual([204, 204]);
  const revoked = [await holder.next("revoke"), await holder.next("revoke")];
  expect(revoked.map(({ leaseId }) => leaseId)).toEqual([first.leaseId, second.leaseId]);
  expect(revoked.every(({ code }) => code === "CANCELLED")).toBe(true);

  // The uploads and the commit come after the cancellation.
  await putAll(puts, outputs);
  holder.commit(first.leaseId);
  expect(await holder.next("revoke")).toMatchObject({ code: "JOB_ENDED" });
  const { state, segments } = await status(job);
  expect(state).toBe("cancelled");
  expect(segments).toEqual([]);
});

test("progress is told in deltas, once a second at most", async () => {
  const job = await createJob();
  const holder = new ScriptedHolder(job);
  await holder.join();
  const grant = await holder.grant();
  const before = holder.received.filter(({ type }) => type === "job").length;
  const startMs = Date.now();
  for (let step = 1; step <= 30; step += 1) {
    holder.send({ type: "renew", leases: [{ leaseId: grant.leaseId, progress: step / 30 }] });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await eventually(() => {
    const [last] = holder.received.filter(({ type }) => type === "job").slice(-1);
    const tasks = (last?.type === "job" && last.job.tasks) || [];
    expect(tasks).toMatchObject([{ id: grant.task.id, progress: 1 }]);
  });
  const seconds = (Date.now() - startMs) / 1000;
  const deltas = holder.received.filter(({ type }) => type === "job").length - before;
  expect(deltas).toBeGreaterThan(0);
  expect(deltas).toBeLessThanOrEqual(Math.ceil(seconds) + 1);
});

test("who says in its hello what it would start has it without asking, and so with an offer", async () => {
  const job = await createJob();
  const holder = new ScriptedHolder(job);
  expect(await holder.join({ want: 1 })).toMatchObject({ wanted: 1 });
  const { grants } = await holder.next("grant");
  expect(grants).toHaveLength(1);
  const [grant] = grants;
  if (grant === undefined) throw new Error("no grant");
  const outputs = offered(made(grant.task.id));
  holder.send({ type: "offer", leaseId: grant.leaseId, outputs, want: 1 });
  expect((await holder.next("grant")).grants).toHaveLength(1);
  holder.close();

  const older = new ScriptedHolder(job);
  expect(await older.join()).not.toHaveProperty("wanted");
  older.close();
});

test("a segment takes no more than six messages of its holder", async () => {
  const job = await createJob();
  const holder = new ScriptedHolder(job);
  await holder.join();
  const from = holder.received.length;
  let sent = 0;
  const send = holder.send.bind(holder);
  holder.send = (message) => {
    sent += 1;
    send(message);
  };
  await holder.workToTheEnd();
  const received = holder.received.slice(from).filter(({ type }) => type !== "job");
  expect(sent + received.length).toBeLessThanOrEqual(6 * plan.tasks.length);
});
