import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { CreateJobResponse } from "../../shared/wire/api.ts";
import type { JobStatus } from "../../shared/wire/job-status.ts";
import type { MadeOutput } from "./made-job.ts";
import {
  call,
  createJob,
  eventually,
  lies,
  made,
  plan,
  playlist,
  ScriptedHolder,
  status,
  until,
} from "./scripted-holder.ts";
import {
  contributorHello,
  deliver,
  grantWithin,
  joinByLink,
  owned,
  ownerWithChunks,
  problem,
  refusedHello,
  share,
  workWhileThereIsWork,
} from "./scripted-swarm.ts";

beforeAll(() => applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS));
afterEach(() => {
  vi.useRealTimers();
});

describe("a contributor link", () => {
  test("lets a stranger work on what lies in storage, and the owner sees who it is", async () => {
    const job = await createJob();
    const owner = await ownerWithChunks(job);
    const helper = await joinByLink(job, await share(job));
    expect(await grantWithin(helper)).toMatchObject({
      engine: "ffmpeg-wasm",
      chunk: { from: "url" },
    });
    const { holders } = await status(job);
    expect(holders.map(({ role, trust }) => [role, trust])).toEqual([
      ["owner", "trusted"],
      ["contributor", "new"],
    ]);
    owner.close();
  });

  test("opens nothing but the socket of its own job", async () => {
    const job = await createJob();
    const other = await createJob();
    const token = await share(job);
    await ownerWithChunks(job);
    await joinByLink(job, token);

    // For the status, a helper's token shows no more than none.
    const seen = (await (await owned(job, "GET", "", undefined, token)).json()) as JobStatus;
    expect(seen).toMatchObject({ holders: [], segments: [] });
    for (const [method, path] of [
      ["DELETE", ""],
      ["POST", "/share"],
      ["DELETE", "/share"],
      ["DELETE", "/contributors/anybody"],
    ] as const) {
      const body = method === "POST" ? {} : undefined;
      const response = await owned(job, method, path, body, token);
      expect(response.status, `${method} ${path}`).toBe(403);
      expect(await problem(response)).toMatchObject({ code: "FORBIDDEN" });
    }
    expect((await call(`/api/jobs/${job.jobId}/share`, { method: "POST" })).status).toBe(401);

    const hello = contributorHello(token);
    expect(await refusedHello(other, hello)).toBe("UNAUTHORIZED");
    expect(await refusedHello(job, { ...hello, role: "owner" })).toBe("UNAUTHORIZED");
    expect(await refusedHello(job, { ...hello, role: "server" })).toBe("UNAUTHORIZED");
    expect(await refusedHello(job, { ...hello, token: other.ownerToken })).toBe("UNAUTHORIZED");
    expect((await status(job)).state).not.toBe("cancelled");
  });

  test("cannot speak as the owner, stage chunks, or change settings", async () => {
    const job = await createJob();
    const owner = new ScriptedHolder(job);
    await owner.join({ engines: ["ffmpeg-wasm"] });
    const token = await share(job);
    const helper = new ScriptedHolder(job);
    await helper.join({ ...contributorHello(token), hasSource: true });
    helper.send({ type: "settings", settings: { verify: "off", servers: "never" } });
    helper.send({ type: "staged", taskId: plan.tasks[0]?.id ?? "" });
    const failure = { code: "SOURCE_CORRUPT" as const, retryable: false, message: "Give up!" };
    helper.send({ type: "stage-failed", taskId: plan.tasks[0]?.id ?? "", ...failure });
    // The helper claims to have the file, but gets no task that needs it.
    expect(await grantWithin(helper)).toBeNull();
    const now = await status(job);
    expect(now.settings).toMatchObject({ verify: "adaptive", servers: "when-needed" });
    expect(now.tasks.every(({ attempts }) => attempts === 0)).toBe(true);

    // With the owner's name or id it still counts as another holder, by its own token.
    for (const name of [owner.name, owner.holderId]) {
      const thief = new ScriptedHolder(job, name);
      await thief.join(contributorHello(token));
      expect(thief.holderId).not.toBe(owner.holderId);
    }
    expect(await owner.grant()).toMatchObject({ attempt: 1 });
  });

  test("is over when its time is, and full when its places are taken", async () => {
    const job = await createJob();
    const token = await share(job, { maxContributors: 2, expiresInMinutes: 5 });
    const first = await joinByLink(job, token);
    const second = await joinByLink(job, token);
    expect(await refusedHello(job, contributorHello(token))).toBe("LINK_FULL");
    // A known helper may come back, and a place becomes free when a helper leaves.
    const again = new ScriptedHolder(job, second.name);
    await again.join(contributorHello(token));
    first.close();
    await eventually(() => joinByLink(job, token));
    expect(await refusedHello(job, contributorHello(token))).toBe("LINK_FULL");

    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 6 * 60_000 });
    expect(await refusedHello(job, contributorHello(token))).toBe("LINK_EXPIRED");
  });

  test("sends away whom the owner removes, and everybody when it is revoked", async () => {
    const job = await createJob();
    const owner = await ownerWithChunks(job);
    const token = await share(job);
    const [helper, other] = [await joinByLink(job, token), await joinByLink(job, token)];
    const grant = await grantWithin(helper);
    const removed = await owned(job, "DELETE", `/contributors/${helper.holderId}`);
    expect(removed.status).toBe(204);
    expect(await helper.next("error")).toMatchObject({ code: "SENT_AWAY" });
    expect(await helper.closed()).toBe(1008);
    // Its task goes to another holder at once, and no failed attempt is counted.
    expect(await grantWithin(other)).toMatchObject({ attempt: 1, task: { id: grant?.task.id } });
    const back = refusedHello(job, contributorHello(token), helper.name);
    expect(await back).toBe("SENT_AWAY");
    // Only contributors are removed.
    await owned(job, "DELETE", `/contributors/${owner.holderId}`);
    expect(owner.closeCode).toBeNull();

    expect((await owned(job, "DELETE", "/share")).status).toBe(204);
    expect(await other.closed()).toBe(1008);
    expect(await refusedHello(job, contributorHello(token))).toBe("UNAUTHORIZED");
    await workWhileThereIsWork(owner);
    const ready = await until(job, "ready");
    expect(ready.tasks.every(({ attempts }) => attempts === 0)).toBe(true);
  });

  test("shows nobody else's doings", async () => {
    const job = await createJob();
    const owner = await ownerWithChunks(job);
    const token = await share(job);
    const [one, two] = [await joinByLink(job, token), await joinByLink(job, token)];
    const both = await Promise.all([workWhileThereIsWork(one), workWhileThereIsWork(two)]);
    expect(both.flat().length).toBeGreaterThan(0);
    await workWhileThereIsWork(owner);
    await until(job, "ready");
    await eventually(() => {
      const states = one.received.flatMap((each) => (each.type === "job" ? [each.job.state] : []));
      expect(states).toContain("ready");
    });
    for (const [self, others] of [
      [one, [two, owner]],
      [two, [one, owner]],
    ] as const) {
      const text = JSON.stringify(self.received);
      for (const { holderId } of others) expect(text).not.toContain(holderId);
      expect(text).not.toContain(job.ownerToken);
      for (const message of self.received) {
        if (message.type !== "job" && message.type !== "welcome") continue;
        expect(message.job.holders ?? []).toEqual([]);
        expect(message.job.tasks ?? []).toEqual([]);
      }
    }
  });
});

