import { describe, expect, test } from "vitest";
import { NOT_VERIFIED } from "../../edge/coordinator/schedule/verify/verification.ts";
import { Hall } from "./hall.ts";

describe("the last tasks", () => {
  test("go to who would be done with them in time, even behind what it does now", () => {
    const hall = new Hall(3);
    hall.join("fast", 3);
    hall.join("slow", 0.2);
    hall.want("fast", 2);
    hall.want("slow", 2);
    // 6 s of video take the fast holder 2 s and the slow one 30 s.
    expect(hall.leasesOf("fast")).toEqual(["v-0_1", "v-1_1"]);
    expect(hall.leasesOf("slow")).toEqual([]);
    hall.deliver("fast", "v-0_1");
    hall.want("fast", 1);
    expect(hall.leasesOf("fast")).toEqual(["v-1_1", "v-2_1"]);
  });

  test("go to the slow, too, where that is sooner than waiting for the fast", () => {
    const hall = new Hall(8);
    hall.join("fast", 1);
    hall.join("slow", 0.5);
    hall.want("fast", 2);
    hall.want("slow", 2);
    expect(hall.leasesOf("fast")).toHaveLength(2);
    expect(hall.leasesOf("slow")).toHaveLength(2);
  });

  test("wait for nobody who has to leave them to others", () => {
    const hall = new Hall(1);
    hall.join("fast", 10);
    hall.join("slow", 0.1);
    const task = hall.state.tasks.get("v-0");
    if (task === undefined) throw new Error("no task");
    hall.state.tasks.set("v-0", { ...task, verification: { ...NOT_VERIFIED, excluded: ["fast"] } });
    hall.want("fast", 2);
    hall.want("slow", 2);
    expect(hall.leasesOf("slow")).toEqual(["v-0_1"]);
  });

  test("wait for nobody who takes nothing", () => {
    const hall = new Hall(1);
    hall.join("paused", 10);
    hall.join("slow", 0.1);
    hall.want("slow", 1);
    expect(hall.leasesOf("slow")).toEqual(["v-0_1"]);
  });
});

describe("a newcomer", () => {
  test("has nothing waiting behind its first task until its progress tells its speed", () => {
    const hall = new Hall(40);
    hall.join("new", null);
    hall.want("new", 2);
    expect(hall.leasesOf("new")).toHaveLength(1);
    hall.wait(2_000);
    hall.renew("new", 0.01, 1_000);
    expect(hall.leasesOf("new")).toHaveLength(1);
    hall.renew("new", 0.25, 2_000);
    expect(hall.state.holders.get("new")?.guessedSpeed).toBeCloseTo(67.5);
    expect(hall.leasesOf("new")).toHaveLength(2);
  });

  test("that turns out slow is not waited for by who is idle", () => {
    const hall = new Hall(2);
    hall.join("known", 1);
    hall.join("new", null);
    hall.want("new", 1);
    hall.want("known", 1);
    expect(hall.leasesOf("new")).toEqual(["v-0_1"]);
    hall.deliver("known", "v-1_1");
    hall.want("known", 1);
    hall.wait(2_000, { new: 0 });
    expect(hall.leasesOf("known")).toEqual([]);
    // At this speed, 6 s of video would take 30 s.
    hall.renew("new", 0.1, 3_000);
    hall.wait(1_500, { new: 0.1 });
    expect(hall.leasesOf("known")).toEqual(["v-0_2"]);
  });
});

describe("a copy", () => {
  test("of what a silent holder has is made after one heartbeat and a half, not before", () => {
    const hall = new Hall(1);
    hall.join("gone", 0.2);
    hall.want("gone", 1);
    hall.join("idle", 0.15);
    hall.want("idle", 1);
    hall.wait(6_000);
    expect(hall.leasesOf("idle")).toEqual([]);
    hall.wait(1_500);
    expect(hall.leasesOf("idle")).toEqual(["v-0_2"]);
  });

  test("is not made while its holder is heard and in time", () => {
    const hall = new Hall(1);
    hall.join("busy", 0.2);
    hall.want("busy", 1);
    hall.join("idle", 0.2);
    hall.want("idle", 1);
    hall.wait(12_000, { busy: 0.4 });
    expect(hall.leasesOf("idle")).toEqual([]);
  });

  test("is made of an upload whose holder fell silent", () => {
    const hall = new Hall(1);
    hall.join("gone", 1);
    hall.want("gone", 1);
    hall.offer("gone", "v-0_1");
    hall.join("idle", 1);
    hall.want("idle", 1);
    hall.wait(8_000);
    expect(hall.leasesOf("idle")).toEqual(["v-0_2"]);
  });

  test("goes to who would be done with it first, and the others stay free", () => {
    const hall = new Hall(1);
    hall.join("gone", 4);
    hall.want("gone", 1);
    hall.join("usual", 1);
    hall.join("fast", 4);
    hall.want("usual", 1);
    hall.want("fast", 1);
    hall.wait(8_000);
    expect(hall.leasesOf("fast")).toEqual(["v-0_2"]);
    expect(hall.leasesOf("usual")).toEqual([]);
  });

  test("is followed by another one when its holder falls silent, too: three at a time at most", () => {
    const hall = new Hall(1);
    for (const holderId of ["first", "second", "third", "fourth"]) {
      hall.join(holderId, 1);
      hall.want(holderId, 1);
    }
    hall.wait(14_000);
    expect(hall.state.tasks.get("v-0")?.leases).toEqual(["v-0_1", "v-0_2", "v-0_3"]);
    // The first holder's lease is lost by then.
    hall.wait(7_000);
    expect(hall.state.tasks.get("v-0")?.leases).toEqual(["v-0_2", "v-0_3", "v-0_4"]);
  });
});
