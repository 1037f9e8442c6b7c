import fc from "fast-check";
import { expect, test } from "vitest";
import { offerFault } from "../../edge/coordinator/schedule/results/offers.ts";
import type { Output } from "../../shared/wire/lease.ts";
import { must } from "./always.ts";
import { outputsOf } from "./offered.ts";
import { planOf } from "./plan-of.ts";

const plan = planOf(4);

function faultOf(taskId: string, outputs: readonly Output[]): string | null {
  const task = plan.tasks.find(({ id }) => id === taskId);
  must(task !== undefined, "There is no such task.");
  return offerFault(plan, task, outputs);
}

test("what a task makes is what may be offered for it, in any order", () => {
  for (const { id } of plan.tasks) {
    const outputs = outputsOf(plan, id);
    expect(faultOf(id, outputs)).toBeNull();
    expect(faultOf(id, outputs.toReversed())).toBeNull();
  }
});

test("anything missing, twice, foreign or too large is a fault", () => {
  const tasks = fc.constantFrom(...plan.tasks.map(({ id }) => id));
  fc.assert(
    fc.property(tasks, fc.nat(), fc.nat(5), (taskId, which, change) => {
      const outputs = outputsOf(plan, taskId);
      const index = which % outputs.length;
      const chosen = outputs[index];
      must(chosen !== undefined, "There is an output.");
      const others = outputs.toSpliced(index, 1);
      const foreign: Output[][] = [
        others,
        [...outputs, chosen],
        [...others, { ...chosen, rendition: taskId.startsWith("a") ? "v320" : "a0" }],
        [...others, { ...chosen, segment: chosen.segment + 4 }],
        [...others, { ...chosen, sizeBytes: 100 * 1024 * 1024 }],
        [
          ...others,
          chosen.kind === "init"
            ? { ...chosen, kind: "media" }
            : { ...chosen, kind: "init", base64: "AA==" },
        ],
      ];
      expect(faultOf(taskId, foreign[change] ?? [])).not.toBeNull();
    }),
  );
});
