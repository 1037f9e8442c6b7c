import { describe, expect, test } from "vitest";
import { SCHEMA_VERSION } from "../../edge/coordinator/migrations.ts";
import { type Kind, readRows } from "../../edge/coordinator/stored-rows.ts";
import { hasEnded } from "../../shared/job/job.ts";
import { checkAlways } from "./always.ts";
import { planOf } from "./plan-of.ts";
import { ROWS_OF_539CB1B } from "./rows-of-539cb1b.ts";
import { World, type WorldHolder } from "./world.ts";

type Rows = typeof ROWS_OF_539CB1B;

function stored(rows: Rows = ROWS_OF_539CB1B) {
  const read = readRows((kind: Kind) =>
    rows.filter((row) => row.kind === kind).map(({ json }) => json),
  );
  if (read === null) throw new Error("There is a job.");
  return read;
}

/** The rows, with fields changed in all rows of a kind. */
function changed(kind: Kind, patch: object): Rows {
  return ROWS_OF_539CB1B.map((row) => {
    if (row.kind !== kind) return row;
    return { ...row, json: JSON.stringify({ ...JSON.parse(row.json), ...patch }) };
  });
}

/** Resumes the job of the rows. The sockets that it had are gone. */
function goingOn(): { world: World; owner: WorldHolder; helper: WorldHolder } {
  const world = new World(planOf(8), ["owner", "contributor"]);
  world.nowMs = 1_010_000;
  const [owner, helper] = world.holders;
  if (!owner || !helper) throw new Error("Two holders are needed.");
  owner.id = "owner";
  helper.id = "helper";
  const { state } = stored();
  for (const [id, holder] of state.holders) {
    state.holders.set(id, { ...holder, principal: `token-${id}` });
  }
  world.takeOver(state);
  return { world, owner, helper };
}

describe("rows as commit 539cb1b wrote them", () => {
  test("are read, with what was known of each result", () => {
    const { state, tokens, migrated } = stored();
    const rowsOf = (wanted: string) =>
      ROWS_OF_539CB1B.filter(({ kind }) => kind === wanted).map(({ id }) => id);
    expect([...(migrated?.tasks.keys() ?? [])]).toEqual(rowsOf("task"));
    expect([...(migrated?.leases.keys() ?? [])]).toEqual(rowsOf("lease"));
    expect(migrated).toMatchObject({ job: state.job, holders: new Map(), accepted: new Map() });
    expect(tokens.map(({ role }) => role)).toEqual(["owner", "contributor"]);
    expect(
      [...state.tasks.values()].map(({ id, verification }) => [id, verification.state]),
    ).toEqual([
      ["a0-0", "auditing"],
      ["v-0", "auditing"],
      ...[1, 2, 3, 4, 5, 6, 7].map((segment) => [`v-${segment}`, "unverified"]),
    ]);
    for (const lease of state.leases.values()) {
      // One of them was offered without init segments, so it is made again.
      expect(lease).toMatchObject({ purpose: "make", phase: "working", outputs: null, offers: 0 });
    }
    for (const holder of state.holders.values()) {
      expect(holder).toMatchObject({ faults: 0, guessedSpeed: 0 });
    }
    // The rows do not have the next deadline. With `dueMs` 0 it is computed at the first event.
    checkAlways({ ...state, dueMs: 0 });
  });

  test("do not let a contributor be sent away at its first failure", () => {
    const { world, helper } = goingOn();
    helper.leases.add("v-1_1");
    world.connect(helper, true);
    expect([...helper.leases]).toEqual(["v-1_1"]);
    const failure = { code: "WORKER_CRASHED", retryable: true, message: "Crashed." } as const;
    world.say(helper, { type: "fail", leaseId: "v-1_1", ...failure });
    expect(world.state.holders.get("helper")).toMatchObject({ faults: 1, banned: false });
    expect(world.state.tasks.get("v-1")).toMatchObject({ state: "backoff", failures: 1 });
  });

  test("let the job go on to its end", () => {
    const { world, owner } = goingOn();
    world.connect(owner, false);
    for (let round = 0; round < 50 && !hasEnded(world.state.job.state); round += 1) {
      world.say(owner, { type: "want", slots: 2 });
      const leases = [...owner.leases];
      for (const leaseId of leases) world.offer(owner, leaseId);
      while (world.pending.length > 0) world.perform(0, "passed");
      for (const leaseId of leases) if (owner.leases.has(leaseId)) world.commit(owner, leaseId);
      while (world.pending.length > 0) world.perform(0, "passed");
      world.wait(10_000, true);
    }
    expect(world.state.job).toMatchObject({ state: "ready", error: null, tasksDone: 9 });
    // The owner's audits of the helper's two results agreed.
    expect(world.state.holders.get("helper")).toMatchObject({ agreed: 2, banned: false });
    expect(world.state.tasks.get("v-0")?.verification).toMatchObject({ by: "hash" });
  });
});

