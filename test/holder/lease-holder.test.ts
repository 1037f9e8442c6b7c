import { describe, expect, test, vi } from "vitest";
import type { HolderSource } from "../../shared/holder/chunk-stager.ts";
import { digestsOf } from "../../shared/holder/digests.ts";
import { FINAL_REFUSALS } from "../../shared/holder/lease-holder.ts";
import type { MadeTask } from "../../shared/holder/lease-work.ts";
import { ERROR_CODES, type ErrorCode, TributaryError } from "../../shared/job/errors.ts";
import type { HolderMessage } from "../../shared/wire/holder-messages.ts";
import type { OutputToCompare } from "../../shared/wire/lease.ts";
import { answering, chunkOf, grantOf, made, put, start, welcome } from "./holder-by-hand.ts";
import { settled } from "./manual-clock.ts";

describe("a lease holder", () => {
  test("goes from grant to accepted in two messages of its own", async () => {
    const { holder, receive, types, take, running, ends, last } = await start();
    expect(last()).toEqual({ type: "want", slots: 1 });
    await take(0);
    running.get("lease-0")?.(made);
    await settled();
    receive({ type: "uploads", leaseId: "lease-0", puts: [put] });
    await settled();
    expect(last()).toEqual({
      type: "commit",
      leaseId: "lease-0",
      engine: "ffmpeg-wasm",
      encodeMs: 1,
      warnings: [],
      notices: [],
    });
    receive({ type: "accepted", leaseId: "lease-0" });
    await settled();
    expect(ends).toEqual([{ state: "accepted" }]);
    expect(holder.leases()).toEqual([]);
    expect(types()).toEqual(["want", "offer", "commit"]);
  });

  test("says in its hello how many tasks it would start, and again only where that was not heard", async () => {
    const { hellos, sent, take, receive, cut, comeBack } = await start({ slots: 2, prefetch: 1 });
    expect(hellos.at(-1)).toMatchObject({ want: 3, leases: [] });
    await take(0);
    const before = sent.length;
    cut();
    await comeBack();
    expect(hellos.at(-1)).toMatchObject({ want: 2, leases: ["lease-0"] });
    receive({ ...welcome(["lease-0"]), wanted: 2 });
    expect(sent).toHaveLength(before);
    cut();
    await comeBack();
    // A coordinator that does not know the offer.
    receive(welcome(["lease-0"]));
    expect(sent.slice(before)).toEqual([{ type: "want", slots: 2 }]);
  });

  test("an offer that is sent again tells no old number of free slots", async () => {
    const { clock, sent, take, running } = await start();
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
    const { holder, receive, take, running, ends, types } = await start({
      fetch: (_url, { signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => {
            aborted.push(signal.reason);
            reject(signal.reason);
          });
        }),
    });
    await take(0);
    running.get("lease-0")?.(made);
    await settled();
    receive({ type: "uploads", leaseId: "lease-0", puts: [put] });
    await settled();
    receive({ type: "accepted", leaseId: "lease-0" });
    await settled();
    expect(aborted).toHaveLength(1);
    expect(ends).toEqual([{ state: "accepted" }]);
    expect(types()).not.toContain("commit");
    expect(types()).not.toContain("fail");
    expect(holder.leases()).toEqual([]);
  });

  test("looks at what somebody else made, and says what it saw until it is heard", async () => {
    const { sha256 } = await digestsOf(new Uint8Array(3));
    const output: OutputToCompare = {
      rendition: "v480",
      kind: "media",
      segment: 0,
      sizeBytes: 3,
      sha256,
      url: "",
    };
    const seen: unknown[] = [];
    const { receive, last, types, ends, clock } = await start({
      fetch: async () => ({ status: 200, arrayBuffer: async () => new ArrayBuffer(3) }),
      encoder: {
        compare: async (_, chunk, outputs, onProgress) => {
          onProgress(0.5);
          seen.push(chunk.bytes.byteLength, ...outputs.map(({ byteLength }) => byteLength));
          return "lies";
        },
      },
    });
    receive({ type: "grant", grants: [{ ...grantOf(0), compare: [output] }] });
    await vi.waitFor(() => expect(seen).toEqual([1, 3]));
    await settled();
    const said = { type: "compared", leaseId: "lease-0", verdict: "lies" };
    expect(last()).toEqual(said);
    await clock.advance(21_000);
    expect(types().filter((type) => type === "compared")).toHaveLength(2);
    receive({ type: "accepted", leaseId: "lease-0" });
    await settled();
    expect(ends).toEqual([{ state: "accepted" }]);
    expect(types()).not.toContain("offer");
  });

  test("keeps a slot for what was granted first while its chunk is on its way, but not for long", async () => {
    const arrivals: (() => void)[] = [];
    const cutChunk: HolderSource["cutChunk"] = ({ task }) =>
      new Promise((resolve) => {
        const arrive = () => resolve(chunkOf(task.id));
        if (task.id === "v-0") arrivals.push(arrive);
        else arrive();
      });
    const { take, running, clock } = await start({ slots: 2, prefetch: 1, cutChunk });
    await take(0, 1, 2);
    expect([...running.keys()]).toEqual(["lease-1"]);
    arrivals[0]?.();
    await settled();
    expect([...running.keys()]).toEqual(["lease-1", "lease-0"]);

    const late = await start({ slots: 2, prefetch: 1, cutChunk });
    await late.take(0, 1, 2);
    await late.clock.advance(1_000);
    expect([...late.running.keys()]).toEqual(["lease-1", "lease-2"]);
    await clock.advance(1_000);
    expect([...running.keys()]).toEqual(["lease-1", "lease-0"]);
  });

  test("asks for the next task as soon as an encode ends, not when its upload does", async () => {
    const { take, running, last, holder, sent } = await start();
    await take(0);
    const before = sent.length;
    running.get("lease-0")?.(made);
    await settled();
    expect(sent.slice(before)).toEqual([expect.objectContaining({ type: "offer", want: 1 })]);
    await take(1);
    expect(running.has("lease-1")).toBe(true);
    expect(holder.leases().map(({ stage }) => stage)).toEqual(["uploading", "encoding"]);
    expect(last()?.type).toBe("offer");
  });

  test("never encodes more at once than it has slots, and takes the prefetched one next", async () => {
    const { take, running, holder } = await start({ slots: 2, prefetch: 1 });
    await take(0, 1, 2);
    expect([...running.keys()]).toEqual(["lease-0", "lease-1"]);
    expect(holder.leases().map(({ stage }) => stage)).toEqual(["encoding", "encoding", "queued"]);
    running.get("lease-1")?.(made);
    await settled();
    expect([...running.keys()]).toEqual(["lease-0", "lease-2"]);
  });

  test("reports a failure with its code and goes on with the next task", async () => {
    const { take, running, sent, ends } = await start();
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
    const { take, running, sent, receive, ends } = await start();
    await take(0);
    receive({ type: "revoke", leaseId: "lease-0", code: "LEASE_LOST" });
    await settled();
    expect(running.size).toBe(0);
    expect(ends).toEqual([expect.objectContaining({ state: "lost", code: "LEASE_LOST" })]);
    expect(sent.some(({ type }) => type === "fail")).toBe(false);
    await take(1);
    expect(running.has("lease-1")).toBe(true);
  });

  test("tries a PUT again, then asks for fresh URLs when storage refuses", async () => {
    const fetch = vi.fn(answering(new TypeError("fetch failed"), 403, 200));
    const { take, running, receive, clock, types } = await start({ fetch });
    await take(0);
    running.get("lease-0")?.(made);
    await settled();
    receive({ type: "uploads", leaseId: "lease-0", puts: [put] });
    await clock.advance(1_000);
    expect(fetch).toHaveBeenCalledTimes(2);
    expect(types().filter((type) => type === "offer")).toHaveLength(2);
    receive({ type: "uploads", leaseId: "lease-0", puts: [put] });
    await clock.advance(1_000);
    expect(fetch).toHaveBeenCalledTimes(3);
    expect(types().at(-1)).toBe("commit");
  });

  test("gives up after rounds of refused uploads, with a code", async () => {
    const { take, running, receive, clock, ends, last } = await start({ fetch: answering(403) });
    await take(0);
    running.get("lease-0")?.(made);
    for (let round = 0; round < 4; round += 1) {
      await clock.advance(2_000);
      receive({ type: "uploads", leaseId: "lease-0", puts: [put] });
    }
    await clock.advance(2_000);
    expect(ends).toEqual([expect.objectContaining({ state: "failed", code: "UPLOAD_REFUSED" })]);
    expect(last()).toMatchObject({ type: "fail", leaseId: "lease-0", code: "UPLOAD_REFUSED" });
  });

  test("a proxy that takes no bodies of that size is named, with the size", async () => {
    const { take, running, receive, clock, last } = await start({ fetch: answering(413) });
    await take(0);
    running.get("lease-0")?.(made);
    for (let round = 0; round < 4; round += 1) {
      await clock.advance(2_000);
      receive({ type: "uploads", leaseId: "lease-0", puts: [put] });
      for (let tried = 0; tried < 10; tried += 1) await clock.advance(5_000);
    }
    expect(last()).toMatchObject({ type: "fail", code: "UPLOAD_REFUSED" });
    expect(last()).toHaveProperty("message", expect.stringMatching(/proxy.*413/));
  });

  test("what was offered first is in storage first, a few at a time over all leases", async () => {
    const sent: string[] = [];
    const answers: (() => void)[] = [];
    const { take, running, receive, types } = await start({
      slots: 2,
      fetch: async (url) => {
        sent.push(String(url));
        await new Promise<void>((resolve) => answers.push(resolve));
        return { status: 200, arrayBuffer: async () => new ArrayBuffer(0) };
      },
    });
    await take(0, 1);
    for (const lease of ["lease-0", "lease-1"]) {
      running.get(lease)?.(made);
      await settled();
      const puts = [0, 1, 2].map((n) => ({ ...put, url: `${lease}/${n}` }));
      receive({ type: "uploads", leaseId: lease, puts });
    }
    await settled();
    expect(sent).toEqual(["lease-0/0", "lease-0/1", "lease-0/2", "lease-1/0"]);
    for (const answer of answers.slice(0, 3)) answer();
    await settled();
    expect(types().at(-1)).toBe("commit");
    expect(sent.slice(4)).toEqual(["lease-1/1", "lease-1/2"]);
  });

  test("asks an unanswered offer and commit again after a silence", async () => {
    const { take, running, receive, clock, types } = await start();
    await take(0);
    running.get("lease-0")?.(made);
    await clock.advance(45_000);
    expect(types().filter((type) => type === "offer")).toHaveLength(3);
    receive({ type: "uploads", leaseId: "lease-0", puts: [] });
    await clock.advance(45_000);
    expect(types().filter((type) => type === "commit")).toHaveLength(3);
  });

  test("a lost connection loses no adopted work: the open question is asked again", async () => {
    const { take, running, holder, receive, cut, comeBack, sent, types } = await start({
      slots: 2,
    });
    await take(0, 1);
    cut();
    running.get("lease-0")?.(made);
    await settled();
    expect(types().includes("offer")).toBe(false);
    await comeBack();
    receive(welcome(["lease-0"]));
    await settled();
    expect(sent.filter(({ type }) => type === "offer")).toHaveLength(1);
    // The other lease has gone to another holder.
    expect(running.size).toBe(0);
    expect(holder.leases()).toMatchObject([{ leaseId: "lease-0" }]);
  });

  test("renews all leases in one message, and stops when there are none", async () => {
    const { take, clock, running, sent, receive } = await start({ slots: 2 });
    await take(0, 1);
    await clock.advance(4_000);
    expect(sent.at(-1)).toMatchObject({
      type: "renew",
      leases: [{ leaseId: "lease-0" }, { leaseId: "lease-1" }],
    });
    for (const id of ["lease-0", "lease-1"]) {
      running.get(id)?.(made);
      await settled();
      receive({ type: "uploads", leaseId: id, puts: [] });
      await settled();
      receive({ type: "accepted", leaseId: id });
    }
    const before = sent.length;
    await clock.advance(60_000);
    expect(sent).toHaveLength(before);
  });

  test("tells early how far its first task is, and of no later one", async () => {
    const renews = (sent: HolderMessage[]) => sent.filter(({ type }) => type === "renew");
    const { take, clock, running, sent, receive } = await start({
      encoder: {
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
    receive({ type: "uploads", leaseId: "lease-0", puts: [] });
    await settled();
    receive({ type: "accepted", leaseId: "lease-0" });
    await take(1);
    await clock.advance(3_900);
    expect(renews(sent)).toHaveLength(1);
    await clock.advance(100);
    expect(renews(sent)).toHaveLength(2);
  });

  test("stop drops everything at once", async () => {
    const { take, running, holder, sent } = await start({ slots: 2 });
    await take(0, 1);
    const before = sent.length;
    holder.stop();
    await settled();
    expect(running.size).toBe(0);
    expect(holder.leases()).toEqual([]);
    expect(sent).toHaveLength(before);
  });

  test.each(Object.keys(ERROR_CODES) as ErrorCode[])(
    "goes on after an error of the coordinator, unless it is final: %s",
    async (code) => {
      const { holder, sockets, receive, clock, take, running } = await start();
      await take(0);
      receive({ type: "error", code, message: "No." });
      await settled();
      const isFinal = (FINAL_REFUSALS as readonly ErrorCode[]).includes(code);
      expect(holder.refused?.code).toBe(isFinal ? code : undefined);
      expect(holder.connected).toBe(!isFinal);
      expect(running.size).toBe(isFinal ? 0 : 1);
      await clock.advance(60_000);
      expect(sockets).toHaveLength(1);
    },
  );
});
