import { signal } from "@preact/signals";
import { render } from "preact";
import { TributaryError } from "../../../shared/job/errors.ts";
import type { Captions } from "../../../shared/wire/captions.ts";
import type { JobStatus } from "../../../shared/wire/job-status.ts";
import { EmbedPage, WatchPage } from "../../../web/pages/watch/watch-page.tsx";
import type { WatchState } from "../../../web/pages/watch/watch-status.ts";
import { calls, root, speak } from "./stage.ts";
import { INSPECTION, job, STATES } from "./states.ts";

export { calls, speak };

/** Two caption tracks. The first one is shown unless the viewer chooses otherwise. */
export const TWO_CAPTIONS: Captions[] = ["en", "de"].map((language, index) => ({
  id: `s0000000${index}`,
  language,
  name: ["English", "German"][index] ?? "",
  isDefault: index === 0,
  isForced: false,
  cues: 1,
  sourceTrack: null,
  createdAtMs: 1_795_000_000_000,
  notices: [],
  url: "",
}));

/** Shows the watch page, or the embedded player. */
export function showWatch(
  watched: "loading" | "locked" | "making" | "away" | "ready" | "stored" | "missing" | "cancelled",
  masterUrl: string,
  embedded = false,
  captions: readonly Captions[] | null = null,
): void {
  const Page = embedded ? EmbedPage : WatchPage;
  document.documentElement.classList.toggle("is-embedded", embedded);
  render(
    <Page
      state={signal(watchState(watched))}
      video={{ masterUrl, ownerToken: null, key: null }}
      onUnlock={() => Promise.reject(new TributaryError("PASSPHRASE_WRONG", "No."))}
      onReport={async () => {}}
      watchUrl="https://tributary.example/watch/Yw3kT9qGm2"
      captions={
        captions && {
          captions: signal(captions),
          add: async () => {},
          remove: async () => {},
        }
      }
    />,
    root(),
  );
}

function watchState(watched: Parameters<typeof showWatch>[0]): WatchState {
  if (watched === "loading" || watched === "locked" || watched === "missing")
    return { kind: watched };
  if (watched === "stored") return { kind: watched, video: null };
  const view =
    watched === "ready"
      ? STATES.ready.done.job
      : watched === "making"
        ? STATES.playing.work.job
        : watched === "away"
          ? { ...STATES.running.work.job, stuckSinceMs: Date.now() - 60_000 }
          : job(["done", "ready"], {
              state: "cancelled",
              firstPlayableAtMs: 1_795_000_009_000,
              endedAtMs: 1_795_000_214_000,
            });
  const status: JobStatus = {
    ...view,
    title: "Harbour walk",
    details: {
      title: "Harbour walk",
      description: "Along the quay, in the evening.\nFilmed by the class of 2026.",
      language: "en",
      chapters: [],
    },
    source: INSPECTION.source,
    renditions: [...INSPECTION.video, ...INSPECTION.audio],
    segments: [],
  };
  return { kind: "known", status };
}
