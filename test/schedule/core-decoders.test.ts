import { expect, test } from "vitest";
import type { Engine } from "../../shared/job/job.ts";
import { planOf } from "./plan-of.ts";
import { World } from "./world.ts";

/** A job with an AV1 source and all chunks in storage, and a helper that asks for all tasks. */
function worldWithHelper(owner: Engine[], helper: Engine[]) {
  const plan = planOf(3);
  const video = { ...plan.source.video, codec: "av01.0.04M.08" };
  const world = new World(
    { ...plan, source: { ...plan.source, video } },
    ["owner", "contributor"],
    "",
    owner,
  );
  const [maker, other] = world.holders;
  if (!maker || !other) throw new Error("Two holders are needed.");
  world.connect(maker, false);
  other.engines = helper;
  world.connect(other, false);
  for (const id of [...world.asked]) world.stage(maker, id);
  world.say(other, { type: "want", slots: 8 });
  return { world, other };
}

function leasesOfHelper(owner: Engine[], helper: Engine[]) {
  const { world, other } = worldWithHelper(owner, helper);
  return [...other.leases].map((id) => {
    const { taskId = "", engine = null } = world.state.leases.get(id) ?? {};
    return `${taskId} ${engine}`;
  });
}

const BOTH: Engine[] = ["webcodecs", "ffmpeg-wasm"];
const CORE: Engine[] = ["ffmpeg-wasm"];

test("helpers get what the core cannot decode for their browser's codecs alone", () => {
  const leases = leasesOfHelper(BOTH, BOTH);
  expect(leases.filter((each) => each.startsWith("v"))).not.toEqual([]);
  for (const each of leases) expect(each).toMatch(each.startsWith("v") ? /null$/ : /ffmpeg-wasm$/);
});

test("helpers without them, or whose results nobody could look at, get the sound alone", () => {
  for (const [owner, helper] of [
    [BOTH, CORE],
    [CORE, BOTH],
  ] as const) {
    const leases = leasesOfHelper([...owner], [...helper]);
    expect(leases).toEqual(["a0-0 ffmpeg-wasm"]);
  }
});

test.each(["INIT_MISMATCH", "DECODER_MISSING"] as const)(
  "a helper whose browser turns out not to make them (%s) gets the sound alone, at no cost",
  (code) => {
    const { world, other } = worldWithHelper(BOTH, BOTH);
    const videoOf = () =>
      [...other.leases].filter((id) => world.state.leases.get(id)?.taskId.startsWith("v"));
    const [leaseId = ""] = videoOf();
    world.say(other, { type: "fail", leaseId, code, retryable: true, message: "Not here." });
    world.wait(60_000, true);
    world.say(other, { type: "want", slots: 8 });
    expect([...world.state.tasks.values()].filter(({ failures }) => failures > 0)).toEqual([]);
    expect(world.state.holders.get(other.id)?.faults).toBe(0);
    expect(videoOf()).toEqual([]);
    expect([...world.state.leases.values()].map(({ taskId }) => taskId)).toEqual(["a0-0"]);
  },
);
