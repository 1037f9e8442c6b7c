import { expect, test } from "vitest";
import { maxBytes } from "../../edge/coordinator/schedule/results/upload-budget.ts";
import { Hall } from "./hall.ts";
import { outputsOf, taskIdOf } from "./offered.ts";

/** Just below the limit for a media segment of these plans. */
const LARGE_BYTES = 1024 ** 2;

/**
 * Takes leases, offers the largest possible outputs, and releases them until no more is allowed.
 * @returns bytes offered
 */
function hoard(hall: Hall, name: string): number {
  const { plan } = hall.state;
  let offered = 0;
  for (;;) {
    hall.want(name, 1);
    const [leaseId] = hall.leasesOf(name);
    if (leaseId === undefined) return offered;
    const outputs = outputsOf(plan, taskIdOf(leaseId)).map((output) =>
      output.kind === "init" ? output : { ...output, sizeBytes: LARGE_BYTES },
    );
    hall.say(name, { type: "offer", leaseId, outputs });
    if (hall.state.leases.get(leaseId)?.phase === "offered") {
      offered += outputs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    }
    hall.say(name, { type: "release", leaseId });
  }
}

function isBanned(hall: Hall, name: string): boolean {
  return hall.state.holders.get(name)?.banned === true;
}

test("who takes leases and gives them back stores no more than its link may, and costs no attempt", () => {
  const hall = new Hall(6);
  const most = maxBytes(hall.state.plan);
  hall.join("thief", 10);
  const offered = hoard(hall, "thief");
  expect(isBanned(hall, "thief")).toBe(true);
  expect(offered).toBeLessThanOrEqual(most);
  expect(offered).toBeGreaterThan(most / 2);
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

test("any number of links stores no more than some, and the owner makes the video", () => {
  const hall = new Hall(6);
  const most = maxBytes(hall.state.plan);
  let offered = 0;
  let links = 0;
  for (let own = 1; own > 0; links += 1) {
    const name = `thief-${links}`;
    hall.join(name, 10, "contributor", 1, { link: `link-${links}` });
    own = hoard(hall, name);
    offered += own;
    expect(isBanned(hall, name)).toBe(true);
    expect(links).toBeLessThan(50);
  }
  expect(offered).toBeGreaterThan(2 * most);
  expect(offered).toBeLessThanOrEqual(8 * most);
  expect([...hall.state.tasks.values()].every(({ failures }) => failures === 0)).toBe(true);

  hall.join("owner", 10, "owner");
  for (let n = 0; n < 6; n += 1) {
    hall.want("owner", 1);
    const [leaseId] = hall.leasesOf("owner");
    if (leaseId === undefined) throw new Error("No lease is to be had.");
    hall.deliver("owner", leaseId);
  }
  expect(hall.state.job.tasksDone).toBe(6);
});

test("an owner's tabs store some times what the video has; then the job fails, with a code", () => {
  const hall = new Hall(6);
  const most = maxBytes(hall.state.plan);
  hall.join("owner", 10, "owner", 1, { link: "token" });
  hall.join("its other tab", 10, "owner", 1, { link: "token" });
  const offered = hoard(hall, "owner") + hoard(hall, "its other tab");
  expect(offered).toBeLessThanOrEqual(most);
  expect(offered).toBeGreaterThan(most / 2);
  expect(hall.state.job).toMatchObject({ state: "failed", error: { code: "STORAGE_LIMIT" } });
  expect([...hall.state.leases]).toEqual([]);
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
