import { expect, test } from "vitest";
import { REAL_CLOCK } from "../../shared/clock.ts";
import { LeaseSlots } from "../../shared/holder/slots.ts";

test("with no slots nothing is wanted, and what was granted before is still made", async () => {
  const slots = new LeaseSlots({ slots: 1, prefetch: 1, clock: REAL_CLOCK, onStage: () => {} });
  const { signal } = new AbortController();
  const [first, second] = [slots.take(), slots.take()];
  const free = Promise.withResolvers<void>();
  const made: string[] = [];
  const working = first.use(signal, async () => {
    await free.promise;
    made.push("first");
  });
  const queued = second.use(signal, async () => {
    made.push("second");
  });
  slots.resize(0);
  expect(slots.wanted()).toBe(0);
  free.resolve();
  await Promise.all([working, queued]);
  expect(made).toEqual(["first", "second"]);
  first.leave();
  second.leave();
  expect(slots.wanted()).toBe(0);
  slots.resize(1);
  expect(slots.wanted()).toBe(2);
});
