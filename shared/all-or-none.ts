/**
 * Works on all items at once. The first failure aborts the others and is thrown when all have settled.
 * @param signal aborts the work on all items
 */
export async function allOrNone<Item>(
  items: readonly Item[],
  work: (item: Item, signal: AbortSignal) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const failed = new AbortController();
  const either = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
  const all = items.map((item) => work(item, either));
  try {
    await Promise.all(all);
  } catch (thrown) {
    failed.abort(thrown);
    await Promise.allSettled(all);
    throw thrown;
  }
}
