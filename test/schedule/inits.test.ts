import { expect, test } from "vitest";
import { outputsOf, taskIdOf } from "./offered.ts";
import { planOf } from "./plan-of.ts";
import { World } from "./world.ts";

test.each(["off", "adaptive", "all"] as const)(
  "a contributor's own init costs nobody else anything, verified: %s",
  (verify) => {
    const world = new World(planOf(3), ["owner", "contributor"]);
    const [owner, helper] = world.holders;
    if (!owner || !helper) throw new Error("Two holders are needed.");
    const performAll = () => {
      while (world.pending.length > 0) world.perform(0, "passed");
    };
    world.connect(owner, false);
    world.say(owner, { type: "settings", settings: { verify, stageAll: true } });
    for (const taskId of [...world.asked]) world.stage(owner, taskId);
    world.connect(helper, false, 2);
    // Its results pass the gate and play, but with another init segment than the others'.
    for (const leaseId of [...helper.leases]) {
      const outputs = outputsOf(world.state.plan, taskIdOf(leaseId)).map((output) => {
        return output.kind === "init" ? { ...output, sha256: "f".repeat(64) } : output;
      });
      world.say(helper, { type: "offer", leaseId, outputs });
      performAll();
      world.commit(helper, leaseId);
      performAll();
    }
    expect(world.state.accepted.size).toBeGreaterThan(0);

    for (let round = 0; round < 10 && world.state.job.state !== "ready"; round += 1) {
      world.say(owner, { type: "want", slots: 2 });
      for (const leaseId of [...owner.leases]) {
        world.offer(owner, leaseId);
        if (owner.leases.has(leaseId)) world.commit(owner, leaseId);
      }
      performAll();
    }
    expect(world.state.job.state).toBe("ready");
    expect(world.state.holders.get(helper.id)?.banned).toBe(true);
    expect([...world.state.tasks.values()].every(({ failures }) => failures === 0)).toBe(true);
    for (const { initKey } of world.state.accepted.values()) {
      expect(initKey).not.toContain("f".repeat(64));
    }
  },
);
