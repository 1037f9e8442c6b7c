import { describe, expect, test } from "vitest";
import { playlistInput } from "../../edge/coordinator/view.ts";
import { Hall } from "./hall.ts";
import { honestHash } from "./offered.ts";

const BY_HASH = { state: "verified", by: "hash" };
const EVIDENCE = { state: "audit-due", evidence: true };

const task = (hall: Hall) => hall.state.tasks.get("v-0");

/**
 * A new contributor makes the only task, and another one with its own link and network is idle. The first result is
 * certain to be audited.
 */
function paired(...others: string[]): Hall {
  const hall = new Hall(1, { verify: "adaptive" });
  for (const holderId of ["maker", "idle", ...others]) {
    hall.join(holderId, 0.75, "contributor", 1, { link: holderId, network: `of ${holderId}` });
    hall.want(holderId, 1);
  }
  return hall;
}

/** The owner joins and delivers all that it is granted. */
function prove(hall: Hall): void {
  hall.join("owner", 0.75, "owner");
  hall.want("owner", 1);
  for (const id of hall.leasesOf("owner")) hall.offer("owner", id);
}

describe("a result that is sure to be audited", () => {
  test("is run a second time by who is idle, before the first run is over", () => {
    const hall = paired();
    expect(hall.leasesOf("maker")).toEqual(["v-0_1"]);
    expect(hall.leasesOf("idle")).toEqual(["v-0_2"]);
    hall.deliver("maker", "v-0_1");
    expect(task(hall)).toMatchObject({
      state: "done",
      verification: { state: "auditing" },
      leases: ["v-0_2"],
    });
    expect(playlistInput(hall.state).accepted).toEqual([]);
    hall.offer("idle", "v-0_2");
    // Agreement of the two is evidence and no proof. Nothing is published because of it, and neither gains trust.
    expect(task(hall)).toMatchObject({ verification: EVIDENCE, leases: [] });
    expect(playlistInput(hall.state).accepted).toEqual([]);
    expect(hall.state.holders.get("idle")?.agreed).toBe(0);
    expect(hall.state.holders.get("maker")?.agreed).toBe(0);
    prove(hall);
    expect(task(hall)).toMatchObject({ verification: BY_HASH, leases: [] });
    expect(hall.state.holders.get("maker")?.agreed).toBe(1);
    expect(hall.state.job.state).toBe("assembling");
  });

  test("has the evidence of either of the two, whoever is done first", () => {
    const hall = paired();
    hall.offer("maker", "v-0_1");
    hall.deliver("idle", "v-0_2");
    expect(task(hall)).toMatchObject({
      state: "done",
      verification: EVIDENCE,
      leases: [],
      done: { holderId: "idle" },
    });
  });

  test.each([
    ["maker", "v-0_1", "idle", "v-0_2"],
    ["idle", "v-0_2", "maker", "v-0_1"],
  ])(
    "is not shown where the two disagree, and somebody trusted decides: %s lies",
    (liar, lie, honest, truth) => {
      const hall = paired("third");
      hall.deliver(liar, lie, "a lie ");
      hall.offer(honest, truth);
      expect(task(hall)).toMatchObject({
        state: "leased",
        verification: { state: "disputed", claims: [{}, {}] },
      });
      expect(hall.leasesOf("third")).toEqual(["v-0_3"]);
      hall.deliver("third", "v-0_3");
      expect(task(hall)?.verification).toMatchObject({ ...EVIDENCE, claims: [{}, {}] });
      for (const holderId of [liar, honest, "third"]) {
        expect(hall.state.holders.get(holderId)?.banned).toBe(false);
      }
      prove(hall);
      expect(hall.state.holders.get(liar)?.banned).toBe(true);
      expect(hall.state.holders.get(honest)?.banned).toBe(false);
      const shown = playlistInput(hall.state).accepted;
      expect(shown).toHaveLength(2);
      for (const { rendition, segment, sha256 } of shown) {
        expect(sha256).toBe(honestHash(rendition, segment));
      }
    },
  );

  test("is not run by somebody trusted who would be done first, and make the work vain", () => {
    const hall = new Hall(1, { verify: "adaptive" });
    hall.join("maker", 0.75);
    hall.want("maker", 1);
    hall.join("owner", 0.95, "owner");
    hall.want("owner", 1);
    expect(hall.leasesOf("owner")).toEqual([]);
    hall.deliver("maker", "v-0_1");
    expect(hall.leasesOf("owner")).toEqual(["v-0_2"]);
    expect(task(hall)?.verification.state).toBe("auditing");
    expect(hall.state.leases.get("v-0_2")).toMatchObject({
      purpose: "make",
      engine: "ffmpeg-wasm",
    });
  });

  test("is run again by nobody else while somebody trusted is here", () => {
    const hall = new Hall(1, { verify: "adaptive" });
    hall.join("maker", 0.75);
    hall.want("maker", 1);
    hall.join("owner", 0.75, "owner");
    hall.want("owner", 1);
    hall.join("idle", 0.75, "contributor", 1, { link: "other", network: "other" });
    hall.want("idle", 1);
    expect(hall.leasesOf("owner")).toEqual(["v-0_2"]);
    expect(hall.leasesOf("idle")).toEqual([]);
  });

  test("is run again by the trusted alone where the policy says so", () => {
    const hall = new Hall(1, { verify: "all" });
    hall.join("owner", 0.01, "owner");
    hall.join("maker", 0.75);
    hall.want("maker", 1);
    hall.join("idle", 0.75, "contributor", 1, { link: "other", network: "other" });
    hall.want("idle", 1);
    hall.deliver("maker", "v-0_1");
    hall.wait(3_000);
    expect(hall.leasesOf("idle")).toEqual([]);
    expect(task(hall)?.verification.state).toBe("audit-due");
  });
});

