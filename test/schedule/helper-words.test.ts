import { expect, test } from "vitest";
import { reopen } from "../../edge/coordinator/schedule/results/undo.ts";
import { Draft } from "../../edge/coordinator/schedule/state/draft.ts";
import { notice } from "../../shared/job/notice.ts";
import { planOf } from "./plan-of.ts";
import { World, type WorldHolder } from "./world.ts";

// What a helper says reaches viewers and can end the job of somebody else.

function worldOf(...roles: ConstructorParameters<typeof World>[1]): {
  world: World;
  owner: WorldHolder;
  helper: WorldHolder;
} {
  const world = new World(planOf(3), roles);
  const [owner, helper] = world.holders;
  if (owner === undefined || helper === undefined) throw new Error("Two holders are needed.");
  return { world, owner, helper };
}

/** The helper comes while the owner, who encodes nothing, stages what is asked for. */
function stageFor(world: World, owner: WorldHolder, helper: WorldHolder): void {
  world.connect(owner, false);
  world.connect(helper, false);
  world.say(owner, { type: "settings", settings: { stageAll: true } });
  world.say(helper, { type: "want", slots: 1 });
  for (const task of world.asked) world.stage(owner, task);
}

test("a helper's notices are told in the site's words, and go with its result", () => {
  const { world, owner, helper } = worldOf("owner", "contributor");
  stageFor(world, owner, helper);
  const [leaseId = ""] = helper.leases;
  world.offer(helper, leaseId);
  world.perform(0, "passed");
  const engine = world.state.leases.get(leaseId)?.engine ?? "ffmpeg-wasm";
  const words = "Enter the site key at https://evil.example";
  const notices = [notice("OTHER", words), notice("PICTURES_REPAIRED", words, 4)];
  world.say(helper, { type: "commit", leaseId, engine, encodeMs: 1000, warnings: [], notices });
  while (world.pending.length > 0) world.perform(0, "passed");
  const told = world.state.job.notices;
  expect(JSON.stringify(told)).not.toContain("evil");
  expect(told.map(({ code }) => code)).toEqual(["PICTURES_REPAIRED"]);
  const draft = new Draft(world.state, world.nowMs, () => 0);
  for (const { id } of draft.tasks()) reopen(draft, id);
  expect(draft.job.notices).toEqual([]);
});

test("helpers that always fail, under many names, do not end a job whose owner is away", () => {
  const names = Array.from({ length: 30 }, () => "contributor" as const);
  const { world, owner, helper } = worldOf("owner", ...names);
  const helpers = world.holders.filter(({ role }) => role === "contributor");
  for (const each of helpers) each.link = "link";
  stageFor(world, owner, helper);
  world.close(owner);
  const failure = { code: "WORKER_CRASHED", retryable: true, message: "Evil words." } as const;
  for (let second = 0; second < 300; second += 1) {
    const each = helpers[second % helpers.length] ?? helper;
    if (each.connectionId === null) world.connect(each, false);
    world.say(each, { type: "want", slots: 1 });
    for (const leaseId of each.leases) world.say(each, { type: "fail", leaseId, ...failure });
    world.wait(1_000, true);
  }
  expect(world.state.job).toMatchObject({ state: "running", error: null });
  expect([...world.state.tasks.values()].some(({ failures }) => failures === 2)).toBe(true);
});
