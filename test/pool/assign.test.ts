import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { assign, canHelp, type Demand, type Machine } from "../../edge/pool/model/assign.ts";
import { type Need, shares } from "../../edge/pool/model/shares.ts";

const need = (jobId: string, more: Partial<Need> = {}): Need => ({
  ...{ jobId, linkId: "ask", ownerId: jobId, askedAtMs: 0 },
  ...{ demand: 1e9, remaining: 1e9, lately: 1e11, ...more },
});
const demand = (jobId: string, more: Partial<Demand> = {}): Demand => ({
  ...need(jobId),
  needsBrowser: false,
  ...more,
});
const machine = (memberId: string, more: Partial<Machine> = {}): Machine => ({
  ...{ memberId, speed: 1, slots: 1, engines: ["ffmpeg-wasm"], jobId: null },
  ...{ assignedAtMs: 0, isBusy: false, refused: [], ...more },
});

describe("shares", () => {
  test("owners get the same, however many videos each has", () => {
    const ten = Array.from({ length: 10 }, (_, index) => need(`ten-${index}`, { ownerId: "ten" }));
    const given = shares([...ten, need("one")], 100);
    expect(given.get("one")).toBeCloseTo(50);
    expect(ten.reduce((sum, { jobId }) => sum + (given.get(jobId) ?? 0), 0)).toBeCloseTo(50);
  });

  test("a link's part is its owners' together: more names get no more", () => {
    const many = ["a", "b", "c"].map((id) => need(id, { linkId: "one link" }));
    const given = shares([...many, need("other", { linkId: "another" })], 90);
    expect(given.get("other")).toBeCloseTo(45);
    expect(given.get("a")).toBeCloseTo(15);
  });

  test("what an uplink cannot feed goes to the others", () => {
    const given = shares([need("slow", { demand: 10 }), need("fast")], 100);
    expect(given.get("slow")).toBeCloseTo(10);
    expect(given.get("fast")).toBeCloseTo(90);
  });

  test("a short video comes first, but never takes everything; cut into many it is not short", () => {
    const long = need("long", { remaining: 1e6, lately: 1e6 });
    const short = need("short", { remaining: 5e3, lately: 5e3 });
    expect(shares([long, short], 100).get("short")).toBeCloseTo(80);
    const cut = need("short", { remaining: 5e3, lately: 5e5 });
    expect(shares([long, cut], 100).get("short")).toBeCloseTo(50);
  });

  test("among many alike nobody comes first, however fast the pool is", () => {
    const alike = Array.from({ length: 40 }, (_, index) => {
      return need(`job-${index}`, { remaining: 1e3 + index, lately: 2e3 });
    });
    for (const part of shares(alike, 4e6).values()) expect(part).toBeCloseTo(1e5);
  });

  test("nobody gets more than it can use, all is given as far as it can be used, and nobody starves", () => {
    const needs = fc.uniqueArray(
      fc.record({
        jobId: fc.stringMatching(/^[a-z]{1,3}$/),
        ownerId: fc.constantFrom("a", "b", "c"),
        demand: fc.integer({ min: 1, max: 1000 }),
        remaining: fc.integer({ min: 1, max: 1_000_000 }),
        lately: fc.integer({ min: 1, max: 1_000_000 }),
      }),
      { minLength: 1, maxLength: 12, selector: ({ jobId }) => jobId },
    );
    fc.assert(
      fc.property(needs, fc.integer({ min: 1, max: 2000 }), (drawn, speed) => {
        const all = drawn.map(({ jobId, ...more }) => need(jobId, more));
        const given = shares(all, speed);
        const total = [...given.values()].reduce((sum, each) => sum + each, 0);
        const demanded = all.reduce((sum, each) => sum + each.demand, 0);
        expect(total).toBeCloseTo(Math.min(speed, demanded), 3);
        for (const { jobId, demand: most } of all) {
          expect(given.get(jobId)).toBeLessThanOrEqual(most + 1e-6);
        }
        for (const owner of new Set(all.map(({ ownerId }) => ownerId))) {
          const own = all.filter(({ ownerId }) => ownerId === owner);
          expect(own.reduce((sum, { jobId }) => sum + (given.get(jobId) ?? 0), 0)).toBeGreaterThan(
            0,
          );
        }
      }),
    );
  });
});

