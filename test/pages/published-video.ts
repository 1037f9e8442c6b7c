import { published } from "../../edge/pages/published.ts";
import type { Video } from "../../shared/wire/api.ts";

/** A text that would break out of an attribute, element, script, comment, CDATA section or line without escaping. */
export const HOSTILE = `"><img src=x onerror=attack()></title></script><script>attack()</script><!-- ]]> ' & &amp; \\u003c {{x}}`;

/** A finished, listed video. */
export const VIDEO: Video = {
  id: "0123456789abcdefghjk",
  name: "Harbour walk",
  title: "Harbour walk",
  description: "Along the quay,\nin the evening.",
  language: "de-AT",
  chapters: [
    { startSeconds: 0, title: "The quay" },
    { startSeconds: 90.5, title: "The ship" },
  ],
  state: "ready",
  errorCode: null,
  durationTicks: 312 * 90_000,
  width: 1280,
  height: 720,
  bytesStored: 219_480_113,
  createdAtMs: Date.UTC(2026, 10, 27, 12),
  endedAtMs: Date.UTC(2026, 10, 27, 12, 4),
  visibility: "listed",
  poster: {
    path: "/v/0123456789abcdefghjk/poster.jpg",
    width: 1280,
    height: 720,
    source: "frame",
    savedAtMs: Date.UTC(2026, 10, 27, 12, 5),
  },
};

/** The same video with hostile texts in all its fields that its owner writes. */
export const HOSTILE_VIDEO: Video = {
  ...VIDEO,
  title: HOSTILE,
  description: `${HOSTILE}\n\u2028${HOSTILE}`,
  chapters: [{ startSeconds: 0, title: HOSTILE }],
};

export const ORIGIN = "https://tributary.example";

export function publishedVideo(video: Video) {
  return published(ORIGIN, video);
}
