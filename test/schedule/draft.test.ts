import { expect, test } from "vitest";
import { Draft } from "../../edge/coordinator/schedule/state/draft.ts";
import { Hall } from "./hall.ts";

/** A draft of a job with one holder and one lease. */
function draftOf(): Draft {
  const hall = new Hall(2);
  hall.join("one", 1);
  hall.want("one", 1);
  return new Draft(hall.state, hall.nowMs, () => 0);
}

test("a copy that was read before a change does not undo it", () => {
  const draft = draftOf();
  const [task, lease, holder] = [draft.task("v-0"), draft.lease("v-0_1"), draft.holder("one")];
  if (!task || !lease || !holder) throw new Error("The records are there.");
  draft.patchTask("v-0", { failures: 2 });
  draft.patchLease("v-0_1", { phase: "uploading" });
  draft.patchHolder("one", { faults: 3 });

  draft.patchTask(task.id, { lastError: "WORKER_CRASHED" });
  draft.patchLease(lease.id, { checks: 1 });
  draft.patchHolder(holder.id, { want: 4 });

  expect(draft.task("v-0")).toEqual({ ...task, failures: 2, lastError: "WORKER_CRASHED" });
  expect(draft.lease("v-0_1")).toEqual({ ...lease, phase: "uploading", checks: 1 });
  expect(draft.holder("one")).toEqual({ ...holder, faults: 3, want: 4 });
});

test("counts go on from the newest record", () => {
  const draft = draftOf();
  for (let result = 0; result < 3; result += 1) {
    draft.patchHolder("one", ({ agreed }) => ({ agreed: agreed + 1 }));
  }
  expect(draft.holder("one")?.agreed).toBe(3);
});

test("a lease that is gone does not come back by a patch", () => {
  const draft = draftOf();
  draft.dropLease("v-0_1");
  expect(draft.patchLease("v-0_1", { phase: "checking" })).toBeUndefined();
  expect(draft.lease("v-0_1")).toBeUndefined();
  expect(draft.changes.leases.get("v-0_1")).toBeNull();
});

test("the state below a draft stays as it is", () => {
  const hall = new Hall(1);
  const before = structuredClone(hall.state);
  new Draft(hall.state, hall.nowMs, () => 0).patchTask("v-0", { failures: 1 });
  expect(hall.state).toEqual(before);
});
