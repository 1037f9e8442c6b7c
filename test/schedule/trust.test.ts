import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { auditChance, LAST_AUDITS } from "../../edge/coordinator/schedule/verify/trust.ts";
import { playlistInput } from "../../edge/coordinator/view.ts";
import { Hall } from "./hall.ts";
import { honestHash } from "./offered.ts";

/** The lie that all liars tell. */
const LIE = "the same lie ";

/** Lets a holder work until it gets no more leases. @returns its number of results */
function work(
  hall: Hall,
  holderId: string,
  twist = "",
  results = Number.POSITIVE_INFINITY,
): number {
  let made = 0;
  while (made < results) {
    hall.want(holderId, 1);
    const [leaseId] = hall.leasesOf(holderId);
    if (leaseId === undefined) return made;
    hall.offer(holderId, leaseId, twist);
    if (hall.state.leases.has(leaseId)) {
      hall.commit(holderId, leaseId);
      hall.pass(leaseId);
    }
    made += 1;
  }
  return made;
}

function owner(hall: Hall, results?: number): void {
  hall.join("owner", 0.75, "owner");
  work(hall, "owner", "", results);
}

function leave(hall: Hall, holderId: string): void {
  hall.send({ type: "closed", connectionId: `c-${holderId}` });
}

function shown(hall: Hall): { lies: number; truths: number } {
  const accepted = playlistInput(hall.state).accepted;
  const truths = accepted.filter((each) => {
    return each.sha256 === honestHash(each.rendition, each.segment);
  });
  return { lies: accepted.length - truths.length, truths: truths.length };
}

const verifiedBy = (hall: Hall): string[] =>
  [...hall.state.tasks.values()].map(({ verification }) =>
    verification.state === "verified" ? verification.by : verification.state,
  );

const linkOf = (hall: Hall) => hall.state.job.links["link"];

test("the chance of an audit falls with what was proven of member or link, and doubles with each lie", () => {
  const chances = (member: number, link: number, lies = 0) => auditChance({ member, link }, lies);
  expect([0, 1, 2, 3, 4, 5, 6, 7, 8, 100].map((member) => chances(member, member))).toEqual([
    1,
    1,
    1,
    ...[2, 4, 8, 16, 32, 32, 32].map((interval) => 1 / interval),
  ]);
  // New helpers of one link share the link's probation. A single one is past its own probation earlier.
  expect([0, 23, 24, 31, 32, 63, 64, 1000].map((link) => chances(0, link))).toEqual([
    1,
    1,
    ...[2, 2, 4, 32, 32, 32].map((interval) => 1 / interval),
  ]);
  expect([1, 2, 4, 5, 6].map((lies) => chances(100, 100, lies))).toEqual([
    1 / 16,
    1 / 8,
    1 / 2,
    1,
    1,
  ]);
});

