import { expect, test } from "vitest";
import { planOf } from "./plan-of.ts";
import { World, type WorldHolder } from "./world.ts";

// Only outputs that storage has lost when the job is assembled are made again.

/** Lets these holders make everything, in turn, until the job is assembling. */
function workToTheEnd(world: World, holders: readonly WorldHolder[]): void {
  for (let round = 0; world.state.job.state !== "assembling" && round < 50; round += 1) {
    for (const holder of holders) {
      for (const taskId of [...world.asked]) world.stage(holder, taskId);
      world.say(holder, { type: "want", slots: 1 });
      for (const leaseId of [...holder.leases]) {
        world.offer(holder, leaseId);
        world.commit(holder, leaseId);
      }
    }
    while (world.pending.some(({ type }) => type !== "chore")) {
      const index = world.pending.findIndex(({ type }) => type !== "chore");
      world.perform(index, "passed");
    }
  }
  expect(world.state.job.state).toBe("assembling");
}

function lose(world: World, ...keys: (string | undefined)[]): string[] {
  world.pending = [];
  world.dispatch({ type: "outputs-lost", keys: keys.map((key) => key ?? "") });
  return [...world.state.tasks.values()].flatMap(({ id, done }) => (done === null ? id : []));
}

function finish(world: World, holders: readonly WorldHolder[]): void {
  workToTheEnd(world, holders);
  while (world.pending.length > 0) world.perform(0, "passed");
  expect(world.state.job.state).toBe("ready");
  expect([...world.state.tasks.values()].every(({ failures }) => failures === 0)).toBe(true);
}

test("a media object costs its task, an init all tasks of its encoder class", () => {
  const world = new World(planOf(3), ["owner"]);
  const [owner] = world.holders;
  if (owner === undefined) throw new Error("An owner is needed.");
  world.connect(owner, false);
  workToTheEnd(world, [owner]);
  const segment = world.state.accepted.get("v320/1");
  expect(lose(world, segment?.key)).toEqual(["v-1"]);
  expect(world.state.job.state).toBe("running");
  workToTheEnd(world, [owner]);
  expect(world.state.accepted.get("v320/1")?.key).not.toBe(segment?.key);
  expect(lose(world, segment?.initKey)).toEqual(["v-0", "v-1", "v-2"]);
  finish(world, [owner]);
});

test("a contributor whose object is gone does not make it again", () => {
  const world = new World(planOf(2), ["owner", "contributor"]);
  const [owner, helper] = world.holders;
  if (!owner || !helper) throw new Error("Two holders are needed.");
  world.connect(owner, false);
  world.say(owner, { type: "settings", settings: { verify: "off", stageAll: true } });
  world.connect(helper, false);
  workToTheEnd(world, [helper, owner]);
  const own = [...world.state.accepted.values()].filter(
    ({ provenance }) => provenance.holder === helper.id,
  );
  expect(own.length).toBeGreaterThan(0);
  const lost = lose(world, ...own.map(({ key }) => key));
  expect(lost.length).toBeGreaterThan(0);
  for (const id of lost) {
    expect(world.state.tasks.get(id)?.verification.excluded).toEqual([helper.id]);
  }
  world.say(helper, { type: "want", slots: 2 });
  expect([...helper.leases]).toEqual([]);
  finish(world, [owner]);
});

test("is not asked for again of a job that was cancelled meanwhile", () => {
  const world = new World(planOf(1), ["owner"]);
  const [owner] = world.holders;
  if (owner === undefined) throw new Error("An owner is needed.");
  world.connect(owner, false);
  workToTheEnd(world, [owner]);
  world.dispatch({ type: "cancel" });
  const [key] = [...world.state.accepted.values()].map((each) => each.key);
  expect(lose(world, key)).toEqual([]);
  expect(world.state.job.state).toBe("cancelled");
});
