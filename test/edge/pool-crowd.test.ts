import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { JobReport } from "../../edge/pool/model/messages.ts";
import {
  createPoolResponseSchema,
  type MemberMessage,
  POOL_PROTOCOL_VERSION,
  type PoolMessage,
  poolMessageSchema,
  poolTicketSchema,
  signedText,
} from "../../shared/wire/pool.ts";
import { reportOf } from "../pool/job-report.ts";
import { makeMemberKey } from "../pool/made-key.ts";
import { pooled, tokenOf } from "./pool-tab.ts";
import { call } from "./scripted-holder.ts";

// How many members one pool's object can serve, with real sockets in workerd.

const MEMBERS = 500;
const JOBS = 20;
/** Many times the time that it took on two busy cores. */
const MOST_MS = 60_000;

test(`${MEMBERS} members join, are handed out, moved and told`, async () => {
  const made = await call("/api/pools", {
    method: "POST",
    body: JSON.stringify({ name: "Crowd" }),
  });
  const pool = createPoolResponseSchema.parse(await made.json());
  const stub = env.POOL.getByName(pool.poolId);
  const joining = await pooled(pool, tokenOf(pool.joinUrl), "POST", "/ticket");
  const { ticket } = poolTicketSchema.parse(await joining.json());

  const assigned: (string | null)[] = [];
  const sockets: WebSocket[] = [];
  let welcomes = 0;
  const open = async (index: number): Promise<void> => {
    const key = await makeMemberKey();
    const headers = { upgrade: "websocket" };
    const path = `/api/pools/${pool.poolId}/socket?ticket=${ticket}`;
    const { webSocket } = await call(path, { headers });
    if (webSocket === null) throw new Error("no socket");
    sockets[index] = webSocket;
    assigned[index] = null;
    webSocket.addEventListener("message", async ({ data }) => {
      const message: PoolMessage = poolMessageSchema.parse(JSON.parse(String(data)));
      if (message.type === "welcome") welcomes += 1;
      if (message.type === "assign") assigned[index] = message.jobId;
      if (message.type !== "challenge") return;
      const hello: MemberMessage = {
        ...{ type: "hello", protocolVersion: POOL_PROTOCOL_VERSION, publicKey: key.publicKey },
        signature: await key.sign(signedText(message.poolId, message.nonce)),
        ...{ name: `m${index}`, device: "", engines: ["ffmpeg-wasm"], slots: 1 },
        ...{ rests: null, jobId: null },
      };
      webSocket.send(JSON.stringify(hello));
    });
    webSocket.accept();
  };
  const timed = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    const began = performance.now();
    await work();
    const ms = performance.now() - began;
    console.log(`${what}: ${ms.toFixed(0)} ms`);
    expect(ms).toBeLessThan(MOST_MS);
  };
  const until = async (isSo: () => boolean): Promise<void> => {
    const deadline = performance.now() + MOST_MS;
    while (!isSo()) {
      if (performance.now() > deadline) throw new Error("it did not happen");
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };

  await timed(`${MEMBERS} sockets, signatures and welcomes`, async () => {
    for (let from = 0; from < MEMBERS; from += 50) {
      await Promise.all(Array.from({ length: 50 }, (_, index) => open(from + index)));
    }
    await until(() => welcomes === MEMBERS);
  });

  const jobs = Array.from({ length: JOBS }, (_, index) => `${"0".repeat(18)}${10 + index}`);
  const ofAnHour = {
    pixelsPerSecond: 1e7,
    totalSeconds: 3_600,
    remainingSeconds: 3_600,
    openTasks: 600,
  };
  const report = (jobId: string, more: Partial<JobReport> = {}) =>
    reportOf(jobId, { ...ofAnHour, ...more });
  await timed(`${JOBS} jobs ask, and everybody is handed out`, async () => {
    for (const jobId of jobs) {
      const asked = { jobId, title: jobId, owner: jobId };
      expect(await stub.ask(tokenOf(pool.askUrl), asked)).toMatchObject({ ok: true });
    }
    // At the same time: on a slow machine, the first job to report would otherwise get all members.
    await Promise.all(jobs.map((jobId) => stub.report(report(jobId))));
    await until(() => assigned.every((jobId) => jobId !== null));
  });
  const sizes = jobs.map((jobId) => assigned.filter((each) => each === jobId).length);
  expect(Math.min(...sizes)).toBeGreaterThan(0);

  await timed("200 reports of jobs with 25 members each", async () => {
    const members = (await stub.overview(pool.operatorToken)) as unknown as {
      value: { memberList: { memberId: string }[] };
    };
    const ids = members.value.memberList.map(({ memberId }) => memberId);
    for (let round = 1; round <= 10; round += 1) {
      for (const [index, jobId] of jobs.entries()) {
        const work = ids.slice(25 * index, 25 * (index + 1)).map((memberId) => ({
          ...{ memberId, tasks: round, mediaSeconds: 6 * round, frames: 150 * round },
          ...{ bytes: 1e6 * round, pixels: 6e7 * round, workMs: 6_000 * round },
          ...{ byHash: 0, byPicture: 0, disputes: 0, lies: 0, failures: 0 },
        }));
        await stub.report(report(jobId, { work }));
      }
    }
  });

  await timed("a job ends, and its members are at other jobs", async () => {
    const [over = ""] = jobs;
    await stub.report(report(over, { hasEnded: true, remainingSeconds: 0 }));
    await until(() => !assigned.includes(over));
  });
  await timed(`${MEMBERS} say that they rest`, async () => {
    for (const socket of sockets) {
      socket.send(JSON.stringify({ type: "slots", slots: 0, rests: "paused" }));
    }
    // Polls until the object has read the last socket's message.
    const rested = async () =>
      (await (await pooled(pool, pool.operatorToken, "GET")).json()) as { working: number };
    while ((await rested()).working > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  });
  for (const socket of sockets) socket.close(1000);
});