test("a copy of a straggler's task proves nothing: who is fast could see to it that its own tabs meet", () => {
  const hall = new Hall(1, { verify: "adaptive" });
  hall.join("owner", 0.75, "owner");
  hall.join("gone", 0.75);
  hall.want("gone", 1);
  hall.wait(5_500);
  hall.join("fast", 20);
  hall.want("fast", 1);
  hall.wait(1_500);
  expect(hall.leasesOf("fast")).toEqual(["v-0_2"]);
  expect(task(hall)?.verification).toMatchObject({ state: "unverified", pair: null });
  hall.deliver("fast", "v-0_2");
  expect(task(hall)).toMatchObject({
    state: "done",
    verification: { state: "audit-due" },
    leases: [],
  });
});

test("a copy is no pair because its holder had an earlier lease that was one", () => {
  const hall = paired();
  hall.say("maker", { type: "release", leaseId: "v-0_1" });
  hall.wait(6_500);
  hall.want("maker", 1);
  expect(hall.leasesOf("maker")).toEqual(["v-0_3"]);
  hall.deliver("idle", "v-0_2");
  expect(task(hall)).toMatchObject({ verification: { state: "audit-due" }, leases: [] });
});

test("a task that is taken from its holder is not paired with what the holder had", () => {
  const hall = new Hall(2, { verify: "adaptive" });
  hall.join("slow", 0.75);
  hall.want("slow", 2);
  expect(hall.leasesOf("slow")).toEqual(["v-0_1", "v-1_1"]);
  hall.wait(250);
  hall.join("fast", 3, "contributor", 3);
  hall.want("fast", 3);
  // The task that waits is taken over, and the other one gets a copy. Neither happens twice.
  expect(hall.leasesOf("slow")).toEqual(["v-0_1"]);
  expect(hall.leasesOf("fast")).toEqual(["v-1_2", "v-0_2"]);
});

test("an audit whose holder falls silent is made by another one, and one agreement ends both", () => {
  const hall = paired("third");
  hall.deliver("maker", "v-0_1");
  hall.wait(8_000);
  expect(task(hall)?.leases).toEqual(["v-0_2", "v-0_3"]);
  hall.offer("third", "v-0_3");
  expect(task(hall)).toMatchObject({ verification: EVIDENCE, leases: [] });
  expect(hall.leasesOf("idle")).toEqual([]);
});