describe("a contributor that lies", () => {
  const kinds: [string, keyof typeof lies, number][] = [
    ["black frames of the right count at the right times", "black", 0],
    ["another segment's frames at this one's times", "shifted", 0],
    ["right results first, then lies", "black", 2],
  ];

  test.each(kinds)(
    "%s: none of it is ever shown, and it is out",
    { timeout: 300_000 },
    async (_, kind, honestResults) => {
      const job = await createJob();
      const owner = await ownerWithChunks(job);
      const liar = await joinByLink(job, await share(job));
      const told: MadeOutput[] = [];
      const accepted: string[] = [];
      for (;;) {
        const grant = await grantWithin(liar);
        if (grant === null) break;
        const honest = accepted.length < honestResults || grant.task.kind === "audio";
        const outputs = honest ? made(grant.task.id) : (lies[kind][grant.task.id] ?? []);
        // The gate cannot detect the lie.
        expect(await deliver(liar, grant, outputs)).toMatchObject({ type: "accepted" });
        accepted.push(grant.task.id);
        if (!honest) told.push(...outputs.filter((output) => output.kind === "media"));
        else if (grant.task.kind === "video") {
          // The owner audits it, and finds it right.
          const audit = await grantWithin(owner);
          if (audit !== null)
            expect(await deliver(owner, audit)).toMatchObject({ type: "accepted" });
        }
        await expectNotShown(job, told);
      }
      expect(told.length).toBeGreaterThan(2);
      expect(accepted).toHaveLength(plan.tasks.length);

      const redone = new Set<string>();
      for (;;) {
        const grant = await grantWithin(owner);
        if (grant === null) break;
        redone.add(grant.task.id);
        expect(await deliver(owner, grant)).toMatchObject({ type: "accepted" });
        await expectNotShown(job, told);
      }
      expect(await liar.closed()).toBe(1008);
      expect(liar.received).toContainEqual(
        expect.objectContaining({ type: "error", code: "SENT_AWAY" }),
      );
      const ready = await until(job, "ready");
      const theLiar = ready.holders.find(({ id }) => id === liar.holderId);
      expect(theLiar).toMatchObject({ trust: "banned", connected: false });
      const lied = new Set(told.map(({ sha256 }) => sha256));
      for (const { sha256, holder, verified } of ready.segments) {
        expect(lied).not.toContain(sha256);
        if (holder === liar.holderId) expect(verified).toBe("hash");
      }
      expect(ready.segments).toHaveLength(plan.segments.length * 3);
      expect(redone.size).toBeGreaterThan(0);
      await expectNotShown(job, told);
      await expectWhole(job);
      // The liar stays banned.
      expect(ready.holders.filter(({ trust }) => trust === "banned")).toHaveLength(1);
    },
  );
});

/** Expects no playlist to name any false output. */
async function expectNotShown(job: CreateJobResponse, told: readonly MadeOutput[]): Promise<void> {
  const texts = await playlists(job);
  for (const { sha256 } of told) for (const text of texts) expect(text).not.toContain(sha256);
}

/** Expects the playlists to name all right outputs, and to be complete. */
async function expectWhole(job: CreateJobResponse): Promise<void> {
  const text = (await playlists(job)).join("\n");
  for (const { id } of plan.tasks)
    for (const { sha256 } of made(id)) expect(text).toContain(sha256);
  expect(text.match(/#EXT-X-ENDLIST/g)?.length).toBeGreaterThanOrEqual(3);
}

function playlists(job: CreateJobResponse): Promise<string[]> {
  const ids = [...plan.video, ...plan.audio].map(({ id }) => id);
  return Promise.all(ids.map((id) => playlist(job, `${id}/playlist.m3u8`)));
}