describe("contributors that agree", () => {
  test.each([
    ["one link, one network", "link", "net", false],
    ["one link, two networks", "link", "other", false],
    ["two links, one network", "another", "net", false],
    ["two links, nobody knows where", "another", null, false],
    ["two links, two networks", "another", "other", true],
  ])("%s", (_, link, network, isEvidence) => {
    const hall = new Hall(2, { verify: "adaptive" });
    hall.join("one", 0.75);
    hall.join("two", 0.75, "contributor", 1, { link, network });
    for (const id of ["one", "two", "one", "two"]) work(hall, id, LIE);
    hall.wait(20_000);
    // Whatever they agree on, nothing is published, because no trusted holder has audited it.
    expect(verifiedBy(hall)).toEqual(["audit-due", "audit-due"]);
    for (const { verification } of hall.state.tasks.values()) {
      expect(verification).toMatchObject({ evidence: isEvidence });
    }
    expect(shown(hall)).toEqual({ lies: 0, truths: 0 });
    expect(hall.state.job).toMatchObject({ state: "running", awaitsTrusted: true, notices: [] });
    for (const { agreed } of hall.state.holders.values()) expect(agreed).toBe(0);

    owner(hall);
    expect(shown(hall)).toEqual({ lies: 0, truths: 4 });
    expect(hall.state.job).toMatchObject({ state: "assembling", awaitsTrusted: false });
    expect(hall.state.holders.get("one")?.banned).toBe(true);
  });

  test("are published without proof only where the owner allows it, and never under the policy `all`", () => {
    const allowed = { unverified: "publish" } as const;
    for (const verify of ["adaptive", "all"] as const) {
      const hall = new Hall(4, { verify, ...allowed });
      hall.join("one", 0.75);
      hall.join("two", 0.75, "contributor", 1, { link: "another", network: "other" });
      hall.join("three", 0.75);
      for (const id of ["one", "two", "three"]) work(hall, id, "", 1);
      for (const id of ["one", "two", "three", "one", "two"]) work(hall, id);
      hall.wait(20_000);
      if (verify === "all") {
        expect(hall.state.job).toMatchObject({ state: "running", awaitsTrusted: true });
        expect(shown(hall)).toEqual({ lies: 0, truths: 0 });
        continue;
      }
      expect(hall.state.job.state).toBe("assembling");
      expect(hall.state.job.notices).toHaveLength(1);
      expect(new Set(verifiedBy(hall))).toEqual(new Set(["evidence"]));
      const said = playlistInput(hall.state).accepted.map(({ provenance }) => provenance.verified);
      expect(new Set(said)).toEqual(new Set(["evidence"]));
    }
  });

  test("wait as long as it takes, until the owner says that it need not be", () => {
    const hall = new Hall(1, { verify: "adaptive" });
    hall.join("one", 0.75);
    work(hall, "one");
    leave(hall, "one");
    hall.wait(3_600_000);
    expect(hall.state.job).toMatchObject({ state: "running", awaitsTrusted: true });
    // A paused owner's tab verifies nothing.
    hall.join("owner", 0.75, "owner", 0);
    hall.say("owner", { type: "settings", settings: { unverified: "publish" } });
    expect(verifiedBy(hall)).toEqual(["gate"]);
    expect(hall.state.job.state).toBe("assembling");
  });
});

describe("a proven lie", () => {
  /**
   * Two honest members of a link, and a liar whose lie is drawn for an audit. The owner has proven one result of
   * each.
   */
  function caught(): Hall {
    const hall = new Hall(12, { verify: "adaptive" });
    for (const id of ["good", "fine", "liar"]) {
      hall.join(id, 0.75);
      work(hall, id, "", 1);
    }
    owner(hall, 3);
    hall.lot = 0.99;
    const link = linkOf(hall);
    if (link === undefined) throw new Error("The link is known.");
    // As after many proven results: the next ones are not drawn.
    hall.state.job = { ...hall.state.job, links: { link: { ...link, provenInARow: 100 } } };
    for (const id of ["good", "good", "fine", "fine"]) work(hall, id, "", 1);
    hall.lot = 0;
    work(hall, "good", "", 1);
    owner(hall, 1);
    hall.lot = 0.99;
    work(hall, "fine", "", 1);
    hall.lot = 0;
    work(hall, "liar", LIE, 1);
    return hall;
  }

  test("costs its link all that is not proven, also what is shown already, and nothing that is", () => {
    const hall = caught();
    // A later result of "good" was proven, so its earlier ones are published. Those of "fine" are not.
    const before = verifiedBy(hall);
    expect(before.filter((by) => by === "hash")).toHaveLength(4);
    expect(before.filter((by) => by === "sampled")).toHaveLength(2);
    // Two of these tasks have not been made yet.
    expect(before.filter((by) => by === "unverified")).toHaveLength(3 + 2);
    const proven = [...hall.state.tasks.values()].filter((_, nth) => before[nth] === "hash");
    owner(hall, 1);
    expect(hall.state.holders.get("liar")?.banned).toBe(true);
    const after = verifiedBy(hall);
    expect(after.filter((by) => by === "hash")).toHaveLength(4);
    expect(after).not.toContain("sampled");
    for (const { id, done } of proven) expect(hall.state.tasks.get(id)?.done).toEqual(done);
    for (const id of ["good", "fine"]) {
      expect(hall.state.holders.get(id)).toMatchObject({ agreed: 0, banned: false });
    }
    expect(linkOf(hall)).toMatchObject({ lies: 1, proven: 4, provenInARow: 0, isClosed: false });
    for (const id of ["good", "fine", "owner"]) work(hall, id);
    work(hall, "owner");
    expect(shown(hall)).toEqual({ lies: 0, truths: 24 });
  });

  test("says nothing of another link", () => {
    const hall = new Hall(3, { verify: "adaptive" });
    hall.join("stranger", 0.75, "contributor", 1, { link: "another" });
    hall.join("liar", 0.75);
    work(hall, "stranger", "", 1);
    work(hall, "liar", LIE, 1);
    owner(hall);
    expect(hall.state.job.links).toMatchObject({ link: { lies: 1 }, another: { lies: 0 } });
    expect(hall.state.holders.get("stranger")).toMatchObject({ agreed: 1, banned: false });
  });

  test("closes its link where it is one of many, and the names that come after find it so", () => {
    const hall = new Hall(20, { verify: "adaptive" });
    for (const id of ["a", "b", "c", "d"]) hall.join(id, 0.75);
    for (const id of ["a", "b", "c"]) {
      work(hall, id, LIE, 1);
      owner(hall, 1);
    }
    expect(linkOf(hall)).toMatchObject({ lies: 3, isClosed: true });
    for (const id of ["a", "b", "c", "d"]) {
      expect(hall.state.holders.get(id)).toMatchObject({ banned: true, connectionId: null });
    }
    hall.join("e", 0.75);
    expect(hall.state.holders.has("e")).toBe(false);
    expect(hall.state.job.notices).toHaveLength(1);
    owner(hall);
    expect(shown(hall)).toEqual({ lies: 0, truths: 40 });
  });
});

