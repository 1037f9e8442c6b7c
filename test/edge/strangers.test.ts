import {
  applyD1Migrations,
  listDurableObjectIds,
  runDurableObjectAlarm,
  runInDurableObject,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { mostNames, mostSockets } from "../../edge/coordinator/budgets.ts";
import { hashToken, newJobId } from "../../edge/http/auth.ts";
import { sealText } from "../../edge/http/sealed-text.ts";
import { openTicket, sealTicket } from "../../edge/http/socket-ticket.ts";
import type { CreateJobResponse } from "../../shared/wire/api.ts";
import { problemSchema } from "../../shared/wire/problem.ts";
import {
  askForTicket,
  call,
  coordinator,
  createJob,
  eventually,
  openSocket,
  ScriptedHolder,
  status,
  ticketFor,
} from "./scripted-holder.ts";
import { contributorHello, joinByLink, owned, refusedHello, share } from "./scripted-swarm.ts";

// Which clients get a socket at a coordinator, and how much they may send.

beforeAll(() => applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS));
afterEach(() => {
  vi.useRealTimers();
});

async function codeOf(response: Response): Promise<string> {
  return problemSchema.parse(await response.json()).code;
}

function socketsOf({ jobId }: CreateJobResponse): Promise<number> {
  return runInDurableObject(coordinator(jobId), (_, ctx) => ctx.getWebSockets().length);
}

describe("tickets", () => {
  test("no token, no ticket: guesses, other jobs' tokens, links that are over", async () => {
    const job = await createJob();
    const other = await createJob();
    const revoked = await share(job);
    await owned(job, "DELETE", "/share");
    const strangers = ["guess", other.ownerToken, await share(other), revoked, job.jobId];
    for (const token of strangers) {
      expect(await codeOf(await askForTicket(job.jobId, token))).toBe("UNAUTHORIZED");
    }
    const noToken = await call(`/api/jobs/${job.jobId}/ticket`, { method: "POST" });
    expect(await codeOf(noToken)).toBe("UNAUTHORIZED");
    expect(await codeOf(await askForTicket(newJobId(), "guess"))).toBe("JOB_NOT_FOUND");

    const short = await share(job, { expiresInMinutes: 1 });
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 61_000 });
    expect(await codeOf(await askForTicket(job.jobId, short))).toBe("LINK_EXPIRED");
  });

  test("what is no ticket of this job opens nothing, and wakes nobody", async () => {
    const jobId = newJobId();
    const principal = hashToken("token");
    const good = { jobId, principal, role: "owner", expiresAtMs: Date.now() + 60_000 } as const;
    const sealed = sealTicket(env, good);
    const [body = "", signature = ""] = sealed.split(".");
    const forgedBody = Buffer.from(JSON.stringify({ ...good, role: "server" })).toString(
      "base64url",
    );
    const strange = [
      "",
      "x",
      ".",
      `${body}.`,
      `.${signature}`,
      `${forgedBody}.${signature}`,
      `${body}.${"A".repeat(signature.length)}`,
      sealTicket({ ...env, SIGNING_SECRET: "another" }, good),
      sealTicket(env, { ...good, jobId: newJobId() }),
      sealTicket(env, { ...good, expiresAtMs: Date.now() - 1 }),
      // Sealed for another purpose or with an unknown role.
      sealText(env, "upload", good),
      sealText(env, "socket-ticket", { ...good, role: "guest" }),
    ];
    for (const ticket of strange) {
      expect(openTicket(env, ticket, jobId, Date.now()), ticket).toBeNull();
      const response = await openSocket(jobId, ticket);
      expect(response.status).toBe(401);
      expect(await codeOf(response)).toBe("UNAUTHORIZED");
    }
    const woken = async () => (await listDurableObjectIds(env.COORDINATOR)).map(String);
    const id = String(env.COORDINATOR.idFromName(jobId));
    expect(await woken()).not.toContain(id);
    // A valid ticket gets as far as the coordinator, which does not have such a job.
    expect(await codeOf(await openSocket(jobId, sealed))).toBe("JOB_NOT_FOUND");
  });

  test("a ticket is over after a minute, with its link, and speaks for one role only", async () => {
    const job = await createJob();
    const link = await share(job);
    const ticket = await ticketFor(job.jobId, link);
    const asOwner = new ScriptedHolder(job);
    await asOwner.open(link);
    asOwner.send(asOwner.hello({ role: "owner" }));
    expect(await asOwner.next("error")).toMatchObject({ code: "UNAUTHORIZED" });
    expect(await asOwner.closed()).toBe(1008);

    const early = new ScriptedHolder(job);
    await early.open(link);
    await owned(job, "DELETE", "/share");
    expect(await codeOf(await openSocket(job.jobId, ticket))).toBe("UNAUTHORIZED");
    early.send(early.hello(contributorHello("")));
    expect(await early.next("error")).toMatchObject({ code: "UNAUTHORIZED" });

    const mine = await ticketFor(job.jobId, job.ownerToken);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 60_000 });
    expect(await codeOf(await openSocket(job.jobId, mine))).toBe("UNAUTHORIZED");
    expect((await status(job)).holders).toEqual([]);
  });

  test("a page from before there were tickets is told to load anew, and holds no place", async () => {
    const job = await createJob();
    const older = new ScriptedHolder(job);
    await older.openWithoutTicket();
    expect(await older.next("error")).toMatchObject({ code: "PROTOCOL_OUTDATED" });
    expect(await older.closed()).toBe(1008);
    expect(await socketsOf(job)).toBe(0);
  });
});

