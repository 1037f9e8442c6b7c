import { describe, expect, test } from "vitest";
import { answering, chunkOf, made, put, start, welcome } from "./holder-by-hand.ts";
import { settled } from "./manual-clock.ts";

// The connection breaks at each step of a lease. The lease goes on if the coordinator still knows it, and ends
// otherwise or if the holder stops. Nothing waits forever.

const STEPS = ["fetching", "encoding", "offering", "uploading", "committing"] as const;
type Hand = Awaited<ReturnType<typeof leaseAt>>;

/**
 * A holder whose only lease waits in a step: for `release`, or, while offering or committing, for the coordinator's
 * answer.
 */
async function leaseAt(step: (typeof STEPS)[number]) {
  let release = (): void => {};
  const held = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      release = resolve;
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  const answer = answering(200);
  const hand = await start({
    cutChunk: async ({ task }, signal) => {
      if (step === "fetching") await held(signal);
      return chunkOf(task.id);
    },
    fetch: async (url, init) => {
      if (step === "uploading") await held(init.signal);
      return answer(url, init);
    },
  });
  await hand.take(0);
  if (STEPS.indexOf(step) >= STEPS.indexOf("offering")) {
    hand.running.get("lease-0")?.(made);
    await settled();
  }
  if (STEPS.indexOf(step) >= STEPS.indexOf("uploading")) {
    hand.receive({ type: "uploads", leaseId: "lease-0", puts: [put] });
    await settled();
  }
  return { ...hand, release: () => release() };
}

/** Finishes the waiting step and answers the messages, until the lease has ended. */
async function finish({ release, running, sent, receive, ends }: Hand): Promise<void> {
  release();
  for (let turn = 0; turn < 10 && ends.length === 0; turn += 1) {
    await settled();
    running.get("lease-0")?.(made);
    const asked = sent.findLast(({ type }) => type === "offer" || type === "commit");
    if (asked?.type === "offer") receive({ type: "uploads", leaseId: "lease-0", puts: [put] });
    if (asked?.type === "commit") receive({ type: "accepted", leaseId: "lease-0" });
  }
  await settled();
}

describe.each(STEPS)("a connection that breaks while a lease is %s", (step) => {
  test("and comes back to a coordinator that knows the lease: it goes on to its end", async () => {
    const hand = await leaseAt(step);
    hand.cut();
    await hand.comeBack();
    expect(hand.hellos.at(-1)?.leases).toEqual(["lease-0"]);
    hand.receive(welcome(["lease-0"]));
    await finish(hand);
    expect(hand.ends).toEqual([{ state: "accepted" }]);
  });

  test("and what happens meanwhile is made good afterwards", async () => {
    const hand = await leaseAt(step);
    hand.cut();
    hand.release();
    await settled();
    hand.running.get("lease-0")?.(made);
    await hand.comeBack();
    expect(hand.ends).toEqual([]);
    hand.receive(welcome(["lease-0"]));
    await finish(hand);
    expect(hand.ends).toEqual([{ state: "accepted" }]);
  });

  test("and comes back to one that has given the lease away: its work stops, and the next begins", async () => {
    const hand = await leaseAt(step);
    hand.cut();
    await hand.comeBack();
    hand.receive(welcome([]));
    await settled();
    expect(hand.ends).toMatchObject([{ state: "lost", code: "LEASE_LOST" }]);
    expect(hand.running.size).toBe(0);
    expect(hand.types()).not.toContain("fail");
    expect(hand.holder.leases()).toEqual([]);
    expect(hand.last()).toEqual({ type: "want", slots: 1 });
  });

  test("and does not come back before the holder stops: all ends, and nothing rings on", async () => {
    const hand = await leaseAt(step);
    hand.cut();
    await hand.clock.advance(500);
    hand.holder.stop();
    // A slot that was reserved for a chunk becomes free within a second.
    await hand.clock.advance(1_000);
    expect(hand.ends).toMatchObject([{ state: "lost", code: "CANCELLED" }]);
    expect(hand.running.size).toBe(0);
    expect(hand.holder.isBusy).toBe(false);
    expect(hand.clock.pending).toBe(0);
  });
});
