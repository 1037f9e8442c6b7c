import type { TrayEntry } from "../../../web/saved/tray-entry.ts";

const REQUEST = { visibility: "unlisted", details: {}, captions: [] } as const;

/** An entry of the list of several videos. Default: shared and waiting. */
function entry(name: string, change: Partial<TrayEntry> = {}): TrayEntry {
  return {
    ...{ id: name, name, sizeBytes: 84_000_000, handle: null, ladder: null },
    request: { ...REQUEST, captions: [] },
    ...{ state: "waiting", jobId: null, watchUrl: null, error: null },
    ...change,
  };
}

/** Six videos, one in each state. */
export const TRAY: readonly TrayEntry[] = [
  entry("opening.mp4", { state: "ready", watchUrl: "https://tributary.example/watch/Yw3kT9qGm1" }),
  entry("harbour-walk-2026.mp4", {
    state: "working",
    watchUrl: "https://tributary.example/watch/Yw3kT9qGm2",
  }),
  entry("broken.avi", {
    state: "failed",
    error: { code: "SOURCE_TRUNCATED", message: "It ends early.", retryable: false },
  }),
  entry("interview with the harbour master, first part.mov"),
  entry("closing.mov", { request: null }),
  entry("lost-after-a-reload.mkv", { sizeBytes: 0 }),
];