describe("places", () => {
  test("any number of strangers' sockets keeps nobody out", async () => {
    const job = await createJob();
    const strangers = await Promise.all(
      Array.from({ length: 300 }, (_, n) => openSocket(job.jobId, n % 2 === 0 ? null : "guess")),
    );
    for (const { webSocket } of strangers) webSocket?.accept();
    for (let n = 0; n < 5; n += 1) {
      const owner = new ScriptedHolder(job);
      await owner.join();
      expect(await socketsOf(job)).toBe(n + 1);
    }
  });

  test("a link's silent sockets are bounded, keep out nobody else, and make room in 10 s", async () => {
    const job = await createJob();
    const link = await share(job, { maxContributors: 2 });
    const most = mostSockets("contributor", 2);
    const ticket = await ticketFor(job.jobId, link);
    const opened = await Promise.all(
      Array.from({ length: most + 20 }, () => openSocket(job.jobId, ticket)),
    );
    for (const { webSocket } of opened) webSocket?.accept();
    expect(opened.filter(({ webSocket }) => webSocket !== null)).toHaveLength(most);
    const refused = opened.find(({ webSocket }) => webSocket === null);
    expect(refused && (await codeOf(refused))).toBe("RATE_LIMITED");

    await joinByLink(job, await share(job));
    const owner = new ScriptedHolder(job);
    await owner.join();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 10_000 });
    await runDurableObjectAlarm(coordinator(job.jobId));
    expect(await socketsOf(job)).toBe(2);
    await joinByLink(job, link);
  });

  test("a link's names are bounded, whoever is there; those that are known may come back", async () => {
    const job = await createJob();
    const link = await share(job, { maxContributors: 1 });
    const helpers: ScriptedHolder[] = [];
    const joinAndLeave = async (helper: ScriptedHolder) => {
      await helper.join(contributorHello(link));
      helper.close();
      await eventually(async () => {
        const { holders } = await status(job);
        expect(holders.every(({ connected }) => !connected)).toBe(true);
      });
    };
    for (let n = 0; n < mostNames(1); n += 1) {
      const helper = new ScriptedHolder(job);
      helpers.push(helper);
      await joinAndLeave(helper);
    }
    expect(await refusedHello(job, contributorHello(link))).toBe("LINK_FULL");
    for (const helper of helpers.slice(0, 2)) await joinAndLeave(helper);
    await joinByLink(job, await share(job));
  });

  test("an owner's own sockets are bounded too", async () => {
    const job = await createJob();
    const ticket = await ticketFor(job.jobId, job.ownerToken);
    const most = mostSockets("owner", 0);
    const opened = await Promise.all(
      Array.from({ length: most + 1 }, () => openSocket(job.jobId, ticket)),
    );
    for (const { webSocket } of opened) webSocket?.accept();
    expect(opened.filter(({ webSocket }) => webSocket !== null)).toHaveLength(most);
  });
});

