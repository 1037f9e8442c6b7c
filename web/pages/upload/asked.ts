import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

/**
 * A setting that shows the person's new value at once, until the known value follows.
 * @param known the value that is in effect
 * @param tell passes on a new value; resolves to whether that succeeded
 */
export function useAsked<T>(
  known: T,
  tell: (value: T) => Promise<boolean>,
): [shown: T, put: (value: T) => Promise<void>] {
  const asked = useSignal<T | null>(null);
  const isKnown = JSON.stringify(asked.value) === JSON.stringify(known);
  useEffect(() => {
    if (isKnown) asked.value = null;
  }, [asked, isKnown]);
  const put = async (value: T): Promise<void> => {
    asked.value = value;
    if (!(await tell(value))) asked.value = null;
  };
  return [asked.value ?? known, put];
}