describe("rows of versions between that one and records of verification", () => {
  const result = (id: string, patch: object) => {
    const rows = changed("lease", { pairedWith: null, engine: "ffmpeg-wasm", audit: null });
    return stored(
      rows.map((row) => {
        if (row.kind !== "task" || row.id !== id) return row;
        return { ...row, json: JSON.stringify({ ...JSON.parse(row.json), ...patch }) };
      }),
    ).state.tasks.get(id)?.verification;
  };
  const claims = ["helper", "other"].map((holderId) => ({ holderId, digest: holderId, agreed: 1 }));

  test.each([
    ["clear", "v-0", { proof: "clear" }, { state: "verified", by: "gate" }],
    ["unproven", "v-0", { proof: "unproven", leases: [] }, { state: "unverified", pair: null }],
    ["wanted", "v-0", { proof: "wanted", leases: [], claims }, { state: "audit-due", claims }],
    [
      "disputed",
      "v-1",
      { claims, notFor: ["helper"] },
      { state: "disputed", excluded: ["helper"] },
    ],
  ])("a result that was %s", (_, id, patch, expected) => {
    expect(result(id, patch)).toMatchObject(expected);
  });

  test("two runs that are to be compared, and pictures that somebody looks at", () => {
    const rows = ROWS_OF_539CB1B.map((row) => {
      if (row.id !== "v-2_1" && row.id !== "v-1_1" && row.id !== "v-1") return row;
      const record = JSON.parse(row.json);
      if (row.id === "v-1") record.leases = ["v-1_1", "v-2_1"];
      if (row.id === "v-2_1") Object.assign(record, { holderId: "other", pairedWith: "helper" });
      return { ...row, json: JSON.stringify(record) };
    });
    const { state } = stored(rows);
    expect(state.tasks.get("v-1")?.verification).toMatchObject({ pair: ["v-1_1", "v-2_1"] });
    const [lease] = stored(changed("lease", { audit: "picture" })).state.leases.values();
    expect(lease?.purpose).toBe("compare");
  });
});

test("sentences from before there were codes are kept", () => {
  const { job } = stored(changed("job", { warnings: ["The end is missing."] })).state;
  expect(job.notices).toEqual([{ code: "OTHER", message: "The end is missing.", atSeconds: null }]);
});

test("rows of this version are read as they are, those of a newer one are refused", () => {
  const { state } = stored();
  const rows = [
    {
      kind: "job",
      id: "job",
      json: JSON.stringify({ ...state.job, schemaVersion: SCHEMA_VERSION }),
    },
    ...ROWS_OF_539CB1B.filter(({ kind }) => kind === "plan" || kind === "token"),
    ...[...state.tasks.values()].map((task) => ({
      kind: "task",
      id: task.id,
      json: JSON.stringify(task),
    })),
  ];
  const again = stored(rows);
  expect(again.migrated).toBeNull();
  expect(again.state.job).toEqual(state.job);
  expect(again.state.tasks).toEqual(state.tasks);
  expect(() => stored(changed("job", { schemaVersion: SCHEMA_VERSION + 1 }))).toThrow("version");
});

test("a row that cannot be read is named, without what it holds", () => {
  const rows = changed("holder", { slots: "a secret" });
  expect(() => stored(rows)).toThrow("A stored row cannot be read: holder, 0.slots");
  expect(() => stored(rows)).not.toThrow("secret");
});
