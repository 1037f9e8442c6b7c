import { applyD1Migrations, evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { type CreateJobResponse, createJobResponseSchema } from "../../shared/wire/api.ts";
import {
  type CreatePoolResponse,
  createPoolResponseSchema,
  type PoolOverview,
  poolFactsSchema,
  poolLinkSchema,
  poolOverviewSchema,
} from "../../shared/wire/pool.ts";
import { problemSchema } from "../../shared/wire/problem.ts";
import { makeMemberKey } from "../pool/made-key.ts";
import { LoopingHolder } from "./looping-holder.ts";
import { PoolTab, pooled, tokenOf } from "./pool-tab.ts";
import { call, eventually, lies, made, plan, status, until } from "./scripted-holder.ts";
import { ENGINE, ownerWithChunks } from "./scripted-swarm.ts";

// A pool with real coordinators, gate, storage, members and holders.

beforeAll(() => applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS));

async function newPool(): Promise<CreatePoolResponse> {
  const response = await call("/api/pools", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: "Media club" }),
  });
  expect(response.status).toBe(201);
  return createPoolResponseSchema.parse(await response.json());
}

function askFor(pool: CreatePoolResponse, more: object = {}, ask: object = {}): Promise<Response> {
  const { poolId } = pool;
  return call("/api/jobs", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ plan, pool: { poolId, token: tokenOf(pool.askUrl), ...ask }, ...more }),
  });
}

/** A job that asks the pool for help. All its chunks are in storage, and its owner is not connected. */
async function stagedJob(pool: CreatePoolResponse, requester: string): Promise<CreateJobResponse> {
  const response = await askFor(pool, {}, { requester });
  expect(response.status).toBe(201);
  const job = createJobResponseSchema.parse(await response.json());
  (await ownerWithChunks(job)).close();
  return job;
}

function ownerOf(job: CreateJobResponse): LoopingHolder {
  return new LoopingHolder(job, ({ id }) => made(id), {
    identity: { role: "owner", engines: [ENGINE] },
    token: job.ownerToken,
    encodeMs: 300,
    hasSource: true,
  });
}

async function overview(pool: CreatePoolResponse): Promise<PoolOverview> {
  const response = await pooled(pool, pool.operatorToken, "GET", "/overview");
  return poolOverviewSchema.parse(await response.json());
}

function ticketFor({ jobId }: CreateJobResponse, pass: string): Promise<Response> {
  const headers = { authorization: `Bearer ${pass}` };
  return call(`/api/jobs/${jobId}/ticket`, { method: "POST", headers });
}

async function codeOf(response: Response): Promise<string> {
  return problemSchema.parse(await response.json()).code;
}

