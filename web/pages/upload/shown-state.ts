import type { WireError } from "../../../shared/job/errors.ts";
import type { Notice } from "../../../shared/job/notice.ts";
import type { JobView } from "../../../shared/wire/job-view.ts";
import type { Visibility } from "../../../shared/wire/visibility.ts";
import type { PartDecision } from "../../encoder/capability.ts";
import type {
  CaptionsCarried,
  Inspection,
  OwnerState,
  PicturesMade,
  SlotState,
} from "../../owner/owner-api.ts";

/**
 * The state of the upload page as one flat record with the same fields in each phase. The page provides it as
 * `tributary.state` to programs that drive it (web/headless), so fields are added and never renamed.
 */
export interface ShownState {
  phase: OwnerState["phase"];
  /** Name of the picked file, or of the job to resume. */
  fileName: string | null;
  /** 0..1 while a file is read or compared, where that takes time; else null. */
  inspectProgress: number | null;
  inspection: Inspection | null;
  job: JobView | null;
  jobId: string | null;
  watchUrl: string | null;
  masterUrl: string | null;
  visibility: Visibility | null;
  connected: boolean;
  overHttp: boolean;
  slots: SlotState[];
  paused: boolean;
  /** 0..1 of the whole work. */
  share: number;
  /** Share of slot time spent encoding since the job started, 0..1. */
  busyShare: number;
  bytesUploaded: number;
  speed: number | null;
  etaSeconds: number | null;
  stalledSeconds: number | null;
  disconnectedSeconds: number | null;
  error: WireError | null;
  warnings: string[];
  part: PartDecision | null;
  /** Progress of saving the source's subtitles; null where the source has no text subtitles. */
  captions: CaptionsCarried | null;
  /** The poster and the storyboard; null before the first picture. */
  pictures: PicturesMade | null;
}

/** @param problem the page's problem, which is shown where the state has no error of its own */
export function shownState(state: OwnerState, problem: WireError | null): ShownState {
  const work = "work" in state ? state.work : null;
  const done = "done" in state ? state.done : work;
  const address = "address" in state ? state.address : null;
  const job = done?.job ?? null;
  return {
    phase: state.phase,
    fileName: fileNameOf(state),
    inspectProgress: progressOf(state),
    inspection: "inspection" in state ? state.inspection : null,
    job,
    jobId: address?.jobId ?? null,
    watchUrl: address?.watchUrl ?? null,
    masterUrl: address?.masterUrl ?? null,
    visibility: address?.visibility ?? null,
    connected: work?.connected ?? false,
    overHttp: work?.overHttp ?? false,
    slots: work?.slots ?? [],
    paused: work?.paused ?? false,
    share: done?.share ?? 0,
    busyShare: done?.busyShare ?? 0,
    bytesUploaded: done?.bytesUploaded ?? 0,
    speed: done?.speed ?? null,
    etaSeconds: work?.etaSeconds ?? null,
    stalledSeconds: work?.stalledSeconds ?? null,
    disconnectedSeconds: work?.disconnectedSeconds ?? null,
    error: ("error" in state ? state.error : null) ?? problem,
    warnings: [
      ...(job?.warnings ?? []),
      ...texts(done?.captions?.notices),
      ...texts(done?.pictures?.notices),
    ],
    part: "part" in state ? state.part : null,
    captions: done?.captions ?? null,
    pictures: done?.pictures ?? null,
  };
}

/** Messages of notices, without `messagesOf`: its file has schemas, which the page does not load at first. */
function texts(notices: readonly Notice[] = []): string[] {
  return notices.map(({ message }) => message);
}

/** Name of the state's file; null where neither a file nor a job is known. */
export function fileNameOf(state: OwnerState): string | null {
  return state.phase === "idle" ? null : state.fileName;
}

function progressOf(state: OwnerState): number | null {
  if (state.phase === "inspecting") return state.progress;
  return state.phase === "needs-file" ? state.comparing : null;
}
