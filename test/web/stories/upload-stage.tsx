import { signal } from "@preact/signals";
import { render } from "preact";
import type { WireError } from "../../../shared/job/errors.ts";
import type { OwnerState } from "../../../web/owner/owner-api.ts";
import { UploadPage, type UploadSessionView } from "../../../web/pages/upload/upload-page.tsx";
import type { PendingAction } from "../../../web/pages/upload/upload-session.ts";
import { calls, noted, root } from "./stage.ts";
import { STATES, type StateName } from "./states.ts";

export { calls };

const state = signal<OwnerState>(STATES.idle);
const problem = signal<WireError | null>(null);
const pending = signal<PendingAction>(null);
const storedHandle = signal<FileSystemFileHandle | null>(null);
const isCancelUnheard = signal(false);

const session: UploadSessionView = {
  state,
  problem,
  pending,
  storedHandle,
  canRepeat: true,
  file: null,
  choices: {},
  get isCancelUnheard() {
    return isCancelUnheard.value;
  },
  shareActions: {
    share: async () => {
      calls.push({ name: "share", argument: undefined });
      const joinUrl = `https://tributary.example/join/story#${"t".repeat(43)}`;
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
      dashUrl: "",
      mp4Url: "",
    }),
    withdrawLinks: () => noted("withdrawLinks")(),
    change: async (jobId, patch) => {
      calls.push({ name: "change", argument: { jobId, patch } });
    },
  },
  warm: () => {
    calls.push({ name: "warm", argument: undefined });
  },
  take: async ({ file }) => {
    calls.push({ name: "take", argument: { name: file.name, sizeBytes: file.size } });
  },
  setLadder: noted("setLadder"),
  useServers: noted("useServers"),
  useEngine: noted("useEngine"),
  useChecks: noted("useChecks"),
  start: noted("start"),
  reopen: noted("reopen"),
  cancel: noted("cancel"),
  again: noted("again"),
  discard: noted("discard"),
};

/** Shows the upload page; `change` is laid over the named state. */
export function showUpload(
  name: StateName,
  change: object = {},
  page: {
    problem?: WireError;
    pending?: PendingAction;
    canReopen?: boolean;
    isCancelUnheard?: boolean;
  } = {},
): void {
  state.value = { ...STATES[name], ...change } as OwnerState;
  problem.value = page.problem ?? null;
  pending.value = page.pending ?? null;
  isCancelUnheard.value = page.isCancelUnheard ?? false;
  storedHandle.value = page.canReopen ? ({} as FileSystemFileHandle) : null;
  render(<UploadPage session={session} loadSample={async () => null} />, root());
}
