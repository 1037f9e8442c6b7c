import { signal } from "@preact/signals";
import { render } from "preact";
import type { WireError } from "../../../shared/job/errors.ts";
import type { JobStatus } from "../../../shared/wire/job-status.ts";
import type { HolderState } from "../../../web/owner/owner-api.ts";
import "../../../web/ui/style.css";
import { ContributePage } from "../../../web/pages/contribute/contribute-page.tsx";
import { UploadPage, type UploadSessionView } from "../../../web/pages/upload/upload-page.tsx";
import type { PendingAction } from "../../../web/pages/upload/upload-session.ts";
import { EmbedPage, WatchPage } from "../../../web/pages/watch/watch-page.tsx";
import type { WatchState } from "../../../web/pages/watch/watch-status.ts";
import { CONTRIBUTE_STATES, type ContributeStateName } from "./contribute-states.ts";
import { INSPECTION, job, STATES, type StateName } from "./states.ts";

/**
 * Runs in a page: shows a view in a given state and notes what it asks for. Never shipped; nothing
 * of the app imports it.
 */

/** What the page asked of its session, oldest first. */
export const calls: { name: string; argument: unknown }[] = [];

const state = signal<HolderState>(STATES.idle);
const problem = signal<WireError | null>(null);
const pending = signal<PendingAction>(null);
const storedHandle = signal<FileSystemFileHandle | null>(null);

function noted(name: string) {
  return async (argument?: unknown) => {
    calls.push({ name, argument });
  };
}

const session: UploadSessionView = {
  state,
  problem,
  pending,
  storedHandle,
  canRepeat: true,
  shareActions: {
    share: async () => {
      calls.push({ name: "share", argument: undefined });
      const joinUrl = `${location.origin}/join/story#${"t".repeat(43)}`;
      return { joinUrl, expiresAtMs: 1_795_086_400_000, maxContributors: 50 };
    },
    revoke: () => noted("revoke")(),
    remove: (holderId) => noted("remove")(holderId),
    stageAll: (on) => noted("stageAll")(on),
    verify: (policy) => noted("verify")(policy),
  },
  take: async ({ file }) => {
    calls.push({ name: "take", argument: { name: file.name, sizeBytes: file.size } });
  },
  setLadder: noted("setLadder"),
  useServers: noted("useServers"),
  useEngine: noted("useEngine"),
  start: noted("start"),
  reopen: noted("reopen"),
  cancel: noted("cancel"),
  again: noted("again"),
  discard: noted("discard"),
};

function root(): HTMLElement {
  let element = document.getElementById("page");
  if (element === null) {
    element = document.createElement("div");
    element.id = "page";
    document.body.append(element);
    document.documentElement.lang = "en";
    document.title = "Tributary";
  }
  return element;
}

/** Shows the upload page; `change` is laid over the named state. */
export function showUpload(
  name: StateName,
  change: Partial<HolderState> = {},
  page: { problem?: WireError; pending?: PendingAction; canReopen?: boolean } = {},
): void {
  state.value = { ...STATES[name], ...change };
  problem.value = page.problem ?? null;
  pending.value = page.pending ?? null;
  storedHandle.value = page.canReopen ? ({} as FileSystemFileHandle) : null;
  render(<UploadPage session={session} loadSample={async () => null} />, root());
}

/** Shows the page behind a contributor link. */
export function showContribute(name: ContributeStateName): void {
  render(
    <ContributePage
      key={name}
      state={signal(CONTRIBUTE_STATES[name])}
      name="Brave Otter"
      lowBattery={signal(false)}
      suggestedSlots={null}
      onWork={noted("work")}
      onPause={noted("pause")}
      onStop={noted("stop")}
    />,
    root(),
  );
}

/** Shows the watch page, or the embedded player. */
export function showWatch(
  watched: "loading" | "making" | "ready" | "stored" | "missing" | "cancelled",
  masterUrl: string,
  embedded = false,
): void {
  const Page = embedded ? EmbedPage : WatchPage;
  document.documentElement.classList.toggle("is-embedded", embedded);
  render(
    <Page
      state={signal(watchState(watched))}
      masterUrl={masterUrl}
      watchUrl="https://tributary.example/watch/Yw3kT9qGm2"
    />,
    root(),
  );
}

function watchState(watched: Parameters<typeof showWatch>[0]): WatchState {
  if (watched === "loading" || watched === "stored" || watched === "missing") {
    return { kind: watched };
  }
  const view =
    watched === "ready"
      ? STATES.ready.job
      : watched === "making"
        ? STATES.playing.job
        : job(["done", "ready"], { state: "cancelled", endedAtMs: 1_795_000_214_000 });
  const status: JobStatus = {
    ...view,
    source: INSPECTION.source,
    renditions: [...INSPECTION.video, ...INSPECTION.audio],
    segments: [],
  };
  return { kind: "known", status };
}