describe("messages", () => {
  const hash = "a".repeat(64);
  const hugeOffer = JSON.stringify({
    type: "offer",
    leaseId: "x",
    outputs: Array.from({ length: 4_096 }, (_, segment) => ({
      ...{ rendition: "v144", kind: "media", segment, sizeBytes: 1, sha256: hash, frames: 1 },
      md5: `${"A".repeat(22)}==`,
    })),
  });
  const floods: [string, number, (n: number) => string | ArrayBuffer][] = [
    ["wants", 2_000, () => JSON.stringify({ type: "want", slots: 64 })],
    ["changing wants", 1_000, (n) => JSON.stringify({ type: "want", slots: n % 64 })],
    ["heartbeats", 1_000, () => JSON.stringify({ type: "renew", leases: [] })],
    ["hellos", 1_000, () => JSON.stringify({ type: "hello" })],
    ["huge offers", 100, () => hugeOffer],
    ["no JSON", 1_000, () => "{"],
    ["nesting", 100, () => "[".repeat(900_000)],
    ["bytes", 100, () => new ArrayBuffer(900_000)],
    ["what is too long to be read", 100, () => "x".repeat(1_100_000)],
  ];

  test.each(floods)("a flood of %s closes its own socket, and no other", async (_, count, text) => {
    const job = await createJob();
    const link = await share(job);
    const owner = new ScriptedHolder(job);
    await owner.join();
    const neighbour = await joinByLink(job, link);
    const helper = await joinByLink(job, link);
    const before = helper.received.length;
    // The clock is stopped, so that no budget refills while a slow machine reads.
    vi.useFakeTimers({ toFake: ["Date"] });
    for (let n = 0; n < count; n += 1) helper.sendRaw(text(n));
    expect(await helper.closed()).toBe(1008);
    expect(helper.received.at(-1)).toMatchObject({ type: "error", code: "RATE_LIMITED" });
    // Messages beyond the budget were not processed.
    expect(helper.received.length - before).toBeLessThan(250);

    expect(await owner.deliver(await owner.grant())).toMatchObject({ type: "accepted" });
    neighbour.send({ type: "renew", leases: [{ leaseId: "none_1", progress: 0 }] });
    expect(await neighbour.next("revoke")).toMatchObject({ leaseId: "none_1" });
    expect((await status(job)).holders.filter(({ connected }) => connected)).toHaveLength(2);
    // The budget belongs to the helper, not to its socket, and refills with time.
    const again = new ScriptedHolder(job, helper.name);
    await again.join(contributorHello(link));
    again.sendRaw(text(0));
    expect(await again.closed()).toBe(1008);
    vi.setSystemTime(Date.now() + 60_000);
    await again.join(contributorHello(link));
    again.send({ type: "renew", leases: [{ leaseId: "none_1", progress: 0 }] });
    expect(await again.next("revoke")).toMatchObject({ leaseId: "none_1" });
  });

  test("an owner has a larger budget, and what a flooding tab had in work goes to others", async () => {
    const job = await createJob();
    const owner = new ScriptedHolder(job);
    await owner.join();
    const { task } = await owner.grant();
    vi.useFakeTimers({ toFake: ["Date"] });
    for (let n = 0; n < 1_000; n += 1) owner.send({ type: "want", slots: 0 });
    owner.send({ type: "renew", leases: [{ leaseId: "none_1", progress: 0 }] });
    expect(await owner.next("revoke")).toMatchObject({ leaseId: "none_1" });
    for (let n = 0; n < 2_000; n += 1) owner.send({ type: "want", slots: 0 });
    expect(await owner.closed()).toBe(1008);
    const tab = new ScriptedHolder(job);
    await tab.join();
    expect((await tab.grant()).task.id).toBe(task.id);
  });
});
