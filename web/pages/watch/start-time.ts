import { parseTimeText } from "../../../shared/time-text.ts";

/**
 * `?t=90`, `?t=1m30s`: the first video of the page begins there, as soon as its length is known.
 * @param query of the page's address
 */
export function beginAt(query: URLSearchParams): void {
  const seconds = parseTimeText(query.get("t") ?? "");
  if (seconds === null || seconds === 0) return;
  document.addEventListener(
    "loadedmetadata",
    ({ target }) => {
      if (target instanceof HTMLVideoElement) target.currentTime = seconds;
    },
    { capture: true, once: true },
  );
}
