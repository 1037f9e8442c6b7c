import { describe, expect, test, vi } from "vitest";
import type { Simulation } from "./arguments.ts";
import type { Crowd } from "./crowd.ts";
import { simulate } from "./scenarios.ts";

// A swarm takes seconds, and more on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

const CROWD: Crowd = {
  contributors: 8,
  churn: false,
  heavyTail: false,
  liars: 0,
  lying: "always",
  collude: false,
  links: 1,
  ownerSlots: 1,
  seed: 7,
};

const swarm = (
  crowd: Partial<Crowd>,
  verify: "off" | "adaptive" | "all" = "adaptive",
  hours = 0.4,
  more: Partial<Simulation> = {},
) =>
  simulate({
    crowd: { ...CROWD, ...crowd },
    hours,
    verify,
    unverified: "wait",
    stageMs: null,
    timeline: 0,
    runs: 1,
    ...more,
  });

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
    // With verification, most of the time the owner audits while the helpers are idle.
    const hours = verify === "off" ? 1 : 0.3;
    const crowd = { churn: true, heavyTail: true, contributors };
    const { outcome, withAudits } = await swarm(crowd, verify, hours);
    expect(outcome).toMatchObject({ isReady: true, honestBanned: 0 });
    expect(outcome.makespanMs / withAudits.tightMs).toBeLessThan(1.3);
  },
);

test("audits of a long job cost less than a tenth", async () => {
  const { outcome, bounds } = await swarm({ contributors: 6 }, "adaptive", 1.2);
  const { useful, audits } = outcome.encodedSeconds;
  expect(audits).toBeGreaterThan(0);
  expect(audits / useful).toBeLessThan(0.1);
  expect(outcome.makespanMs / bounds.tightMs).toBeLessThan(1.2);
  expect(outcome.honestBanned).toBe(0);
});

test("a swarm of newcomers is as fast as the owner's audits of their work allow", async () => {
  const { outcome, withAudits } = await swarm({ contributors: 50 }, "adaptive", 0.5);
  expect(outcome.makespanMs / withAudits.tightMs).toBeLessThan(1.05);
  expect(outcome.messages / outcome.results).toBeLessThan(5.1);
});

test.each(["always", "after-some"] as const)(
  "liars who lie %s are out, and none of it is shown",
  async (lying) => {
    const { outcome } = await swarm({ contributors: 30, liars: 0.1, lying });
    expect(outcome).toMatchObject({ isReady: true, liesPublished: 0 });
    expect(outcome.lies).toBeGreaterThan(0);
    expect(outcome.liarsBanned).toBeGreaterThan(0);
  },
);

const COLLUDERS = { contributors: 30, liars: 1 / 3, collude: true } as const;
const SYBILS = { contributors: 24, liars: 0.5, collude: true, lying: "once" } as const;
const LATE = { contributors: 12, liars: 0.25, lying: "late" } as const;

describe.each([
  ["colluders", COLLUDERS],
  ["sybils", SYBILS],
  ["late lies", LATE],
])("%s", (_, liars) => {
  test("publish nothing where one of their lies is proven", async () => {
    const { outcome } = await swarm(liars, "adaptive", 0.2, { runs: 2 });
    expect(outcome).toMatchObject({ isReady: true, liesPublished: 0 });
    expect(outcome.lies).toBeGreaterThan(2);
  });

  test("publish nothing under the policy `all`", async () => {
    const { outcome } = await swarm(liars, "all", 0.15);
    expect(outcome).toMatchObject({ isReady: true, liesPublished: 0 });
  });

  test("publish nothing while nobody trusted is here, by one link or by two", async () => {
    for (const links of [1, 2]) {
      const { outcome } = await swarm({ ...liars, ownerSlots: 0, links }, "adaptive", 0.15);
      expect(outcome).toMatchObject({ isReady: false, waits: true, liesPublished: 0 });
    }
  });
});

test("one lie is published as often as the formula says", async () => {
  const liar = { contributors: 4, liars: 0.25, lying: "once" } as const;
  const { outcome, escaped } = await swarm(liar, "adaptive", 0.06, { runs: 60 });
  // The lie is the fourth result, after three proven ones. Every second such result is drawn.
  expect(outcome.escape).toBeCloseTo(0.5, 1);
  expect(escaped).toBeGreaterThan(0.35);
  expect(escaped).toBeLessThan(0.65);
});
