import { expect, test } from "vitest";
import { playlistInput } from "../../edge/coordinator/view.ts";
import type { Engine, JobPlan } from "../../shared/job/job.ts";
import { published } from "../../shared/playlist/input.ts";
import { renderMedia } from "../../shared/playlist/media.ts";
import { discontinuities, initUris, parseMediaPlaylist } from "../playlist/media-playlist.ts";
import { planOf } from "./plan-of.ts";
import { World, type WorldHolder } from "./world.ts";

/** A plan of two segments with one audio task for each. */
function planInRuns(): JobPlan {
  const plan = planOf(2);
  const sound = plan.tasks.filter(({ kind }) => kind === "audio");
  const runs = sound.flatMap((task) =>
    [0, 1].map((segment) => ({
      ...task,
      id: `a0-${segment}`,
      firstSegment: segment,
      segmentCount: 1,
    })),
  );
  return { ...plan, tasks: [...runs, ...plan.tasks.filter(({ kind }) => kind === "video")] };
}

function deliver(world: World, holder: WorldHolder, engineOf: (taskId: string) => Engine): void {
  world.say(holder, { type: "want", slots: 2 });
  for (const leaseId of [...holder.leases]) {
    world.offer(holder, leaseId);
    while (world.pending.length > 0) world.perform(0, "passed");
    const engine = engineOf(leaseId.slice(0, leaseId.lastIndexOf("_")));
    world.say(holder, { type: "commit", leaseId, engine, encodeMs: 1_000, warnings: [] });
    while (world.pending.length > 0) world.perform(0, "passed");
  }
}

test("sound of different engines has one init segment and plays without a discontinuity", () => {
  const world = new World(planInRuns(), ["owner"], "", ["webcodecs", "ffmpeg-wasm"]);
  const [owner] = world.holders;
  if (!owner) throw new Error("A holder is needed.");
  world.connect(owner, false);
  for (let round = 0; round < 4; round += 1) {
    deliver(world, owner, (taskId) => (taskId === "a0-1" ? "ffmpeg-wasm" : "webcodecs"));
  }
  const input = playlistInput(world.state, true);
  const sound = input.accepted.filter(({ rendition }) => rendition === "a0");
  expect(sound.map(({ provenance }) => provenance.engine).sort()).toEqual([
    "ffmpeg-wasm",
    "webcodecs",
  ]);
  expect(new Set(sound.map(({ initKey }) => initKey)).size).toBe(1);
  expect(published(input)).toMatchObject({ complete: true, discontinuities: new Set() });
  for (const { id } of [...input.video, ...input.audio]) {
    const media = parseMediaPlaylist(renderMedia(input, id));
    expect(discontinuities(media)).toEqual([]);
    expect(initUris(media)).toHaveLength(1);
  }
});

test("a helper's sound counts only from ffmpeg, whose bytes can be compared", () => {
  const world = new World(planInRuns(), ["owner", "contributor"], "", ["webcodecs", "ffmpeg-wasm"]);
  const [owner, helper] = world.holders;
  if (!owner || !helper) throw new Error("Two holders are needed.");
  world.connect(owner, false);
  world.connect(helper, false);
  for (const id of [...world.asked]) world.stage(owner, id);
  world.say(helper, { type: "want", slots: 2 });
  const leases = [...helper.leases].map((id) => world.state.leases.get(id));
  const sound = leases.filter((lease) => lease?.taskId.startsWith("a0"));
  expect(sound.length).toBeGreaterThan(0);
  for (const lease of sound) expect(lease?.engine).toBe("ffmpeg-wasm");

  deliver(world, helper, () => "webcodecs");
  expect(world.state.tasks.get("a0-0")).toMatchObject({ done: null, failures: 1 });
  // After its backoff the owner makes it, and is trusted.
  for (let second = 0; second < 31; second += 1) {
    world.say(owner, { type: "renew", leases: [] });
    world.wait(1_000, true);
  }
  deliver(world, owner, () => "webcodecs");
  expect(world.state.tasks.get("a0-0")).toMatchObject({
    verification: { state: "verified", by: "gate" },
    done: { holderId: owner.id, engine: "webcodecs" },
  });
});
