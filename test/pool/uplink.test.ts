import { expect, test } from "vitest";
import { UplinkMeter } from "../../edge/coordinator/pool/uplink.ts";
import type { TaskRecord } from "../../edge/coordinator/schedule/state/records.ts";
import { noChanges } from "../../edge/coordinator/schedule/state/state.ts";
import { Hall } from "../schedule/hall.ts";

// The real records of a job, with what the owner was asked for and brought.

const TASK_TICKS = 540_000;

test("an uplink is measured while the owner is asked for chunks, and not while nobody asks", () => {
  const [task] = new Hall(1).state.tasks.values();
  if (task === undefined) throw new Error("no task");
  const meter = new UplinkMeter(() => TASK_TICKS);
  const told = (id: string, more: Partial<TaskRecord>) => ({
    ...noChanges(),
    tasks: new Map([[id, { ...task, id, ...more }]]),
  });
  const stored = { info: INFO, key: "", md5: "", stored: true };
  let nowMs = 0;
  for (let index = 0; index < 6; index += 1) {
    const id = `v-${index}`;
    meter.take(told(id, { chunk: null, staging: { connectionId: "c", dueAtMs: 1e9 } }), nowMs);
    expect(meter.rate(nowMs) === null).toBe(index < 4);
    nowMs += 2_000;
    meter.take(told(id, { chunk: stored, staging: null }), nowMs);
    // Its helpers have enough for now.
    nowMs += 60_000;
  }
  expect(meter.rate(nowMs)).toBeCloseTo(TASK_TICKS / 2_000);
});

const INFO = { taskId: "", sizeBytes: 1, baseTicks: 0, trimStartTicks: 0, trimEndTicks: 1 };
