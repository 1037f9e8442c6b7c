import { applyD1Migrations, runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { MAX_FAULTS } from "../../edge/coordinator/schedule/verify/faults.ts";
import type { CreateJobResponse } from "../../shared/wire/api.ts";
import type { CoordinatorMessage } from "../../shared/wire/coordinator-messages.ts";
import { PROTOCOL_VERSION } from "../../shared/wire/protocol.ts";
import {
  coordinator,
  createJob,
  eventually,
  made,
  offered,
  plan,
  ScriptedHolder,
  status,
} from "./scripted-holder.ts";
import {
  contributorHello,
  ENGINE,
  grantWithin,
  joinByLink,
  ownerWithChunks,
  share,
  workWhileThereIsWork,
} from "./scripted-swarm.ts";

beforeAll(() => applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS));
afterEach(() => {
  vi.useRealTimers();
});

const MESSAGES = 10_000;

test("contributors that only ever fail cannot end the job, and are sent away", {
  timeout: 300_000,
}, async () => {
  const job = await createJob();
  const owner = await ownerWithChunks(job);
  const token = await share(job);
  let saboteur = await joinByLink(job, token, 8);
  let failed = 0;
  let sentAway = 0;
  for (let round = 0; round < 5; round += 1) {
    for (;;) {
      const grant = await grantWithin(saboteur, 500);
      if (grant === null) break;
      const { leaseId } = grant;
      const code = "ENCODE_FAILED" as const;
      saboteur.send({ type: "fail", leaseId, code, retryable: false, message: "No." });
      failed += 1;
      if (failed % MAX_FAULTS !== 0) continue;
      expect(await saboteur.next("error")).toMatchObject({
        code: "SENT_AWAY",
        message: expect.stringMatching(/5 pieces in a row failed on this device.*No\.$/),
      });
      expect(await saboteur.closed()).toBe(1008);
      sentAway += 1;
      // It can join by the same link again, but not under its old name.
      const again = new ScriptedHolder(job, saboteur.name);
      await again.knock(contributorHello(token));
      expect(await again.next("error")).toMatchObject({ code: "SENT_AWAY" });
      saboteur = await joinByLink(job, token, 8);
    }
    await wait(job.jobId, 91);
  }
  expect(failed).toBeGreaterThanOrEqual(plan.tasks.length);
  expect(sentAway).toBeGreaterThan(0);
  const { state, holders } = await status(job);
  expect(state).toBe("running");
  expect(holders.filter(({ trust }) => trust === "banned")).toHaveLength(sentAway);
  await expectReadyByOwner(job, owner);
});

test(`${MESSAGES} messages of nonsense and malice lose nothing`, { timeout: 900_000 }, async () => {
  const job = await createJob();
  const owner = await ownerWithChunks(job);
  const held = await grantWithin(owner);
  const token = await share(job);
  let fuzzer = await joinByLink(job, token, 8);
  const received: CoordinatorMessage[] = [];
  // Its own leases. `foreign`: a lease of the owner's, and ids that do not exist.
  const leases: string[] = [];
  const foreign = [held?.leaseId ?? "none", "v-0_99", "x"];
  const random = generator(20_261_122);
  const before = (await status(job)).settings;
  // The clock moves on as fast as its message budget needs, so that all messages are read.
  vi.useFakeTimers({ toFake: ["Date"] });
  for (let sent = 0; sent < MESSAGES; sent += 1) {
    fuzzer.sendRaw(nonsense(random, [...leases.slice(-5), ...foreign]));
    if (sent % 100 !== 99) continue;
    vi.setSystemTime(Date.now() + 4_000);
    // Reads the answers as they come, to limit memory.
    expect((await status(job)).state).toBe("running");
    for (const message of fuzzer.received.splice(0)) {
      received.push(message);
      if (message.type === "grant") leases.push(...message.grants.map(({ leaseId }) => leaseId));
    }
    // Sent away after too many refused results, it joins again by the same link.
    if (fuzzer.closeCode !== null) fuzzer = await joinByLink(job, token, 8);
    if (held === null) continue;
    owner.send({ type: "renew", leases: [{ leaseId: held.leaseId, progress: 0.1 }] });
  }
  received.push(...fuzzer.received);
  // Every answer was parsed, so it is a message of the protocol. Each error has this code.
  const errors = received.filter(({ type }) => type === "error");
  expect(errors.length).toBeGreaterThan(MESSAGES / 4);
  const codes = new Set(errors.map((error) => (error.type === "error" ? error.code : "")));
  codes.delete("SENT_AWAY");
  expect([...codes]).toEqual(["MESSAGE_INVALID"]);
  expect(received.some(({ type }) => type === "revoke")).toBe(true);
  expect(received.some(({ type }) => type === "rejected")).toBe(true);

  const after = await status(job);
  expect(after.settings).toEqual(before);
  expect(after.segments).toEqual([]);
  // The owner still has its lease.
  expect(after.tasks.find(({ id }) => id === held?.task.id)?.holder).toBe(owner.holderId);
  if (held !== null) owner.send({ type: "release", leaseId: held.leaseId });
  fuzzer.close();
  await expectReadyByOwner(job, owner);
});

