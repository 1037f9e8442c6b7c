import { expect, test } from "vitest";
import { secondsWithPhones } from "../../web/pages/upload/forecast.ts";

const owner = { role: "owner", connected: true, speed: 1.5, slots: 2 } as const;
const phone = { role: "contributor", connected: true, speed: 1, slots: 1 } as const;

test("two phones save more where phones were measured to be fast, and less where many help", () => {
  // Each phone counts as half as fast as this device, and a third of its work is done twice.
  expect(secondsWithPhones([owner], 540, 2)).toBeCloseTo(540 / (1 + 2 / 3));
  const unmeasured = { ...owner, speed: null };
  expect(secondsWithPhones([unmeasured], 540, 2)).toBeCloseTo(540 / (1 + 2 / 3));
  // Measured speeds: 3 for this device and 1 for each phone.
  expect(secondsWithPhones([owner, phone], 540, 2)).toBeCloseTo(
    (540 * (3 + 2 / 3)) / (3 + (3 * 2) / 3),
  );
  const many = Array(10).fill(phone);
  expect(secondsWithPhones([owner, ...many], 540, 2)).toBeGreaterThan(450);
  // A phone that has left does not count.
  expect(secondsWithPhones([owner, { ...phone, connected: false }], 540, 2)).toBeCloseTo(324);
});
