import { applyD1Migrations, evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { memberId, networkOf } from "../../edge/coordinator/identity.ts";
import { hashToken, newToken } from "../../edge/http/auth.ts";
import { roleSchema } from "../../shared/wire/protocol.ts";
import { coordinator, createJob, ScriptedHolder, status } from "./scripted-holder.ts";
import {
  contributorHello,
  grantWithin,
  joinByLink,
  ownerWithChunks,
  share,
} from "./scripted-swarm.ts";

beforeAll(() => applyD1Migrations(env.CATALOG, env.TEST_MIGRATIONS));

describe("a helper's name", () => {
  test("does not take the ids of servers that are called later", async () => {
    const job = await createJob();
    const owner = await ownerWithChunks(job);
    const token = await share(job, { maxContributors: 100 });
    for (let nth = 1; nth <= 30; nth += 1) {
      const helper = new ScriptedHolder(job, `server-${nth}`);
      await helper.join(contributorHello(token));
      expect(helper.holderId).toMatch(/^contributor-[0-9a-f]{24}$/);
    }
    // The row that the coordinator stores when it calls a server.
    const serverToken = newToken();
    const record = { hash: hashToken(serverToken), role: "server", holderId: "server-1" };
    await runInDurableObject(coordinator(job.jobId), (_, { storage }) => {
      const row = ["token", record.hash, JSON.stringify(record)];
      storage.sql.exec("INSERT INTO records VALUES (?, ?, ?)", ...row);
    });
    await evictDurableObject(coordinator(job.jobId));
    const server = new ScriptedHolder(job, "anything");
    const hello = { role: "server", token: serverToken, hasSource: false } as const;
    expect(await server.join(hello)).toMatchObject({ holderId: "server-1" });
    expect(await server.deliver(await server.grant())).toMatchObject({ type: "accepted" });
    owner.close();
  });

  test("takes no socket and no lease of anybody else, whatever it is", async () => {
    const job = await createJob();
    const owner = await ownerWithChunks(job);
    const [token, other] = [await share(job), await share(job)];
    const victim = await joinByLink(job, token);
    const grant = await grantWithin(victim);
    const leases = [grant?.leaseId ?? ""];
    // Only the owner sees the victim's id, and nobody sees its name. Neither is of any use with another link.
    const claims = [
      [victim.name, other],
      [victim.holderId, other],
      [victim.holderId, token],
      [owner.name, token],
      [owner.holderId, token],
    ] as const;
    for (const [name, by] of claims) {
      const thief = new ScriptedHolder(job, name);
      expect(await thief.join({ ...contributorHello(by), leases })).toMatchObject({ adopted: [] });
      expect([victim.holderId, owner.holderId]).not.toContain(thief.holderId);
      thief.send({ type: "release", leaseId: leases[0] ?? "" });
      expect(await thief.next("revoke")).toMatchObject({ code: "LEASE_LOST" });
    }
    expect([victim.closeCode, owner.closeCode]).toEqual([null, null]);
    const { tasks, holders } = await status(job);
    expect(tasks.find(({ id }) => id === grant?.task.id)?.holder).toBe(victim.holderId);
    expect(new Set(holders.map(({ id }) => id)).size).toBe(claims.length + 2);
    // The same tab, coming back with its name and its link's token, is the same holder.
    const again = new ScriptedHolder(job, victim.name);
    expect(await again.join({ ...contributorHello(token), leases })).toMatchObject({
      holderId: victim.holderId,
      adopted: leases,
    });
  });

  test("is shown to nobody", async () => {
    const job = await createJob();
    await ownerWithChunks(job);
    const helper = await joinByLink(job, await share(job));
    const seen = new ScriptedHolder(job);
    const welcome = await seen.join();
    for (const text of [JSON.stringify(welcome), JSON.stringify(await status(job))]) {
      expect(text).toContain(helper.holderId);
      expect(text).not.toContain(helper.name);
    }
  });
});

test("two claims have one id only where token, role and name are the same", () => {
  const claim = fc.record({
    principal: fc.constantFrom("one", "two", "on", "e"),
    role: fc.constantFrom(...roleSchema.options),
    name: fc.oneof(
      fc.string({ maxLength: 3 }),
      fc.constantFrom("server-1", "contributor-1", "twoa"),
    ),
  });
  fc.assert(
    fc.property(claim, claim, (one, two) => {
      const [first, second] = [memberId(one, new Map()), memberId(two, new Map())];
      expect(first === second).toBe(JSON.stringify(one) === JSON.stringify(two));
      expect(first).not.toMatch(/^server-\d{1,9}$/);
    }),
  );
});

describe("a network", () => {
  const salted = (address: string | null) => networkOf(address, "salt");

  test.each([
    ["203.0.113.7", "203.0.113.250", true],
    ["203.0.113.7", "203.0.114.7", false],
    ["203.0.113.7", "::ffff:203.0.113.9", true],
    ["2001:db8:1:2::3", "2001:db8:1:ffff:1:2:3:4", true],
    ["2001:db8:1:2::3", "2001:0DB8:0001::", true],
    ["2001:db8:1::", "2001:db8:2::", false],
    ["2001:db8::1", "2001:db8:0:5::1", true],
    ["::1", "::2", true],
    ["1::", "::1", false],
    ["64:ff9b::192.0.2.1", "64:ff9b:0::1", true],
  ])("of %s and %s is the same: %s", (one, two, isSame) => {
    expect(salted(one)).toMatch(/^[0-9a-f]{24}$/);
    expect(salted(one) === salted(two)).toBe(isSame);
  });

  test("is not known of what is no address, and says nothing outside of its job", () => {
    for (const address of [null, "", "test-1", "1.2.3", "::g"]) expect(salted(address)).toBeNull();
    expect(networkOf("203.0.113.7", "another")).not.toBe(salted("203.0.113.7"));
  });
});
