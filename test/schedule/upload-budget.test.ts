import { expect, test } from "vitest";
import { maxLinkBytes } from "../../edge/coordinator/schedule/results/upload-budget.ts";
import { Hall } from "./hall.ts";
import { outputsOf, taskIdOf } from "./offered.ts";

/** Just below what a media segment of these plans may have. */
const LARGE_BYTES = 1024 ** 2;

test("who takes leases and gives them back stores no more than its link may, and costs no attempt", () => {
  const hall = new Hall(6);
  const { plan } = hall.state;
  let offered = 0;
  hall.join("thief", 10);
  while (hall.state.holders.get("thief")?.banned === false) {
    hall.want("thief", 1);
    const [leaseId] = hall.leasesOf("thief");
    if (leaseId === undefined) throw new Error("No lease is to be had.");
    const outputs = outputsOf(plan, taskIdOf(leaseId)).map((output) =>
      output.kind === "init" ? output : { ...output, sizeBytes: LARGE_BYTES },
    );
    hall.say("thief", { type: "offer", leaseId, outputs });
    if (hall.state.leases.get(leaseId)?.phase === "offered") {
      offered += outputs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    }
    hall.say("thief", { type: "release", leaseId });
    expect(offered).toBeLessThanOrEqual(maxLinkBytes(plan));
  }
  expect(offered).toBeGreaterThan(maxLinkBytes(plan) / 2);
  expect([...hall.state.leases]).toEqual([]);
  expect([...hall.state.tasks.values()].every(({ failures }) => failures === 0)).toBe(true);

  hall.join("honest", 10, "contributor", 1, { link: "another" });
  for (let n = 0; n < 6; n += 1) {
    hall.want("honest", 1);
    const [leaseId] = hall.leasesOf("honest");
    if (leaseId === undefined) throw new Error("No lease is to be had.");
    hall.deliver("honest", leaseId);
  }
  expect(hall.state.job.tasksDone).toBe(6);
});

test("the same offer again, for fresh URLs, is counted once", () => {
  const hall = new Hall(1);
  hall.join("helper", 10);
  hall.want("helper", 1);
  const [leaseId = ""] = hall.leasesOf("helper");
  hall.offer("helper", leaseId);
  const after = hall.state.job.uploadBytes;
  expect(Object.keys(after)).toEqual(["link"]);
  hall.offer("helper", leaseId);
  expect(hall.state.job.uploadBytes).toEqual(after);
});
