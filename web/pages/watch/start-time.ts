import { parseTimeText } from "../../../shared/time-text.ts";
import { SEEKS_WHILE_PAUSED } from "../../player/hls-playback.ts";

/**
 * Has the page's video begin at the time in the address (`?t=90`, `?t=1m30s`), as soon as its length is known.
 * @param query of the page's address
 */
export function beginAt(query: URLSearchParams): void {
  const seconds = parseTimeText(query.get("t") ?? "");
  if (seconds === null || seconds === 0) return;
  const ends = new AbortController();
  document.addEventListener(
    "loadedmetadata",
    ({ target }) => {
      // Stills of other videos may be video elements, too.
      if (!(target instanceof HTMLVideoElement) || target.closest(".poster-frame")) return;
      ends.abort();
      const seek = () => {
        target.currentTime = seconds;
      };
      if (SEEKS_WHILE_PAUSED || !target.paused) seek();
      else target.addEventListener("play", seek, { once: true });
    },
    { capture: true, signal: ends.signal },
  );
}
