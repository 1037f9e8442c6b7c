import { expect, test } from "vitest";
import type { Crowd } from "./crowd.ts";
import { simulate } from "./scenarios.ts";

const CROWD: Crowd = {
  contributors: 8,
  churn: false,
  heavyTail: false,
  liars: 0,
  lying: "always",
  ownerWorks: true,
  seed: 7,
};

const swarm = (crowd: Partial<Crowd>, verify: "off" | "adaptive" = "adaptive", hours = 0.4) =>
  simulate({ crowd: { ...CROWD, ...crowd }, hours, verify, stageMs: null, timeline: 0 });

test("an honest swarm is as fast as it can be, with five messages a segment", async () => {
  const { outcome, bounds } = await swarm({}, "off");
  expect(outcome.isReady).toBe(true);
  expect(outcome.makespanMs).toBeGreaterThanOrEqual(bounds.tightMs - 1);
  expect(outcome.makespanMs / bounds.plainMs).toBeLessThan(1.15);
  expect(outcome.messages / outcome.results).toBeLessThan(5.1);
  expect(outcome.encodedSeconds.copies / outcome.encodedSeconds.useful).toBeLessThan(0.02);
});

test.each([
  [20, "off"],
  [20, "adaptive"],
  [100, "off"],
  [100, "adaptive"],
] as const)(
  "who leaves and who is slow hold %s helpers up little, verified: %s",
  async (contributors, verify) => {
    const { outcome, withAudits } = await swarm(
      { churn: true, heavyTail: true, contributors },
      verify,
      1,
    );
    expect(outcome).toMatchObject({ isReady: true, honestBanned: 0 });
    expect(outcome.makespanMs / withAudits.tightMs).toBeLessThan(1.3);
  },
);

test("audits of a long job cost less than a tenth, and do not wait for one owner", async () => {
  const { outcome, bounds } = await swarm({ contributors: 6 }, "adaptive", 1.2);
  const { useful, audits } = outcome.encodedSeconds;
  expect(audits).toBeGreaterThan(0);
  expect(audits / useful).toBeLessThan(0.1);
  expect(outcome.makespanMs / bounds.tightMs).toBeLessThan(1.15);
  expect(outcome.honestBanned).toBe(0);
});

test("a swarm of newcomers is as fast as the audits of their work allow", async () => {
  const { outcome, withAudits } = await swarm({ contributors: 100 }, "adaptive", 2);
  expect(outcome.makespanMs / withAudits.tightMs).toBeLessThan(1.03);
  expect(outcome.messages / outcome.results).toBeLessThan(5.1);
});

test.each(["always", "after-some"] as const)(
  "liars who lie %s are out, and none of it is shown",
  async (lying) => {
    const { outcome } = await swarm({ contributors: 30, liars: 0.2, lying });
    expect(outcome).toMatchObject({ isReady: true, liesPublished: 0, honestBanned: 0 });
    expect(outcome.lies).toBeGreaterThan(0);
    expect(outcome.liarsBanned).toBe(outcome.liars);
  },
);
