import { expect, test } from "vitest";
import { MessageBudgets, mostSockets, type Sender } from "../../edge/coordinator/budgets.ts";

// How many messages senders get through, whatever they try. The clock is simulated.

const HELPER: Sender = {
  principal: "link",
  role: "contributor",
  member: "one",
  maxContributors: 50,
};

/** Number of messages accepted when they arrive at an even rate. */
function through(
  budgets: MessageBudgets,
  senderOf: (n: number) => Sender,
  { perSecond, seconds, size = 20 }: { perSecond: number; seconds: number; size?: number },
): number {
  let count = 0;
  for (let n = 0; n < perSecond * seconds; n += 1) {
    if (budgets.take(senderOf(n), size, (n * 1000) / perSecond)) count += 1;
  }
  return count;
}

test("an honest helper, however fast, is never over its budget", () => {
  const budgets = new MessageBudgets();
  // A burst at first, then eight tasks per second with three messages each, besides heartbeats.
  for (let n = 0; n < 64; n += 1) expect(budgets.take(HELPER, 4_000, 0)).toBe(true);
  const load = { perSecond: 25, seconds: 600, size: 3_000 };
  expect(through(budgets, () => HELPER, load)).toBe(25 * 600);
});

test("a classroom behind one link: none of its helpers is over the link's", () => {
  const budgets = new MessageBudgets();
  const each = (n: number): Sender => ({ ...HELPER, member: `tab-${n % 50}` });
  const load = { perSecond: 50 * 3, seconds: 300, size: 2_000 };
  expect(through(budgets, each, load)).toBe(150 * 300);
});

test("one helper's flood costs what a minute of work does, then as much as it may send", () => {
  const flood = { perSecond: 5_000, seconds: 10 };
  const one = through(new MessageBudgets(), () => HELPER, flood);
  expect(one).toBeGreaterThanOrEqual(200);
  expect(one).toBeLessThanOrEqual(200 + 30 * 10);
});

test("many names by one link have what the link has, not what each would", () => {
  const named = (n: number): Sender => ({ ...HELPER, member: `name-${n}` });
  const count = through(new MessageBudgets(), named, { perSecond: 5_000, seconds: 10 });
  expect(count).toBeLessThanOrEqual(500 + 200 * 10);
});

test("another link's flood, and another helper's, take nothing from anybody", () => {
  const budgets = new MessageBudgets();
  const other: Sender = { ...HELPER, principal: "other link" };
  const neighbour: Sender = { ...HELPER, member: "two" };
  through(budgets, () => HELPER, { perSecond: 5_000, seconds: 1 });
  for (let n = 0; n < 100; n += 1) {
    expect(budgets.take(other, 20, 1_000)).toBe(true);
    expect(budgets.take(neighbour, 20, 1_000)).toBe(true);
  }
});

test("few but huge messages are counted by their size", () => {
  const load = { perSecond: 10, seconds: 60, size: 1_000_000 };
  expect(through(new MessageBudgets(), () => HELPER, load)).toBeLessThanOrEqual(16);
  const named = (n: number): Sender => ({ ...HELPER, member: `name-${n}` });
  expect(through(new MessageBudgets(), named, load)).toBeLessThanOrEqual(128);
});

test("what is not heard for a while has its whole budget again", () => {
  const budgets = new MessageBudgets();
  through(budgets, () => HELPER, { perSecond: 5_000, seconds: 1 });
  while (budgets.take(HELPER, 20, 1_000));
  for (let n = 0; n < 200; n += 1) expect(budgets.take(HELPER, 20, 3_600_000)).toBe(true);
});

test("so many names that their buckets are forgotten: those that are not full stay", () => {
  const budgets = new MessageBudgets();
  through(budgets, () => HELPER, { perSecond: 5_000, seconds: 1 });
  while (budgets.take(HELPER, 20, 1_000));
  for (let n = 0; n < 10_000; n += 1) {
    budgets.take({ ...HELPER, principal: `link-${n}` }, 1, 1_000 + n / 1_000);
  }
  expect(budgets.take(HELPER, 20, 1_010)).toBe(false);
  expect(budgets.take({ ...HELPER, member: "two" }, 20, 1_010)).toBe(true);
});

test("a link's sockets are as many as its helpers, and some that reconnect", () => {
  expect(mostSockets("contributor", 64)).toBeGreaterThan(64);
  expect(mostSockets("contributor", 64)).toBeLessThan(128);
  expect(mostSockets("owner", 0)).toBeGreaterThan(2);
});