describe("assignment", () => {
  test("a lone job gets everybody", () => {
    const moves = assign([machine("a"), machine("b")], [demand("job")], 0);
    expect(moves).toEqual([
      { memberId: "a", jobId: "job" },
      { memberId: "b", jobId: "job" },
    ]);
  });

  test("whoever cannot decode a source is not sent to it, and whoever can is kept for it", () => {
    const able = machine("able", { engines: ["ffmpeg-wasm", "webcodecs"] });
    const moves = assign(
      [machine("plain"), able],
      [demand("av1", { needsBrowser: true }), demand("h264")],
      0,
    );
    expect(moves).toContainEqual({ memberId: "able", jobId: "av1" });
    expect(moves).toContainEqual({ memberId: "plain", jobId: "h264" });
  });

  test("members of a job that is over are free, and go where they are of use", () => {
    const here = [machine("a", { jobId: "over" }), machine("b", { jobId: "over" })];
    expect(assign(here, [demand("next")], 0)).toHaveLength(2);
    expect(assign(here, [], 0)).toEqual([
      { memberId: "a", jobId: null },
      { memberId: "b", jobId: null },
    ]);
  });

  test("for a second owner half of them leave, the idle ones first, and not those that just came", () => {
    const at = { jobId: "first", isBusy: true };
    const four = ["a", "b", "c", "d"].map((id) => machine(id, { ...at, isBusy: id !== "c" }));
    const moves = assign(four, [demand("first"), demand("second")], 60_000);
    expect(moves).toHaveLength(2);
    expect(moves).toContainEqual({ memberId: "c", jobId: "second" });
    const fresh = four.map((each) => ({ ...each, assignedAtMs: 55_000 }));
    expect(assign(fresh, [demand("first"), demand("second")], 60_000)).toEqual([]);
  });

  test("it settles: what was assigned is not assigned anew, and every move is one that can help", () => {
    const machines = fc.uniqueArray(
      fc.record({
        memberId: fc.stringMatching(/^m[0-9]{1,2}$/),
        speed: fc.integer({ min: 1, max: 50 }),
        isBrowser: fc.boolean(),
      }),
      { minLength: 1, maxLength: 20, selector: ({ memberId }) => memberId },
    );
    const jobs = fc.uniqueArray(
      fc.record({
        jobId: fc.stringMatching(/^j[0-9]$/),
        demand: fc.integer({ min: 1, max: 500 }),
        needsBrowser: fc.boolean(),
      }),
      { maxLength: 6, selector: ({ jobId }) => jobId },
    );
    fc.assert(
      fc.property(machines, jobs, (drawn, wanted) => {
        const demands = wanted.map(({ jobId, ...more }) => demand(jobId, more));
        let here = drawn.map(({ memberId, speed, isBrowser }) => {
          const engines: Machine["engines"] = isBrowser
            ? ["ffmpeg-wasm", "webcodecs"]
            : ["ffmpeg-wasm"];
          return machine(memberId, { speed, engines });
        });
        for (let round = 0; round < 6; round += 1) {
          const nowMs = round * 100_000;
          const moves = assign(here, demands, nowMs);
          for (const { memberId, jobId } of moves) {
            const moved = here.find((each) => each.memberId === memberId);
            const target = demands.find((each) => each.jobId === jobId);
            if (target !== undefined && moved !== undefined)
              expect(canHelp(moved, target)).toBe(true);
          }
          here = here.map((each) => {
            const move = moves.find(({ memberId }) => memberId === each.memberId);
            return move === undefined ? each : { ...each, jobId: move.jobId, assignedAtMs: nowMs };
          });
          if (round === 5) expect(moves).toEqual([]);
        }
      }),
    );
  });
});
