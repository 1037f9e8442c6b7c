import fc from "fast-check";
import { expect, test } from "vitest";
import { playlistInput } from "../../edge/coordinator/view.ts";
import { hasEnded } from "../../shared/job/job.ts";
import { must } from "./always.ts";
import { honestHash } from "./offered.ts";
import { planOf } from "./plan-of.ts";
import { World, type WorldHolder } from "./world.ts";

type Act =
  | "connect"
  | "reconnect"
  | "close"
  | "want"
  | "renew"
  | "offer"
  | "commit"
  | "fail"
  | "release"
  | "late"
  | "stage"
  | "perform"
  | "wait"
  | "wait-silently"
  | "evict";

const step = fc.record({
  act: fc.oneof(
    ...(
      [
        ["connect", 2],
        ["reconnect", 2],
        ["close", 1],
        ["want", 4],
        ["renew", 3],
        ["offer", 5],
        ["commit", 5],
        ["fail", 1],
        ["release", 1],
        ["late", 1],
        ["stage", 3],
        ["perform", 8],
        ["wait", 3],
        ["wait-silently", 1],
        ["evict", 1],
      ] as [Act, number][]
    ).map(([act, weight]) => ({ weight, arbitrary: fc.constant(act) })),
  ),
  who: fc.nat(3),
  which: fc.nat(30),
  /** Used for how long to wait, and for how many slots to ask. */
  amount: fc.nat(100),
  verdict: fc.oneof(
    { weight: 6, arbitrary: fc.constant("passed" as const) },
    { weight: 1, arbitrary: fc.constant("refused" as const) },
    { weight: 1, arbitrary: fc.constant("unknown" as const) },
  ),
  /** The message is about any lease so far, not only one of the holder's own. */
  stray: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
});

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function run(world: World, { act, who, which, amount, verdict, stray }: Step): void {
  const holder = world.holders[who % world.holders.length];
  if (holder === undefined) return;
  const leaseId = pickLease(world, holder, which, stray);
  switch (act) {
    case "connect":
      world.connect(holder, false, stray ? undefined : amount % 4);
      return;
    case "reconnect":
      world.connect(holder, true, stray ? undefined : amount % 4);
      return;
    case "close":
      world.close(holder);
      return;
    case "want":
      world.say(holder, { type: "want", slots: amount % 4 });
      return;
    case "renew":
      world.say(holder, {
        type: "renew",
        leases: [{ leaseId, progress: amount / 100, workMs: which * 500 }],
      });
      return;
    case "offer":
      world.offer(holder, leaseId);
      return;
    case "commit":
      world.commit(holder, leaseId);
      return;
    case "fail": {
      const failure = { code: "WORKER_CRASHED", retryable: true, message: "Crashed." } as const;
      world.say(holder, { type: "fail", leaseId, ...failure });
      return;
    }
    case "release":
      world.say(holder, { type: "release", leaseId });
      return;
    case "late":
      world.sayLate(holder, { type: "want", slots: 4 });
      return;
    case "stage":
      world.stage(holder, [...world.asked][which % Math.max(1, world.asked.size)] ?? "");
      return;
    case "perform":
      if (world.pending.length > 0) world.perform(which % world.pending.length, verdict);
      return;
    case "wait":
      world.wait(amount * 500, true);
      return;
    case "wait-silently":
      world.wait(amount * 500, false);
      return;
    case "evict":
      world.evict();
      return;
  }
}

/** A step without failures and refusals, so that much of the contributors' work gets done. */
function helpfully(step: Step): Step {
  const calm = { ...step, verdict: "passed" as const, stray: false };
  if (step.act === "fail" || step.act === "evict") return { ...calm, act: "stage", who: 0 };
  if (step.act === "close" || step.act === "connect") {
    return step.who === 0 ? { ...calm, act: "stage" } : { ...calm, act: "reconnect" };
  }
  return calm;
}

/** A step in which holders stay but their work fails, so that tasks come to their third failure. */
function clumsily(step: Step): Step {
  switch (step.act) {
    case "offer":
    case "commit":
      return { ...step, act: "fail" };
    case "connect":
    case "close":
    case "release":
      return { ...step, act: "want", who: 0 };
    case "wait":
      return { ...step, amount: 3 * step.amount };
    default:
      return step;
  }
}

function pickLease(world: World, holder: WorldHolder, which: number, stray: boolean): string {
  const own = [...holder.leases];
  if (own.length > 0 && !stray) return own[which % own.length] ?? "";
  const tasks = [...world.state.tasks.keys()];
  return `${tasks[which % tasks.length]}_${1 + (which % 3)}`;
}