test("of a large link a few of the last results are drawn, and the rest is shown when they are proven", () => {
  const hall = new Hall(40, { verify: "adaptive" });
  hall.lot = 0.99;
  hall.state.job = {
    ...hall.state.job,
    links: { link: { lies: 0, proven: 100, provenInARow: 100, isClosed: false } },
  };
  const members = Array.from({ length: 20 }, (_, nth) => `m${nth}`);
  for (const id of members) hall.join(id, 0.75);
  for (const id of [...members, ...members]) work(hall, id, "", 1);
  // LAST_AUDITS are drawn once all members have ended, and before that up to as many of those that end early.
  const due = verifiedBy(hall).filter((by) => by === "audit-due").length;
  expect(due).toBeGreaterThanOrEqual(LAST_AUDITS);
  expect(due).toBeLessThanOrEqual(2 * LAST_AUDITS);
  expect(shown(hall).truths).toBe(0);
  owner(hall);
  expect(verifiedBy(hall).filter((by) => by === "hash")).toHaveLength(due);
  expect(verifiedBy(hall).filter((by) => by === "sampled")).toHaveLength(40 - due);
  expect(hall.state.job.state).toBe("assembling");
});

test("whoever lies to the end is caught by the last audits, of however many results are drawn before", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: LAST_AUDITS }),
      fc.integer({ min: 0, max: 6 }),
      fc.integer({ min: 0, max: 99 }),
      (members, honest, lot) => {
        const hall = new Hall(24, { verify: "adaptive" });
        hall.lot = lot / 100;
        const ids = Array.from({ length: members }, (_, nth) => `m${nth}`);
        for (const id of ids) hall.join(id, 0.75);
        let made = 0;
        for (let round = 0; round <= 24; round += 1) {
          for (const [nth, id] of ids.entries()) {
            const isLiar = nth === 0 && round >= honest;
            made += work(hall, id, isLiar ? LIE : "", 1);
          }
        }
        expect(made).toBeGreaterThanOrEqual(24);
        for (const id of ids) leave(hall, id);
        owner(hall);
        expect(hall.state.job.state).toBe("assembling");
        expect(shown(hall)).toEqual({ lies: 0, truths: 48 });
      },
    ),
    { numRuns: 60 },
  );
});

test("a change to `all` draws what was shown without proof", () => {
  const hall = new Hall(4, { verify: "off" });
  hall.join("one", 0.75);
  work(hall, "one", LIE, 3);
  expect(shown(hall).lies).toBe(6);
  hall.join("owner", 0.75, "owner");
  hall.say("owner", { type: "settings", settings: { verify: "all" } });
  expect(shown(hall).lies).toBe(0);
  work(hall, "owner");
  expect(shown(hall)).toEqual({ lies: 0, truths: 8 });
});