function nonsense(random: () => number, leases: readonly string[]): string {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const leaseId = pick(leases);
  const task = pick(plan.tasks);
  const outputs = offered(made(pick(plan.tasks).id));
  const [first] = outputs;
  const sound = [
    { type: "want", slots: pick([0, 1, 2, 64]) },
    { type: "renew", leases: leases.map((id) => ({ leaseId: id, progress: random() })) },
    { type: "offer", leaseId, outputs },
    { type: "offer", leaseId, outputs: first ? [first, first] : [] },
    { type: "offer", leaseId, outputs: outputs.map((each) => ({ ...each, frames: 1 })) },
    { type: "offer", leaseId, outputs: outputs.map((each) => ({ ...each, rendition: "../v1" })) },
    { type: "commit", leaseId, engine: pick([ENGINE, "webcodecs"]), encodeMs: 1, warnings: [] },
    { type: "compared", leaseId, verdict: pick(["agrees", "lies", "unsure", "yes"]) },
    { type: "release", leaseId },
    { type: "stage-offer", chunk: chunkOf(task.id), sha256: "0".repeat(64), md5: "A".repeat(22) },
    { type: "staged", taskId: task.id },
    {
      type: "stage-failed",
      taskId: task.id,
      code: "SOURCE_CORRUPT",
      retryable: false,
      message: "",
    },
    { type: "settings", settings: { verify: "off", stageAll: false } },
    {
      type: "hello",
      protocolVersion: PROTOCOL_VERSION,
      role: "owner",
      token: "t",
      holderId: "h",
      name: "",
      device: "",
      slots: 1,
    },
  ];
  const text = JSON.stringify(pick(sound));
  const fate = random();
  if (fate < 0.45) return text;
  if (fate < 0.6) return text.slice(0, Math.floor(random() * text.length));
  if (fate < 0.8)
    return text.replace(/[0-9]+|true|false/, pick(["-1", "1e99", "null", '"a"', "{}"]));
  if (fate < 0.95) {
    const at = Math.floor(random() * text.length);
    return (
      text.slice(0, at) + String.fromCharCode(Math.floor(random() * 0xd7ff)) + text.slice(at + 1)
    );
  }
  return pick([
    "",
    "[]",
    "null",
    "ping ",
    '{"type":"__proto__"}',
    `{"type":"${"x".repeat(5_000)}"}`,
  ]);
}

function chunkOf(taskId: string) {
  return { taskId, sizeBytes: 1, baseTicks: 0, trimStartTicks: 0, trimEndTicks: 1 };
}

/** Random numbers in [0, 1), the same sequence for each seed (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The owner alone makes the rest, and all segments are there. */
async function expectReadyByOwner(job: CreateJobResponse, owner: ScriptedHolder): Promise<void> {
  for (let round = 0; round < 5; round += 1) {
    await workWhileThereIsWork(owner);
    const { tasks, state } = await status(job);
    if (state !== "running" || tasks.every((task) => task.state === "done")) break;
    await wait(job.jobId, 91);
  }
  await eventually(async () => expect((await status(job)).state).toBe("ready"));
  const truth = plan.tasks.flatMap(({ id }) => made(id)).filter(({ kind }) => kind === "media");
  const { segments } = await status(job);
  expect(segments.map(({ sha256 }) => sha256).sort()).toEqual(
    truth.map(({ sha256 }) => sha256).sort(),
  );
}

/** Moves the clock on, for the coordinator too, and fires its alarm if it is due by then. */
async function wait(jobId: string, seconds: number): Promise<void> {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + seconds * 1000 });
  await runDurableObjectAlarm(coordinator(jobId));
}
