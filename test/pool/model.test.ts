import { describe, expect, test } from "vitest";
import { PoolModel } from "../../edge/pool/model/pool-model.ts";
import { provenNow, type Work } from "../../edge/pool/model/records.ts";
import { PoolState } from "../../edge/pool/model/state.ts";
import { MemberSessions } from "../../shared/pool/member-sessions.ts";
import { DEFAULT_POOL_RULES, type PoolRules } from "../../shared/wire/pool.ts";
import { reportOf } from "./job-report.ts";

const DAY_MS = 86_400_000;
/** Two days after the pool was made. */
const NOW_MS = 2 * DAY_MS;

function newModel(rules: Partial<PoolRules> = {}): PoolModel {
  const link = {
    ...{ tokenHash: "", label: "", createdAtMs: 0, expiresAtMs: 1e15, maxMembers: 10 },
    ...{ lies: 0, proven: 0, isClosed: false },
  };
  const pool = { id: "pool", name: "Club", operatorTokenHash: "", createdAtMs: 0, origin: "" };
  return new PoolModel(
    new PoolState({
      pool: { ...pool, rules: { ...DEFAULT_POOL_RULES, maxJobsEach: 2, ...rules } },
      links: [
        { id: "join", kind: "join", principal: "p", ...link },
        { id: "ask", kind: "ask", principal: "q", ...link },
      ],
      ...{ members: [], jobs: [], owners: [], days: [] },
    }),
  );
}

function come(model: PoolModel, memberId: string, atMs = NOW_MS) {
  const engines = ["ffmpeg-wasm" as const];
  const more = { name: memberId, device: "", slots: 1, rests: null, jobId: null };
  return model.arrive(
    { connectionId: `c-${memberId}`, memberId, linkId: "join", engines, ...more },
    atMs,
  );
}

const work = (memberId: string, counts: Partial<Work> = {}): Work => ({
  ...{ memberId, tasks: 0, mediaSeconds: 0, frames: 0, bytes: 0, pixels: 0, workMs: 0 },
  ...{ byHash: 0, byPicture: 0, disputes: 0, lies: 0, failures: 0, ...counts },
});

function ask(model: PoolModel, jobId: string, ownerId = jobId) {
  return model.ask({ jobId, title: jobId, linkId: "ask", ownerId }, NOW_MS);
}