/** Lets an owner do everything right. The job must come to its end. */
function finish(world: World): void {
  const owner = world.holders[0];
  if (owner === undefined) return;
  for (const holder of world.holders.slice(1)) world.close(holder);
  world.connect(owner, false);
  for (let round = 0; round < 500 && !hasEnded(world.state.job.state); round += 1) {
    world.say(owner, { type: "want", slots: 2 });
    const offered = [...owner.leases];
    for (const leaseId of offered) world.offer(owner, leaseId);
    while (world.pending.length > 0) world.perform(0, "passed");
    // Commits only the offered leases: a newer one, committed without an offer, would count as a failure.
    for (const leaseId of offered) {
      if (owner.leases.has(leaseId)) world.commit(owner, leaseId);
    }
    // Evictions lose pending effects: the check of a commit, and the last playlists. They have to be requested
    // again.
    if (round % 5 === 0) world.evict();
    while (world.pending.length > 0 && world.state.job.state !== "assembling") {
      world.perform(0, "passed");
    }
    if (world.state.job.state === "assembling") world.evict();
    while (world.pending.length > 0) world.perform(0, "passed");
    world.wait(10_000, true);
  }
  world.evict();
  for (let minute = 0; minute < 3; minute += 1) {
    while (world.pending.length > 0) world.perform(0, "passed");
    world.wait(60_000, true);
  }
  must(world.state.job.chores.catalog === undefined, "the catalogue was not told");
  must(hasEnded(world.state.job.state), `the job is still ${world.state.job.state}`);
}

const ROLES = ["owner", "owner", "contributor", "server"] as const;

/** Each property runs thousands of jobs, perhaps on a busy machine. */
const PROPERTIES = { timeout: 300_000 };

test(
  "whatever happens, no task is lost, none is done twice, attempts and backoff are right",
  PROPERTIES,
  () => {
    const ends = { ready: 0, failed: 0 };
    let staged = 0;
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.array(step, { minLength: 10, maxLength: 150, size: "max" }),
        fc.boolean(),
        (segments, steps, clumsy) => {
          const world = new World(planOf(segments), ROLES);
          const [owner] = world.holders;
          if (owner !== undefined) world.connect(owner, false);
          for (const each of steps) run(world, clumsy ? clumsily(each) : each);
          const failed = [...world.state.tasks.values()].some(({ failures }) => failures >= 3);
          finish(world);
          const { state } = world.state.job;
          // The only reason for a failed job is a task that failed three times.
          must(state === (failed ? "failed" : "ready"), `the job ended ${state}`);
          if ([...world.state.tasks.values()].some(({ chunk }) => chunk?.stored)) staged += 1;
          ends[failed ? "failed" : "ready"] += 1;
        },
      ),
      { numRuns: 1000 },
    );
    // Makes sure that the steps reach the cases to test.
    expect(ends.ready).toBeGreaterThan(50);
    expect(ends.failed).toBeGreaterThan(5);
    expect(staged).toBeGreaterThan(20);
  },
);

test.each([
  ["of equal bytes", ["ffmpeg-wasm"]],
  ["of pictures alone", ["webcodecs", "ffmpeg-wasm"]],
] as const)(
  "whatever happens, no lie %s is in a finished video, and who was caught is out",
  PROPERTIES,
  (_, engines) => {
    let caught = 0;
    let looks = 0;
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 12 }),
        fc.array(step, { minLength: 40, maxLength: 250, size: "max" }),
        fc.nat(3),
        fc.string(),
        (segments, steps, honestResults, seed) => {
          const world = new World(
            planOf(segments),
            ["owner", "contributor", "contributor"],
            seed,
            engines,
          );
          const [owner, liar] = world.holders;
          if (owner === undefined || liar === undefined) return;
          liar.honestResults = honestResults;
          world.connect(owner, false);
          for (const each of steps) run(world, helpfully(each));
          const before = playlistInput(world.state).accepted;
          finish(world);
          if (world.state.job.state !== "ready") return;
          const shown = playlistInput(world.state).accepted;
          expect(shown).toHaveLength(world.state.accepted.size);
          for (const { sha256, rendition, segment } of shown) {
            must(
              sha256 === honestHash(rendition, segment),
              `a lie is shown: ${rendition} ${segment}`,
            );
          }
          // A playlist keeps each segment that it has shown, unless its maker was caught lying.
          const isOut = world.state.holders.get(liar.id)?.banned === true;
          for (const { sha256, rendition, segment } of before) {
            const isLie = sha256 !== honestHash(rendition, segment);
            must(!isLie, `a lie was shown on the way: ${rendition} ${segment}`);
          }
          if (isOut) caught += 1;
          const results = [...world.state.accepted.values()];
          if (results.some(({ provenance }) => provenance.verified === "picture")) looks += 1;
        },
      ),
      { numRuns: 400, endOnFailure: true },
    );
    expect(caught).toBeGreaterThan(3);
    if (engines.length > 1) expect(looks).toBeGreaterThan(20);
    else expect(looks).toBe(0);
  },
);

