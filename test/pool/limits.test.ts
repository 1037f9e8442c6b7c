import * as fc from "fast-check";
import { expect, test } from "vitest";
import { countBytes, type MemberLimits, restsFor } from "../../shared/pool/limits.ts";

const LIMITS: MemberLimits = {
  slots: 2,
  hours: null,
  bytesADay: null,
  mainsOnly: false,
  idleOnly: false,
};
const NOW = {
  hour: 12,
  bytesToday: 0,
  taskBytes: 0,
  onBattery: null,
  inUse: null,
  isPaused: false,
};

test.each([
  [{}, {}, null],
  [{}, { isPaused: true }, "paused"],
  [{ slots: 0 }, {}, "device"],
  [{ hours: { from: 8, to: 12 } }, {}, "hours"],
  [{ hours: { from: 8, to: 13 } }, {}, null],
  [{ hours: { from: 22, to: 6 } }, { hour: 23 }, null],
  [{ hours: { from: 22, to: 6 } }, { hour: 6 }, "hours"],
  [{ bytesADay: 100 }, { bytesToday: 99 }, null],
  [{ bytesADay: 100 }, { bytesToday: 100 }, "data"],
  [{ mainsOnly: true }, { onBattery: true }, "battery"],
  [{ mainsOnly: true }, { onBattery: null }, null],
  [{ idleOnly: true }, { inUse: true }, "active"],
] as const)("%j in %j: %s", (limits, now, reason) => {
  expect(restsFor({ ...LIMITS, ...limits }, { ...NOW, ...now })).toBe(reason);
});

test("a machine that looks before each task goes past its hours, cores and data by one task at most", () => {
  const tasks = fc.array(
    fc.record({ minutes: fc.integer({ min: 1, max: 50 }), bytes: fc.integer({ min: 1, max: 40 }) }),
    { minLength: 1, maxLength: 200 },
  );
  const hours = fc.record({
    from: fc.integer({ min: 0, max: 23 }),
    to: fc.integer({ min: 0, max: 23 }),
  });
  fc.assert(
    fc.property(tasks, hours, fc.integer({ min: 1, max: 500 }), (drawn, allowed, bytesADay) => {
      const limits = { ...LIMITS, hours: allowed, bytesADay };
      let minute = 0;
      let count = { day: "0", bytes: 0 };
      for (const task of drawn) {
        const day = () => String(Math.floor(minute / 1440));
        const now = () => ({
          ...NOW,
          hour: Math.floor(minute / 60) % 24,
          bytesToday: countBytes(count, day(), 0).bytes,
        });
        while (restsFor(limits, now()) !== null) minute += 1;
        const before = countBytes(count, day(), 0);
        expect(before.bytes).toBeLessThan(bytesADay);
        const hour = now().hour;
        const { from, to } = allowed;
        const isWithin =
          from === to || (from < to ? hour >= from && hour < to : hour >= from || hour < to);
        expect(isWithin).toBe(true);
        minute += task.minutes;
        count = countBytes(count, day(), task.bytes);
      }
    }),
  );
});