describe("a pool", () => {
  test("hands its members to a job, with a pass for it, and to the next one when that is over", () => {
    const model = newModel();
    come(model, "a");
    ask(model, "one");
    expect(model.rebalance(NOW_MS)).toEqual([]);
    model.report(reportOf("one"), NOW_MS);
    expect(model.rebalance(NOW_MS)).toMatchObject([
      {
        type: "assign",
        connectionId: "c-a",
        pass: { jobId: "one", memberId: "a", principal: "p" },
      },
    ]);
    ask(model, "two");
    model.report(reportOf("two"), NOW_MS);
    model.report(reportOf("one", { hasEnded: true, remainingSeconds: 0 }), NOW_MS);
    expect(model.rebalance(NOW_MS)).toMatchObject([{ type: "assign", pass: { jobId: "two" } }]);
    model.report(reportOf("two", { hasEnded: true }), NOW_MS);
    expect(model.rebalance(NOW_MS)).toMatchObject([{ type: "send", message: { type: "rest" } }]);
  });

  test("counts each report's increase once, however often it is said", () => {
    const model = newModel();
    come(model, "a");
    ask(model, "one");
    const said = reportOf("one", { work: [work("a", { byHash: 3, mediaSeconds: 12, tasks: 2 })] });
    model.report(said, NOW_MS);
    model.report(said, NOW_MS);
    const more = reportOf("one", { work: [work("a", { byHash: 4, mediaSeconds: 18, tasks: 3 })] });
    model.report(more, NOW_MS);
    expect(model.state.get("member", "a")).toMatchObject({ byHash: 4, jobs: 1, proven: 4 });
    expect(model.given("a")).toMatchObject({ mediaSeconds: 18, tasks: 3 });
    expect(model.state.get("owner", "one")).toMatchObject({ jobs: 1, mediaSeconds: 18 });
  });

  test("a record counts half after a month without proofs", () => {
    expect(provenNow({ proven: 40, provenAtMs: 0 }, 30 * DAY_MS)).toBeCloseTo(20);
  });

  test("a liar is out of all jobs, and does not come in again; others by its link begin anew", () => {
    const model = newModel();
    come(model, "old", 0);
    for (const id of ["liar", "new"]) come(model, id);
    for (const id of ["one", "two", "three"]) ask(model, id);
    const proven = { byHash: 20 };
    const all = [work("liar", proven), work("new", proven), work("old", proven)];
    model.report(reportOf("one", { work: all }), NOW_MS);
    model.report(reportOf("two", { work: [work("liar")] }), NOW_MS);
    model.report(reportOf("three", { work: [work("new")] }), NOW_MS);
    const lied = [work("liar", { ...proven, lies: 1 }), work("new", proven), work("old", proven)];
    const effects = model.report(reportOf("one", { work: lied }), NOW_MS);
    expect(effects).toMatchObject([
      { type: "close", connectionId: "c-liar", reason: { code: "SENT_AWAY" } },
      { type: "ban", jobId: "two", memberId: "liar" },
    ]);
    expect(come(model, "liar")).toMatchObject({ code: "SENT_AWAY" });
    expect(model.state.get("member", "new")?.proven).toBe(0);
    expect(model.state.get("member", "old")?.proven).toBeCloseTo(10);
  });

  test("a liar's finished videos are told of it while their coordinators remember them", () => {
    const model = newModel();
    come(model, "liar");
    for (const id of ["one", "early", "late"]) ask(model, id);
    const at = { early: NOW_MS - 2 * 3_600_000, late: NOW_MS - 60_000 };
    for (const [id, atMs] of Object.entries(at)) {
      model.report(reportOf(id, { work: [work("liar")], hasEnded: true }), atMs);
    }
    const lied = reportOf("one", { work: [work("liar", { lies: 1 })] });
    const told = model.report(lied, NOW_MS).filter(({ type }) => type === "ban");
    expect(told).toEqual([{ type: "ban", jobId: "late", memberId: "liar" }]);
  });

  test("a link is closed after three liars among few that were right", () => {
    const model = newModel();
    ask(model, "one");
    for (const id of ["a", "b", "c"]) come(model, id);
    model.report(
      reportOf("one", { work: ["a", "b", "c"].map((id) => work(id, { lies: 1 })) }),
      NOW_MS,
    );
    expect(model.state.get("link", "join")?.isClosed).toBe(true);
    expect(come(model, "d")).toMatchObject({ code: "LINK_EXPIRED" });
  });

  test("gives nobody to a job whose uplink brings nothing, and lets an owner wait with so many", () => {
    const model = newModel();
    come(model, "a");
    ask(model, "one", "me");
    model.report(reportOf("one", { uplinkPixels: 0 }), NOW_MS);
    expect(model.rebalance(NOW_MS)).toEqual([]);
    expect(ask(model, "two", "me")).toBeNull();
    expect(ask(model, "three", "me")).toMatchObject({ code: "RATE_LIMITED" });
  });

  test("a member that pauses is given nothing; a job that refused it is not tried again at once", () => {
    const model = newModel();
    come(model, "a");
    ask(model, "one");
    model.report(reportOf("one"), NOW_MS);
    model.rebalance(NOW_MS);
    model.say("c-a", { type: "left", jobId: "one", code: "LINK_FULL" }, NOW_MS);
    expect(model.rebalance(NOW_MS)).toEqual([]);
    model.report(reportOf("one"), NOW_MS + 600_000);
    expect(model.rebalance(NOW_MS + 600_000)).toHaveLength(1);
    model.say("c-a", { type: "slots", slots: 0, rests: "paused" }, NOW_MS + 600_000);
    expect(model.rebalance(NOW_MS + 600_000)).toEqual([]);
  });

  test("a member that the operator sends away, or whose link ends, is out of its jobs, too", () => {
    const model = newModel();
    for (const id of ["a", "b"]) come(model, id);
    ask(model, "one");
    model.report(reportOf("one", { work: [work("b")] }), NOW_MS);
    model.rebalance(NOW_MS);
    expect(model.sendAway("a", NOW_MS)).toMatchObject([
      { type: "dismiss", jobId: "one", memberId: "a" },
      { type: "close", connectionId: "c-a", reason: { code: "SENT_AWAY" } },
    ]);
    expect(come(model, "a")).toMatchObject({ code: "SENT_AWAY" });
    expect(model.closeLink("join", NOW_MS)).toContainEqual({
      type: "dismiss",
      jobId: "one",
      memberId: "b",
    });
    expect(come(model, "b")).toMatchObject({ code: "LINK_EXPIRED" });
  });

  test("lends the site's servers as it lends members, to jobs that take some", () => {
    const model = newModel({ servers: 2 });
    come(model, "a");
    for (const id of ["one", "two", "none"]) ask(model, id);
    const takes = { takesServers: true, needsBrowser: true };
    model.report(reportOf("one", takes), NOW_MS);
    model.report(reportOf("none"), NOW_MS);
    expect(model.rebalance(NOW_MS)).toMatchObject([{ type: "assign", pass: { jobId: "none" } }]);
    // Native ffmpeg decodes what the ffmpeg core does not.
    expect(["one", "none"].map((id) => model.serversAt(id))).toEqual([2, 0]);
    const later = NOW_MS + 60_000;
    model.report(reportOf("one", takes), later);
    model.report(reportOf("two", takes), later);
    model.rebalance(later);
    expect(["one", "two"].map((id) => model.serversAt(id))).toEqual([1, 1]);
    model.report(reportOf("one", { ...takes, hasEnded: true, remainingSeconds: 0 }), later);
    model.rebalance(later);
    expect(["one", "two"].map((id) => model.serversAt(id))).toEqual([0, 2]);
    model.state.put("pool", { ...model.state.pool, rules: { ...DEFAULT_POOL_RULES } });
    model.rebalance(later);
    expect(model.serversAt("two")).toBe(0);
  });

  test("has no more members than its link lets in", () => {
    const model = newModel();
    for (let index = 0; index < 10; index += 1) expect(come(model, `m${index}`)).toBeNull();
    expect(come(model, "one-more")).toMatchObject({ code: "LINK_FULL" });
    // A member that comes back has its place already.
    expect(come(model, "m3")).toBeNull();
  });

  test("keeps its rows' changes until they are taken, and samples every five minutes", () => {
    const model = newModel();
    come(model, "a");
    model.sample(NOW_MS);
    model.sample(NOW_MS + 60_000);
    model.sample(NOW_MS + 300_000);
    const [day] = model.state.all("day");
    expect(day?.samples).toMatchObject([{ members: 1, working: 0 }, { members: 1 }]);
    const kinds = model.state.takeChanges().map(({ kind }) => kind);
    expect(kinds).toEqual(["member", "day"]);
    expect(model.state.takeChanges()).toEqual([]);
  });
});

test("a member's next job gets the encoders that the last one leaves", () => {
  const log: string[] = [];
  const held = new Map<string, number>();
  const sessions = new MemberSessions({
    slots: 4,
    open: (jobId, _pass, slots) => {
      log.push(`open ${jobId} ${slots}`);
      return {
        setSlots: (next) => log.push(`${jobId} ${next}`),
        drain: () => log.push(`drain ${jobId}`),
        get held() {
          return held.get(jobId) ?? 0;
        },
        stop: () => log.push(`stop ${jobId}`),
      };
    },
  });
  sessions.assign("one", "");
  held.set("one", 3);
  sessions.assign("two", "");
  held.set("one", 1);
  sessions.changed();
  held.set("one", 0);
  sessions.changed();
  held.set("two", 2);
  sessions.setSlots(0);
  expect(sessions.sessions()).toHaveLength(1);
  held.set("two", 0);
  sessions.changed();
  expect(log).toEqual([
    "open one 4",
    "drain one",
    "open two 1",
    "two 3",
    "stop one",
    "two 4",
    "drain two",
    "stop two",
  ]);
});
