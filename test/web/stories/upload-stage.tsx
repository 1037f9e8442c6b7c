import { signal } from "@preact/signals";
import { render } from "preact";
import type { WireError } from "../../../shared/job/errors.ts";
import type { OwnerState } from "../../../web/owner/owner-api.ts";
import { loadLaterViews } from "../../../web/pages/upload/later-views.ts";
import type { UploadQueueView, UploadSessionView } from "../../../web/pages/upload/page-views.ts";
import type { PendingAction } from "../../../web/pages/upload/person-actions.ts";
import { UploadPage } from "../../../web/pages/upload/upload-page.tsx";
import type { TrayEntry } from "../../../web/saved/tray-entry.ts";
import { calls, noted, root, speak } from "./stage.ts";
import { STATES, type StateName } from "./states.ts";

export { calls, speak };

await loadLaterViews();

const state = signal<OwnerState>(STATES.idle);
const problem = signal<WireError | null>(null);
const pending = signal<PendingAction>(null);
const storedHandle = signal<FileSystemFileHandle | null>(null);
const isCancelUnheard = signal(false);
const HELPERS_LINK = `https://tributary.example/join/story#${"t".repeat(43)}`;
let joinUrl = HELPERS_LINK;

/** Times of the stories' frames in ticks, 30 frames per second. */
const STORY_FRAMES = Float64Array.from({ length: 9_361 }, (_, i) => i * 3_000);

const session: UploadSessionView = {
  state,
  actions: { problem, pending },
  storedHandle,
  canRepeat: true,
  file: null,
  get isCancelUnheard() {
    return isCancelUnheard.value;
  },
  shareActions: {
    share: async () => {
      calls.push({ name: "share", argument: undefined });
      return { joinUrl, expiresAtMs: 1_795_086_400_000, maxContributors: 50 };
    },
    revoke: () => noted("revoke")(),
    unverified: (what) => noted("unverified")(what),
    remove: (holderId) => noted("remove")(holderId),
    stageAll: (on) => noted("stageAll")(on),
    verify: (policy) => noted("verify")(policy),
  },
  detailsActions: {
    read: async () => ({
      title: "Harbour walk",
      description: "Along the quay, in the evening.",
      language: "en",
      chapters: [{ startSeconds: 0, title: "The quay" }],
      visibility: "private" as const,
      hasPassphrase: true,
    }),
    link: async () => ({
      key: "k".repeat(40),
      expiresAtMs: 1_795_086_400_000,
      watchUrl: `https://tributary.example/watch/story?key=${"k".repeat(40)}`,
      embedUrl: "",
      masterUrl: "",
      podcastUrl: "",
      dashUrl: "",
      mp4Url: "",
      posterUrl: "",
      storyboardUrl: "",
      chaptersUrl: "",
      originalUrl: "",
    }),
    withdrawLinks: () => noted("withdrawLinks")(),
    savePoster: async (_, jpeg, source) => {
      await noted("savePoster")([jpeg.type, source]);
      return {};
    },
    change: async (jobId, patch) => {
      calls.push({ name: "change", argument: { jobId, patch } });
    },
  },
  isReplacing: false,
  warm: () => {
    calls.push({ name: "warm", argument: undefined });
  },
  making: {
    choices: {},
    hasKey: false,
    setTrim: noted("setTrim"),
    frameTimes: async () => ({ frameTicks: STORY_FRAMES, zeroSeconds: 0 }),
    useServers: noted("useServers"),
    useEngine: noted("useEngine"),
    useAudio: (choice) => noted("useAudio")(choice).then(() => true),
    usePicture: (picture) => noted("usePicture")(picture?.size ?? null).then(() => true),
    useKey: noted("useKey"),
    useChecks: noted("useChecks"),
  },
  pause: noted("pause"),
  reopen: noted("reopen"),
  cancel: noted("cancel"),
  again: noted("again"),
  discard: noted("discard"),
};

const entries = signal<readonly TrayEntry[]>([]);
const currentId = signal<string | null>(null);
const waiting = () => entries.value.filter((each) => each.state === "waiting");

const queue: UploadQueueView = {
  entries,
  currentId,
  get unshared() {
    return waiting().filter(({ request }) => request === null);
  },
  get withoutFile() {
    return waiting().filter(({ sizeBytes }) => sizeBytes === 0);
  },
  // A file with a type that the browser cannot show.
  fileOf: (id) =>
    entries.value.find((each) => each.id === id)?.sizeBytes === 0 ? null : new File(["?"], id),
  take: (picked) => {
    for (const { file } of picked) {
      calls.push({ name: "take", argument: { name: file.name, sizeBytes: file.size } });
    }
  },
  setLadder: noted("setLadder"),
  share: (request) => noted("start")(request),
  shareWaiting: noted("shareWaiting"),
  move: (id, by) => void noted("move")({ id, by }),
  remove: noted("remove"),
  retry: noted("retry"),
  clearOver: noted("clearOver"),
  reopenFiles: noted("reopenFiles"),
};

let isRendered = false;

/** Shows the upload page. @param change fields that replace those of the named state */
export function showUpload(
  name: StateName,
  change: object = {},
  page: {
    problem?: WireError;
    pending?: PendingAction;
    canReopen?: boolean;
    isCancelUnheard?: boolean;
    joinUrl?: string;
    tray?: readonly TrayEntry[];
  } = {},
): void {
  state.value = { ...STATES[name], ...change } as OwnerState;
  problem.value = page.problem ?? null;
  pending.value = page.pending ?? null;
  joinUrl = page.joinUrl ?? HELPERS_LINK;
  entries.value = page.tray ?? [];
  currentId.value = entries.value.find((each) => each.state === "working")?.id ?? null;
  isCancelUnheard.value = page.isCancelUnheard ?? false;
  storedHandle.value = page.canReopen ? ({} as FileSystemFileHandle) : null;
  // Renders only once, like the app: a second root would repeat element ids.
  if (isRendered) return;
  isRendered = true;
  render(<UploadPage session={session} queue={queue} loadSample={async () => null} />, root());
}
