import { parseTimeText } from "../../../shared/time-text.ts";
import { SEEKS_WHILE_PAUSED } from "../../player/hls-playback.ts";

/**
 * `?t=90`, `?t=1m30s`: the first video of the page begins there, as soon as its length is known.
 * @param query of the page's address
 */
export function beginAt(query: URLSearchParams): void {
  const seconds = parseTimeText(query.get("t") ?? "");
  if (seconds === null || seconds === 0) return;
  const ends = new AbortController();
  document.addEventListener(
    "loadedmetadata",
    ({ target }) => {
      // Posters of other videos may be elements of video, too.
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