test("the last result of who has nothing left to do is audited at once, not when all is done", () => {
  const hall = new Hall(2, { verify: "adaptive" });
  hall.lot = 0.99;
  for (const holderId of ["proven", "slow"]) {
    hall.join(holderId, 0.75);
    const holder = hall.state.holders.get(holderId);
    // One result in 32 is drawn for an audit, but not this one.
    if (holder !== undefined) hall.state.holders.set(holderId, { ...holder, agreed: 40 });
    hall.want(holderId, 1);
  }
  hall.deliver("proven", "v-0_1");
  expect(hall.state.tasks.get("v-1")?.state).toBe("leased");
  expect(hall.state.tasks.get("v-0")?.verification.state).toBe("audit-due");
});

describe("the owner's time", () => {
  /** Contributors past their probation, with one slot and one lease each. */
  function crowd(contributors: number, tasks: number, agreed = 100): Hall {
    const hall = new Hall(tasks, { verify: "adaptive" });
    // Above every chance, so nothing is drawn.
    hall.lot = 0.99;
    for (let index = 0; index < contributors; index += 1) {
      const id = `known-${index}`;
      hall.join(id, 0.75, "contributor", 1, { link: id });
      const holder = hall.state.holders.get(id);
      if (holder !== undefined) hall.state.holders.set(id, { ...holder, agreed });
      hall.want(id, 1);
    }
    return hall;
  }

  test("goes to what is sure to be audited before it goes to ordinary tasks", () => {
    const hall = new Hall(20, { verify: "adaptive" });
    hall.join("maker", 0.75);
    hall.want("maker", 1);
    hall.join("owner", 0.75, "owner");
    hall.want("owner", 1);
    expect(hall.leasesOf("owner")).toEqual(["v-0_2"]);
  });

  test("is kept for audits where many contributors need most of it", () => {
    const hall = crowd(20, 60);
    hall.join("owner", 0.75, "owner");
    hall.want("owner", 1);
    expect(hall.leasesOf("owner")).toEqual([]);
    // The next lease is drawn. Its audit begins when its holder starts to work on it.
    hall.lot = 0;
    hall.want("known-0", 1);
    expect(hall.leasesOf("known-0")).toEqual(["v-0_1", "v-20_1"]);
    hall.wait(1_000);
    expect(hall.leasesOf("owner")).toEqual([]);
    hall.deliver("known-0", "v-0_1");
    hall.wait(1_000);
    expect(hall.leasesOf("owner")).toEqual(["v-20_2"]);
  });

  test("is for ordinary tasks, too, where few contributors are here or chunks are missing", () => {
    const few = crowd(1, 60);
    few.join("owner", 0.75, "owner");
    few.want("owner", 1);
    expect(few.leasesOf("owner")).toEqual(["v-1_1"]);
    const starving = crowd(20, 60);
    for (const [id, task] of starving.state.tasks) {
      if (task.state === "ready") starving.state.tasks.set(id, { ...task, chunk: null });
    }
    starving.want("known-0", 1);
    starving.deliver("known-1", "v-1_1");
    starving.want("known-1", 1);
    starving.join("owner", 0.75, "owner");
    const owner = starving.state.holders.get("owner");
    if (owner !== undefined) starving.state.holders.set("owner", { ...owner, hasSource: true });
    starving.want("owner", 1);
    expect(starving.leasesOf("owner")).toEqual(["v-20_1"]);
  });

  test("is for the last tasks, too, where contributors would be too late for them", () => {
    // One result in eight is audited.
    const hall = crowd(8, 10, 5);
    hall.join("owner", 60, "owner");
    const owner = hall.state.holders.get("owner");
    if (owner !== undefined) hall.state.holders.set("owner", { ...owner, hasSource: true });
    for (let index = 0; index < 8; index += 1) {
      hall.deliver(`known-${index}`, `v-${index}_1`);
    }
    hall.want("owner", 1);
    for (let index = 0; index < 8; index += 1) hall.want(`known-${index}`, 1);
    expect(hall.leasesOf("owner")).toEqual(["v-8_1"]);
  });
});