test("two holders share the work in order of need", () => {
  const world = new World(planOf(3), ["owner", "owner"]);
  const [one, two] = world.holders;
  if (!one || !two) throw new Error("Two holders are needed.");
  world.connect(one, false);
  world.connect(two, false);
  world.say(one, { type: "want", slots: 1 });
  world.say(two, { type: "want", slots: 1 });
  world.say(one, { type: "want", slots: 1 });
  expect([...one.leases]).toEqual(["a0-0_1", "v-1_1"]);
  expect([...two.leases]).toEqual(["v-0_1"]);
});

test("pictures that nobody is there to look at wait for somebody trusted, who makes them anew", () => {
  const roles = ["owner", "contributor", "contributor", "server"] as const;
  const world = new World(planOf(1), roles, "", ["webcodecs", "ffmpeg-wasm"]);
  const [owner, maker, other, server] = world.holders;
  if (!owner || !maker || !other || !server) throw new Error("Four holders are needed.");
  server.engines = ["ffmpeg-native"];
  const work = (holder: WorldHolder): void => {
    world.say(holder, { type: "want", slots: 2 });
    for (const id of [...holder.leases]) world.offer(holder, id);
    while (world.pending.length > 0) world.perform(0, "passed");
    for (const id of [...holder.leases]) world.commit(holder, id);
    while (world.pending.length > 0) world.perform(0, "passed");
  };
  world.connect(owner, false);
  world.connect(maker, false);
  for (const id of [...world.asked]) world.stage(owner, id);
  work(maker);
  expect(world.state.tasks.get("v-0")).toMatchObject({
    state: "done",
    verification: { state: "audit-due" },
  });
  expect(world.state.tasks.get("v-0")?.done?.engine).toBe("webcodecs");
  world.close(owner);
  world.connect(other, false);
  work(other);
  for (const id of ["a0-0", "v-0"]) {
    expect(world.state.tasks.get(id)?.verification.state).toBe("audit-due");
  }
  for (let second = 0; second < 130; second += 1) {
    world.say(other, { type: "renew", leases: [] });
    world.wait(1_000, true);
  }
  expect(world.state.job).toMatchObject({ state: "running", awaitsTrusted: true });
  // The server has neither engine, so it cannot audit by hash. It makes the tasks itself, and these results count.
  world.connect(server, false);
  for (let round = 0; round < 3; round += 1) work(server);
  for (const id of ["a0-0", "v-0"]) {
    expect(world.state.tasks.get(id)).toMatchObject({
      done: { holderId: server.id },
      verification: { state: "verified", by: "gate" },
    });
  }
  expect(world.state.job.state).toBe("ready");
});

test("who says that a video can never be made must have it", () => {
  const world = new World(planOf(2), ["owner"]);
  const [owner] = world.holders;
  if (!owner) throw new Error("A holder is needed.");
  world.connect(owner, false);
  world.say(owner, { type: "want", slots: 1 });
  const final = { code: "DECODE_FAILED", retryable: false, message: "Damaged at 0:03." } as const;
  world.say(owner, { type: "fail", leaseId: "a0-0_1", ...final });
  expect(world.state.job).toMatchObject({ state: "failed", error: { code: "DECODE_FAILED" } });
});

test.each([
  [["owner"], 2],
  [["owner", "contributor"], 30],
] as const)("with %j, a first failure is followed by another try after %i s", (roles, seconds) => {
  const world = new World(planOf(1), roles);
  const [owner] = world.holders;
  if (!owner) throw new Error("A holder is needed.");
  for (const holder of world.holders) world.connect(holder, false);
  world.say(owner, { type: "want", slots: 1 });
  const crash = { code: "WORKER_CRASHED", retryable: true, message: "Crashed." } as const;
  world.say(owner, { type: "fail", leaseId: "a0-0_1", ...crash });
  world.wait(1_000 * seconds - 1, true);
  expect(world.state.tasks.get("a0-0")).toMatchObject({ state: "backoff", failures: 1 });
  world.wait(1, true);
  expect(world.state.tasks.get("a0-0")?.state).toBe("ready");
});

test("a gate that cannot look is asked again, and costs an attempt only in the end", () => {
  const world = new World(planOf(1), ["owner"]);
  const [owner] = world.holders;
  if (!owner) throw new Error("A holder is needed.");
  world.connect(owner, false);
  world.say(owner, { type: "want", slots: 1 });
  world.offer(owner, "a0-0_1");
  world.commit(owner, "a0-0_1");
  let asked = 0;
  for (let second = 0; second < 120 && world.state.tasks.get("a0-0")?.failures === 0; second += 1) {
    while (world.pending.length > 0) {
      if (world.pending[0]?.type === "check") asked += 1;
      world.perform(0, "unknown");
    }
    world.wait(1_000, true);
  }
  expect(asked).toBe(5);
  expect(world.state.tasks.get("a0-0")).toMatchObject({ failures: 1, lastError: "INTERNAL" });
});
