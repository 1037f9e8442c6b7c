import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

/**
 * A setting as it is shown: as it was put, until it is known how it is.
 * @param tell resolves to whether it was said
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