describe("a pool", () => {
  test("is made, shown by its links, and operated by its operator alone", async () => {
    const pool = await newPool();
    const facts = await pooled(pool, tokenOf(pool.joinUrl), "GET");
    expect(poolFactsSchema.parse(await facts.json())).toMatchObject({
      name: "Media club",
      members: 0,
    });
    const refused = await pooled(pool, tokenOf(pool.joinUrl), "GET", "/overview");
    expect(await codeOf(refused)).toBe("FORBIDDEN");
    expect(await codeOf(await pooled(pool, "wrong", "GET"))).toBe("UNAUTHORIZED");
    expect(await codeOf(await pooled(pool, tokenOf(pool.askUrl), "POST", "/ticket"))).toBe(
      "UNAUTHORIZED",
    );
    const link = await pooled(pool, pool.operatorToken, "POST", "/links", {
      kind: "ask",
      label: "7b",
    });
    expect(link.status).toBe(201);
    expect((await overview(pool)).links).toHaveLength(3);
    const nowhere = await call(`/api/pools/${"0".repeat(20)}`, {
      headers: { authorization: "Bearer x" },
    });
    expect(await codeOf(nowhere)).toBe("POOL_NOT_FOUND");
    expect((await pooled(pool, pool.operatorToken, "DELETE")).status).toBe(204);
    expect(await codeOf(await pooled(pool, pool.operatorToken, "GET"))).toBe("POOL_NOT_FOUND");
  });

  test("helps no private video whose owner has not agreed, and nobody by a link that is over", async () => {
    const pool = await newPool();
    const secret = await askFor(pool, { visibility: "private" });
    expect(await codeOf(secret)).toBe("POOL_CONSENT_MISSING");
    const agreed = await askFor(pool, { visibility: "private" }, { sharePrivate: true });
    expect(agreed.status).toBe(201);
    expect(await codeOf(await askFor(pool, {}, { token: tokenOf(pool.joinUrl) }))).toBe(
      "UNAUTHORIZED",
    );
    const ask = (await overview(pool)).links.find(({ kind }) => kind === "ask");
    await pooled(pool, pool.operatorToken, "DELETE", `/links/${ask?.linkId}`);
    expect(await codeOf(await askFor(pool))).toBe("LINK_EXPIRED");
  });

  test("a video that becomes private is helped no more", async () => {
    const pool = await newPool();
    const job = createJobResponseSchema.parse(await (await askFor(pool)).json());
    await call(`/api/videos/${job.jobId}`, {
      method: "PATCH",
      headers: { authorization: `Bearer ${job.ownerToken}`, "content-type": "application/json" },
      body: JSON.stringify({ visibility: "private" }),
    });
    expect((await status(job)).pool).toBeNull();
    await eventually(async () => expect(await overview(pool)).toMatchObject({ jobs: 0 }));
  });

  test("its members help two owners, move by themselves, and are told what they gave", async () => {
    const pool = await newPool();
    const keys = [await makeMemberKey(), await makeMemberKey()];
    const tabs = keys.map((key) => new PoolTab(pool, key, { outputs: made }));
    const jobs = [await stagedJob(pool, "first-owner"), await stagedJob(pool, "second-owner")];
    await eventually(() => expect(new Set(tabs.flatMap((tab) => tab.jobs)).size).toBe(2));
    const owners = jobs.map(ownerOf);
    // Eviction loses what is not stored. The sockets and their attachments survive it.
    await evictDurableObject(env.POOL.getByName(pool.poolId));
    await Promise.all(jobs.map((job) => until(job, "ready")));
    const third = await stagedJob(pool, "first-owner");
    owners.push(ownerOf(third));
    await until(third, "ready");
    await eventually(async () => {
      const { memberList, owners: use, queue } = await overview(pool);
      expect(memberList.reduce((sum, { given }) => sum + given.tasks, 0)).toBeGreaterThan(2);
      expect(use.map((each) => each.jobs).sort()).toEqual([1, 2]);
      expect(queue.every(({ endedAtMs }) => endedAtMs !== null)).toBe(true);
    });
    expect(tabs.flatMap((tab) => tab.jobs)).toContain(third.jobId);
    await eventually(() => {
      expect(tabs.some(({ member }) => (member.given?.tasks ?? 0) > 0)).toBe(true);
    });
    for (const tab of tabs) tab.stop();
    for (const owner of owners) owner.leave();
    await eventually(async () => expect(await overview(pool)).toMatchObject({ members: 0 }));
  });

  test("a liar is out of the pool, and what it made is made again in every video", async () => {
    const pool = await newPool();
    const key = await makeMemberKey();
    const black = (taskId: string) => lies.black[taskId] ?? made(taskId);
    const liar = new PoolTab(pool, key, { outputs: black });
    const jobs = [await stagedJob(pool, "first-owner"), await stagedJob(pool, "second-owner")];
    const [one, two] = jobs as [CreateJobResponse, CreateJobResponse];
    await eventually(async () => {
      for (const job of jobs) expect((await status(job)).progress).toBe(1);
    });
    const owners = [ownerOf(one)];
    await eventually(() => expect(liar.member.refused?.code).toBe("SENT_AWAY"));
    // The other video loses the liar's results, too, although none of them was compared there.
    await eventually(async () => expect((await status(two)).progress).toBe(0));
    owners.push(ownerOf(two));
    const ready = await Promise.all(jobs.map((job) => until(job, "ready")));
    const [member] = (await overview(pool)).memberList;
    expect(member).toMatchObject({ connected: false, record: { proven: 0, lies: 1 } });
    expect(member?.bannedAtMs).not.toBeNull();
    const right = new Set(plan.tasks.flatMap(({ id }) => made(id).map(({ sha256 }) => sha256)));
    for (const { segments } of ready) {
      expect(segments.filter(({ sha256 }) => !right.has(sha256))).toEqual([]);
    }
    // When it comes again, the pool recognizes its key.
    const again = new PoolTab(pool, key, { outputs: made });
    await eventually(() => expect(again.member.refused?.code).toBe("SENT_AWAY"));
    for (const owner of owners) owner.leave();
  });

  test("a member that the operator sends away is out of its job at once", async () => {
    const pool = await newPool();
    const tab = new PoolTab(pool, await makeMemberKey(), { outputs: made, encodeMs: 60_000 });
    const job = await stagedJob(pool, "some-owner");
    const helpers = async () =>
      (await status(job)).holders.filter(({ role, connected }) => {
        return role === "contributor" && connected;
      });
    await eventually(async () => expect(await helpers()).toHaveLength(1));
    const [member] = (await overview(pool)).memberList;
    const [pass = ""] = tab.passes;
    expect((await ticketFor(job, pass)).status).toBe(201);
    await pooled(pool, pool.operatorToken, "DELETE", `/members/${member?.memberId}`);
    await eventually(async () => expect(await helpers()).toEqual([]));
    await eventually(() => expect(tab.member.refused?.code).toBe("SENT_AWAY"));
    expect(await codeOf(await ticketFor(job, pass))).toBe("UNAUTHORIZED");
  });

  test.each([
    ["whose link is closed", (linkId: string) => `/links/${linkId}`],
    ["whose pool has ended", () => ""],
  ])("a member %s opens no job with a pass that it has kept", async (_, address) => {
    const pool = await newPool();
    const tab = new PoolTab(pool, await makeMemberKey(), { outputs: made, encodeMs: 60_000 });
    const job = await stagedJob(pool, "some-owner");
    await eventually(() => expect(tab.passes).toHaveLength(1));
    const [pass = ""] = tab.passes;
    expect((await ticketFor(job, pass)).status).toBe(201);
    const links = (await overview(pool)).links.filter(({ members }) => members > 0);
    await pooled(pool, pool.operatorToken, "DELETE", address(links[0]?.linkId ?? ""));
    expect(await codeOf(await ticketFor(job, pass))).toBe("UNAUTHORIZED");
    tab.stop();
  });

  test("a device that joins in another tab leaves the first one, which does not fight for its place", async () => {
    const pool = await newPool();
    const key = await makeMemberKey();
    const first = new PoolTab(pool, key, { outputs: made });
    await eventually(() => expect(first.member.connected).toBe(true));
    const second = new PoolTab(pool, key, { outputs: made });
    await eventually(() => expect(first.member.refused?.code).toBe("POOL_ELSEWHERE"));
    expect(second.member).toMatchObject({ connected: true, refused: null });
    expect(await overview(pool)).toMatchObject({ members: 1 });
    second.stop();
  });

  test("a link lets in nobody after its time, and no more than its number", async () => {
    const pool = await newPool();
    const [one, two] = [await makeMemberKey(), await makeMemberKey()];
    const asked = { kind: "join", label: "7b", expiresInDays: 1, maxMembers: 1 };
    const answer = await pooled(pool, pool.operatorToken, "POST", "/links", asked);
    const { linkId, url, expiresAtMs } = poolLinkSchema.parse(await answer.json());
    expect(expiresAtMs - Date.now()).toBeLessThanOrEqual(86_400_000);
    const by = { ...pool, joinUrl: url };
    const first = new PoolTab(by, one, { outputs: made });
    await eventually(() => expect(first.member.connected).toBe(true));
    const next = new PoolTab(by, two, { outputs: made });
    await eventually(async () => {
      expect((await overview(pool)).links).toContainEqual(
        expect.objectContaining({ linkId, label: "7b", members: 1, maxMembers: 1 }),
      );
    });
    expect(next.member.connected).toBe(false);
    first.stop();
    next.stop();
    const stub = env.POOL.getByName(pool.poolId);
    await runInDurableObject(stub, (_pool, { storage }) => {
      storage.sql.exec(
        "UPDATE records SET json = json_set(json, '$.expiresAtMs', 1) WHERE id = ?",
        linkId,
      );
    });
    await evictDurableObject(stub);
    const late = await pooled(pool, tokenOf(url), "POST", "/ticket");
    expect(await codeOf(late)).toBe("LINK_EXPIRED");
  });

  test("its page can be installed as an app that opens the pool and joins", async () => {
    const pool = await newPool();
    const { pathname } = new URL(pool.joinUrl);
    const response = await call(`${pathname}/app.webmanifest`, {
      headers: { "accept-language": "de" },
    });
    expect(response.headers.get("content-type")).toContain("application/manifest+json");
    expect(await response.json()).toMatchObject({
      ...{ start_url: `${pathname}?kiosk`, scope: pathname, display: "standalone", lang: "de" },
      icons: expect.arrayContaining([expect.objectContaining({ sizes: "512x512" })]),
    });
  });

  test("nobody comes as somebody else: a hello is signed for its socket", async () => {
    const pool = await newPool();
    const [key, other] = [await makeMemberKey(), await makeMemberKey()];
    const thief = new PoolTab(pool, { ...key, sign: other.sign }, { outputs: made });
    await eventually(() => expect(thief.member.refused?.code).toBe("UNAUTHORIZED"));
    const replayed = new PoolTab(
      pool,
      { ...key, sign: () => key.sign("earlier") },
      { outputs: made },
    );
    await eventually(() => expect(replayed.member.refused?.code).toBe("UNAUTHORIZED"));
    expect((await overview(pool)).memberList).toEqual([]);
  });
});
