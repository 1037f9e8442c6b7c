import "./frame.css";
import { effect } from "@preact/signals";
import type { UploadEvent, VideoAddress } from "../../element/messages.ts";
import type { JobAddress, OwnerState } from "../../owner/owner-api.ts";
import { session } from "./entry.tsx";
import { hostPage } from "./frame-channel.ts";
import { shownState } from "./shown-state.ts";

/** The upload page in a frame of another site; it sends the video's events to that site's page. */

const host = hostPage();
host.listen((token) => void session.making.useKey(token));
host.tell({ name: "tributary-ready", detail: {} });

let told: { jobId: string | null; names: Set<string> } = { jobId: null, names: new Set() };

effect(() => {
  const state = session.state.value;
  const problem = session.actions.problem.value;
  const { phase, jobId, share, etaSeconds, error } = shownState(state, problem);
  if (jobId !== told.jobId || phase === "idle") told = { jobId, names: new Set() };
  if (phase === "running" || phase === "ready")
    host.tell({ name: "progress", detail: { phase, share, etaSeconds } });
  const address = "address" in state ? state.address : null;
  if (address !== null && isWatchable(state)) once({ name: "watchable", detail: all(address) });
  if (address !== null && phase === "ready") once({ name: "done", detail: all(address) });
  if (error !== null) {
    const { code, message } = error;
    once({ name: "error", detail: { code, message } }, code);
  }
});

/** Sends each event once for a video, and an error once for each code. */
function once(event: UploadEvent, of = ""): void {
  const name = event.name + of;
  if (told.names.has(name)) return;
  told.names.add(name);
  host.tell(event);
}

function isWatchable(state: OwnerState): boolean {
  const { job } = shownState(state, null);
  return job !== null && job.firstPlayableAtMs !== null;
}

function all({ jobId, watchUrl, masterUrl }: JobAddress): VideoAddress {
  return { jobId, watchUrl, masterUrl, embedUrl: `${location.origin}/embed/${jobId}` };
}
