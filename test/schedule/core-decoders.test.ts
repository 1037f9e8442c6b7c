import { expect, test } from "vitest";
import type { Engine } from "../../shared/job/job.ts";
import { planOf } from "./plan-of.ts";
import { World } from "./world.ts";

/** A job of an AV1 source that is all in storage, with a helper that wants everything. */
function leasesOfHelper(owner: Engine[], helper: Engine[]) {
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
