import { describe, expect, test } from "vitest";
import type { LeaseWork, MadeTask } from "../../shared/holder/lease-work.ts";
import { TributaryError } from "../../shared/job/errors.ts";
import type { HolderMessage } from "../../shared/wire/holder-messages.ts";
import { grantOf, made, put, settled, start, welcome } from "./loop-by-hand.ts";

describe("lease loop", () => {
  test("goes from grant to accepted in two messages of its own", async () => {
    const { loop, types, take, running, ends, last } = start();
    expect(last()).toEqual({ type: "want", slots: 1 });
    await take(0);
    running.get("lease-0")?.(made);
    await settled();
    loop.receive({ type: "uploads", leaseId: "lease-0", puts: [put] });
    await settled();
    expect(last()).toEqual({
      type: "commit",
      leaseId: "lease-0",
      engine: "ffmpeg-wasm",
      encodeMs: 1,
      warnings: [],
    });
    loop.receive({ type: "accepted", leaseId: "lease-0" });
    await settled();
    expect(ends).toEqual([{ state: "accepted" }]);
    expect(loop.leases()).toEqual([]);
    expect(types()).toEqual(["want", "offer", "commit"]);
  });

  test("says in its hello how many tasks it would start, and again only where that was not heard", async () => {
    const { loop, sent, take } = start({ slots: 2, prefetch: 1 });
    expect(loop.wanted()).toBe(3);
    await take(0);
    loop.disconnected();
    const before = sent.length;
    expect(loop.wanted()).toBe(2);
    loop.receive({ ...welcome(["lease-0"]), wanted: 2 });
    expect(sent).toHaveLength(before);
    loop.disconnected();
    // A coordinator that knows nothing of it.
    loop.receive(welcome(["lease-0"]));
    expect(sent.slice(before)).toEqual([{ type: "want", slots: 2 }]);
  });

  test("an offer that is sent again tells no old number of free slots", async () => {
    const { clock, sent, take, running } = start();
    await take(0);
    running.get("lease-0")?.(made);
    await settled();
    expect(sent.at(-1)).toMatchObject({ type: "offer", want: 1 });
    await take(1);
    await clock.advance(20_000);
    const offers = sent.filter(({ type }) => type === "offer");
    expect(offers).toHaveLength(2);
    expect(offers[1]).not.toHaveProperty("want");
  });

  test("a result that another's proves while it is uploaded is accepted, and its upload ends", async () => {
    const aborted: unknown[] = [];
    const { loop, take, running, ends, types } = start({
      work: {
        put: (_put, _bytes, signal) =>
          new Promise((_, reject) => {
            signal.addEventListener("abort", () => {
              aborted.push(signal.reason);
              reject(signal.reason);
            });
          }),
      },
    });
    await take(0);
    running.get("lease-0")?.(made);
    await settled();
    loop.receive({ type: "uploads", leaseId: "lease-0", puts: [put] });
    await settled();
    loop.receive({ type: "accepted", leaseId: "lease-0" });
    await settled();
    expect(aborted).toHaveLength(1);
    expect(ends).toEqual([{ state: "accepted" }]);
    expect(types()).not.toContain("commit");
    expect(types()).not.toContain("fail");
    expect(loop.leases()).toEqual([]);
  });

  test("looks at what somebody else made, and says what it saw until it is heard", async () => {
    const output = { rendition: "v480", kind: "media", segment: 0, sizeBytes: 3, url: "" } as const;
    const seen: unknown[] = [];
    const { loop, last, types, ends, clock } = start({
      work: {
        pictures: {
          fetchOutputs: async ({ compare }) => (compare ?? []).map(() => new ArrayBuffer(3)),
          compare: async (_, chunk, outputs, onProgress) => {
            onProgress(0.5);
            seen.push(chunk.bytes.byteLength, ...outputs.map(({ byteLength }) => byteLength));
            return "lies";
          },
        },
      },
    });
    loop.receive({ type: "grant", grants: [{ ...grantOf(0), compare: [output] }] });
    await settled();
    expect(seen).toEqual([1, 3]);
    const said = { type: "compared", leaseId: "lease-0", verdict: "lies" };
    expect(last()).toEqual(said);
    await clock.advance(21_000);
    expect(types().filter((type) => type === "compared")).toHaveLength(2);
    loop.receive({ type: "accepted", leaseId: "lease-0" });
    await settled();
    expect(ends).toEqual([{ state: "accepted" }]);
    expect(types()).not.toContain("offer");
  });

  test("keeps a slot for what was granted first while its chunk is on its way, but not for long", async () => {
    const arrivals: (() => void)[] = [];
    const fetchChunk: LeaseWork["fetchChunk"] = (grant) =>
      new Promise((resolve) => {
        const { id: taskId } = grant.task;
        const info = { taskId, sizeBytes: 1, baseTicks: 0, trimStartTicks: 0, trimEndTicks: 1 };
        const arrive = () => resolve({ info, bytes: new ArrayBuffer(1) });
        if (grant.leaseId === "lease-0") arrivals.push(arrive);
        else arrive();
      });
    const { take, running, clock } = start({ slots: 2, prefetch: 1, work: { fetchChunk } });
    await take(0, 1, 2);
    expect([...running.keys()]).toEqual(["lease-1"]);
    arrivals[0]?.();
    await settled();
    expect([...running.keys()]).toEqual(["lease-1", "lease-0"]);

    const late = start({ slots: 2, prefetch: 1, work: { fetchChunk } });
    await late.take(0, 1, 2);
    await late.clock.advance(1_000);
    expect([...late.running.keys()]).toEqual(["lease-1", "lease-2"]);
    await clock.advance(1_000);
    expect([...running.keys()]).toEqual(["lease-1", "lease-0"]);
  });

  test("asks for the next task as soon as an encode ends, not when its upload does", async () => {
    const { take, running, last, loop, sent } = start();
    await take(0);
    const before = sent.length;
    running.get("lease-0")?.(made);
    await settled();
    expect(sent.slice(before)).toEqual([expect.objectContaining({ type: "offer", want: 1 })]);
    await take(1);
    expect(running.has("lease-1")).toBe(true);
    expect(loop.leases().map(({ stage }) => stage)).toEqual(["uploading", "encoding"]);
    expect(last()?.type).toBe("offer");
  });

  test("never encodes more at once than it has slots, and takes the prefetched one next", async () => {
    const { take, running, loop } = start({ slots: 2, prefetch: 1 });
    await take(0, 1, 2);
    expect([...running.keys()]).toEqual(["lease-0", "lease-1"]);
    expect(loop.leases().map(({ stage }) => stage)).toEqual(["encoding", "encoding", "queued"]);
    running.get("lease-1")?.(made);
    await settled();
    expect([...running.keys()]).toEqual(["lease-0", "lease-2"]);
  });

  test("reports a failure with its code and goes on with the next task", async () => {
    const { take, running, sent, ends } = start();
    await take(0);
    running.get("lease-0")?.(new TributaryError("WORKER_CRASHED", "An encoder crashed."));
    await settled();
    expect(sent).toContainEqual({
      type: "fail",
      leaseId: "lease-0",
      code: "WORKER_CRASHED",
      retryable: true,
      message: "An encoder crashed.",
    });
    expect(ends[0]?.state).toBe("failed");
    await take(1);
    expect(running.has("lease-1")).toBe(true);
  });

  test("a revoked lease stops its work, frees its slot, and says nothing", async () => {
    const { take, running, sent, loop, ends } = start();
    await take(0);
    loop.receive({ type: "revoke", leaseId: "lease-0", code: "LEASE_LOST" });
    await settled();
    expect(running.size).toBe(0);
    expect(ends).toEqual([expect.objectContaining({ state: "lost", code: "LEASE_LOST" })]);
    expect(sent.some(({ type }) => type === "fail")).toBe(false);
    await take(1);
    expect(running.has("lease-1")).toBe(true);
  });

  test("tries a PUT again, then asks for fresh URLs when storage refuses", async () => {
    let tries = 0;
    const { take, running, loop, clock, types } = start({
      work: {
        put: async () => {
          tries += 1;
          if (tries === 1) throw new TributaryError("NETWORK", "Gone.");
          if (tries === 2) throw new TributaryError("UPLOAD_REFUSED", "Expired.");
        },
      },
    });
    await take(0);
    running.get("lease-0")?.(made);
    await settled();
    loop.receive({ type: "uploads", leaseId: "lease-0", puts: [put] });
    await clock.advance(1_000);
    expect(tries).toBe(2);
    expect(types().filter((type) => type === "offer")).toHaveLength(2);
    loop.receive({ type: "uploads", leaseId: "lease-0", puts: [put] });
    await clock.advance(1_000);
    expect(tries).toBe(3);
    expect(types().at(-1)).toBe("commit");
  });

  test("gives up after rounds of refused uploads, with a code", async () => {
    const { take, running, loop, clock, ends, last } = start({
      work: {
        put: async () => {
          throw new TributaryError("UPLOAD_REFUSED", "Expired.");
        },
      },
    });
    await take(0);
    running.get("lease-0")?.(made);
    for (let round = 0; round < 4; round += 1) {
      await clock.advance(2_000);
      loop.receive({ type: "uploads", leaseId: "lease-0", puts: [put] });
    }
    await clock.advance(2_000);
    expect(ends).toEqual([expect.objectContaining({ state: "failed", code: "UPLOAD_REFUSED" })]);
    expect(last()).toMatchObject({ type: "fail", leaseId: "lease-0", code: "UPLOAD_REFUSED" });
  });

  test("asks an unanswered offer and commit again after a silence", async () => {
    const { take, running, loop, clock, types } = start();
    await take(0);
    running.get("lease-0")?.(made);
    await clock.advance(45_000);
    expect(types().filter((type) => type === "offer")).toHaveLength(3);
    loop.receive({ type: "uploads", leaseId: "lease-0", puts: [] });
    await clock.advance(45_000);
    expect(types().filter((type) => type === "commit")).toHaveLength(3);
  });

  test("a lost connection loses no adopted work: the open question is asked again", async () => {
    const { take, running, loop, link, sent, types } = start({ slots: 2 });
    await take(0, 1);
    link.up = false;
    loop.disconnected();
    running.get("lease-0")?.(made);
    await settled();
    expect(types().includes("offer")).toBe(false);
    link.up = true;
    loop.receive(welcome(["lease-0"]));
    await settled();
    expect(sent.filter(({ type }) => type === "offer")).toHaveLength(1);
    // The other one was given to somebody else meanwhile.
    expect(running.size).toBe(0);
    expect(loop.leaseIds()).toEqual(["lease-0"]);
  });

  test("renews all leases in one message, and stops when there are none", async () => {
    const { take, clock, running, sent, loop } = start({ slots: 2 });
    await take(0, 1);
    await clock.advance(4_000);
    expect(sent.at(-1)).toMatchObject({
      type: "renew",
      leases: [{ leaseId: "lease-0" }, { leaseId: "lease-1" }],
    });
    for (const id of ["lease-0", "lease-1"]) {
      running.get(id)?.(made);
      await settled();
      loop.receive({ type: "uploads", leaseId: id, puts: [] });
      await settled();
      loop.receive({ type: "accepted", leaseId: id });
    }
    const before = sent.length;
    await clock.advance(60_000);
    expect(sent).toHaveLength(before);
  });

  test("tells early how far its first task is, and of no later one", async () => {
    const renews = (sent: HolderMessage[]) => sent.filter(({ type }) => type === "renew");
    const { take, clock, running, sent, loop } = start({
      work: {
        transcode: (grant, _chunk, onProgress) =>
          new Promise((resolve) => {
            onProgress(0.25);
            running.set(grant.leaseId, (result) => resolve(result as MadeTask));
          }),
      },
    });
    await take(0);
    await clock.advance(1_500);
    const leases = [{ leaseId: "lease-0", progress: 0.25, workMs: 1_500 }];
    expect(renews(sent)).toEqual([{ type: "renew", leases }]);
    running.get("lease-0")?.(made);
    await settled();
    loop.receive({ type: "uploads", leaseId: "lease-0", puts: [] });
    await settled();
    loop.receive({ type: "accepted", leaseId: "lease-0" });
    await take(1);
    await clock.advance(3_900);
    expect(renews(sent)).toHaveLength(1);
    await clock.advance(100);
    expect(renews(sent)).toHaveLength(2);
  });

  test("stop drops everything at once", async () => {
    const { take, running, loop, sent } = start({ slots: 2 });
    await take(0, 1);
    const before = sent.length;
    loop.stop();
    await settled();
    expect(running.size).toBe(0);
    expect(loop.leases()).toEqual([]);
    expect(sent).toHaveLength(before);
  });
});
