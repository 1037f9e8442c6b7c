import type { FastRefusalCode } from "../../shared/encode/webcodecs-support.ts";
import type { WireError } from "../../shared/job/errors.ts";
import type {
  AudioRendition,
  Engine,
  JobSettingsPatch,
  SourceFacts,
  VideoRendition,
} from "../../shared/job/job.ts";
import type { Notice } from "../../shared/job/notice.ts";
import type { TrimRange } from "../../shared/job/trim-range.ts";
import type { AudioChoice } from "../../shared/plan/audio-choice.ts";
import type { LadderRung } from "../../shared/plan/rungs.ts";
import type { Replaces, ShareRequest, ShareResponse } from "../../shared/wire/api.ts";
import type { DetailsPatch } from "../../shared/wire/details.ts";
import type { JobView } from "../../shared/wire/job-view.ts";
import type { Poster } from "../../shared/wire/pictures.ts";
import type { PoolAsk } from "../../shared/wire/pool.ts";
import type { Visibility } from "../../shared/wire/visibility.ts";
import type { DeviceFacts, PartDecision } from "../encoder/capability.ts";

/**
 * Types of the calls between the upload page and its worker (`owner.worker.ts`, comlink). The worker reads the file,
 * talks to the edge, runs the encoders and owns the state. The page shows `OwnerState` and calls the methods of
 * `OwnerApi`. No byte of a video passes through the page.
 */

/** Facts of a picked file, and the plan for it. */
export interface Inspection {
  source: SourceFacts;
  ladder: LadderRung[];
  video: VideoRendition[];
  audio: AudioRendition[];
  /** The audio settings as the person chose them. */
  audioChoice: AudioChoice;
  segmentCount: number;
  taskCount: number;
  /** Estimated size of the outputs at the planned rates. */
  estimatedBytes: number;
  /** Whether ffmpeg had to rewrite the file first (FLV, AVI, ...). */
  remuxed: boolean;
  /** Whether the file was read while the previous video was being made. */
  readAhead?: boolean;
  /** Whether the site takes videos only with its key. */
  asksKey?: boolean;
  /** The engine that will make the video, as far as is known before the work begins. */
  pictureEngine: Engine;
  /** Why the browser's own codecs cannot be used, whatever engine is chosen; null where they can. */
  fastRefusal: string | null;
  fastRefusalCode: FastRefusalCode | null;
}

/** Presentation times of a whole file's frames, at which a trimmed part can begin and end. */
export interface FrameTimes {
  /** Ticks from the first visible frame. The last entry is the end of the last frame. */
  frameTicks: Float64Array;
  /** Presentation time of the first visible frame on the file's own timeline. */
  zeroSeconds: number;
}

export interface SlotState {
  state: "starting" | "idle" | "fetching" | "encoding" | "uploading" | "stopped";
  taskId: string | null;
  /** 0..1 */
  progress: number;
  engine: string | null;
}

/** A job's id, and the addresses of its video. */
export interface JobAddress {
  jobId: string;
  watchUrl: string;
  masterUrl: string;
  /** As chosen when the job was created. */
  visibility: Visibility;
}

/** Progress of saving the source's subtitles as captions of the video. */
export interface CaptionsCarried {
  /** `done` also where some could not be saved; `notices` says so. */
  state: "reading" | "done";
  saved: number;
  total: number;
  notices: Notice[];
}

/** Progress of the video's poster and storyboard. */
export interface PicturesMade {
  /** `making`: more pictures will come, such as the storyboard once the video is complete. */
  state: "making" | "done";
  /** Null where there is none (yet). */
  poster: Poster | null;
  hasStoryboard: boolean;
  notices: Notice[];
}

/** Progress of a job; it stays visible after the work has ended. */
export interface WorkDone {
  /** Null before the coordinator sent it. */
  job: JobView | null;
  /** 0..1 of the whole work, checks included; never decreases. */
  share: number;
  /** Share of slot time spent encoding since the job started, 0..1. */
  busyShare: number;
  bytesUploaded: number;
  /** Media seconds that all lease holders made per second over the last half minute; null before there is progress. */
  speed: number | null;
  /** Absent where the source has no text subtitles. */
  captions?: CaptionsCarried | undefined;
  /** Absent before there is a picture. */
  pictures?: PicturesMade | undefined;
}

/** The work on a job while it goes on. */
export interface Work extends WorkDone {
  /** Whether there is a connection to the coordinator. */
  connected: boolean;
  /** Whether the connection uses HTTP requests, because no WebSocket comes through. */
  overHttp: boolean;
  /** For how long there has been no connection; null while there is one. */
  disconnectedSeconds: number | null;
  slots: SlotState[];
  /** Whether the person paused this tab, so that it takes no new tasks. */
  paused: boolean;
  /** Null where it cannot be estimated, also while nothing moves. */
  etaSeconds: number | null;
  /** For how long there has been no progress; null while there is some. */
  stalledSeconds: number | null;
}

/** A file that was read in this tab, and this device's part in its work. */
interface ReadFile {
  fileName: string;
  inspection: Inspection;
  part: PartDecision;
}

/** Facts that remain after the end; null where they were never known. */
interface Ended {
  fileName: string | null;
  inspection: Inspection | null;
  /** Null where the job ended before it was decided. */
  part: PartDecision | null;
  address: JobAddress | null;
  done: WorkDone | null;
}

/** No file was picked yet. */
export interface IdleState {
  phase: "idle";
}
/** Reads the picked file. */
export interface InspectingState {
  phase: "inspecting";
  fileName: string;
  /** 0..1 where it takes noticeable time (remuxing), else null. */
  progress: number | null;
}
/** Facts and ladder are known; the person may edit the ladder and start. */
export interface InspectedState extends ReadFile {
  phase: "inspected";
  /** Why the last ladder or the last start was refused. */
  error: WireError | null;
}
/** Creates the job at the edge. */
export interface StartingState extends ReadFile {
  phase: "starting";
}
/** The job runs, and this tab works on it. */
export interface RunningState extends ReadFile {
  phase: "running";
  address: JobAddress;
  work: Work;
}
/** A job that needs its file again to go on: one of an earlier visit, or one whose file cannot be read any more. */
export interface NeedsFileState {
  phase: "needs-file";
  fileName: string;
  address: JobAddress;
  work: Work;
  /** 0..1 while a picked file is compared with the job's file, else null. */
  comparing: number | null;
  /** Why the last file was refused. */
  error: WireError | null;
}
export interface ReadyState extends Ended {
  phase: "ready";
  fileName: string;
  address: JobAddress;
  done: WorkDone;
}
export interface FailedState extends Ended {
  phase: "failed";
  error: WireError;
}
export interface CancelledState extends Ended {
  phase: "cancelled";
}

/** State of the upload page: one shape for each phase. */
export type OwnerState =
  | IdleState
  | InspectingState
  | InspectedState
  | StartingState
  | RunningState
  | NeedsFileState
  | ReadyState
  | FailedState
  | CancelledState;

/**
 * A state and its revision. Answers and pushed states come by two ports of the worker; of two snapshots, the one with
 * the higher revision is newer.
 */
export interface OwnerSnapshot {
  revision: number;
  state: OwnerState;
}

export interface OwnerOptions {
  /** Facts of the device from the page, since workers cannot find out all of them. */
  device?: DeviceFacts;
  /** Parallel encoders; default: cores, at most 16. */
  slots?: number;
  /**
   * "auto" and "webcodecs": the browser's codecs where they are right; several times faster. "ffmpeg": x264; better
   * quality at equal bit rates. "server": this tab only cuts and uploads.
   */
  engine?: "auto" | "ffmpeg" | "webcodecs" | "server";
  audio?: AudioChoice;
  /** The picture for a file without video; null: the cover in the file, or a card with its title. */
  picture?: Blob | null;
  /** The site's key; needed where a site lets only some people create jobs. */
  createToken?: string;
  /** How helpers' results are checked, from the start; default: DEFAULT_JOB_SETTINGS. */
  checking?: Pick<JobSettingsPatch, "verify" | "unverified">;
}

/** Everything that is needed to go on with a job after a reload. */
export interface ResumableJob {
  jobId: string;
  ownerToken: string;
  fileName: string;
  fingerprint: string;
  /** Fingerprint that other copies of the video share (`Source.contentOf`); null: stored by an older build. */
  content: string | null;
  sizeBytes: number;
  ladder: LadderRung[];
  createdAtMs: number;
  /** Slots that its tasks were planned for. */
  planSlots: number;
  audio: AudioChoice;
  /** The engine chosen for the job; null: none, or stored by an older build. */
  engine: NonNullable<OwnerOptions["engine"]> | null;
  usesServers: boolean | null;
  visibility: Visibility;
  /** The part of the file that is made; null: the whole file. */
  trim: TrimRange | null;
  /** As in `OwnerOptions`. */
  picture: Blob | null;
}

/** Commands resolve with the resulting state, also where they were refused; they reject only on a fault. */
export interface OwnerApi {
  /** @param onState called with the present state and after each change; during work at most twice a second */
  subscribe(onState: (snapshot: OwnerSnapshot) => void): Promise<void>;
  /** Sets options. Where a file is `inspected`, it is planned anew with another engine, audio or picture. */
  configure(options: OwnerOptions): Promise<OwnerSnapshot>;
  /** Tests the browser's codecs in advance, when a file is about to be picked. */
  warm(): Promise<OwnerSnapshot>;
  /**
   * Reads and plans the next file while another one is being made. A call with null, or with another file, closes it.
   * A file that has to be rewritten first is left for its turn, since that takes a core and browser storage.
   */
  prepare(next: { file: File; key: string } | null): Promise<OwnerSnapshot>;
  /**
   * Reads the file's facts and plans it; ends in `inspected`, or in `failed` with a SOURCE_* code.
   * @param key the key that was given to `prepare`
   */
  inspect(file: File, key?: string): Promise<OwnerSnapshot>;
  /** Plans anew with another ladder; a refused one (LADDER_INVALID) changes nothing but `error`. */
  setLadder(ladder: LadderRung[]): Promise<OwnerSnapshot>;
  /**
   * Plans a part of the file; an impossible part (TRIM_EMPTY, TRIM_BEYOND_END) changes nothing but `error`.
   * @param range null: the whole file
   */
  setTrim(range: TrimRange | null): Promise<OwnerSnapshot>;
  /** Frame times of the `inspected` file; null where there is none. */
  frameTimes(): Promise<FrameTimes | null>;
  /**
   * Creates the job and works until it ends. Resolves in `running`, or in `inspected` with an `error`. `job` has to be
   * stored for a resume, or cancelled at the edge where `cancel` was called meanwhile. It is null where the start was
   * refused.
   * @param visibility default: DEFAULT_VISIBILITY
   * @param details default: none, and the title is the file's name without its ending
   * @param pool pool that is asked for help; default: none
   * @param replaces video that the new one replaces; default: none
   */
  start(
    visibility?: Visibility,
    details?: DetailsPatch,
    pool?: PoolAsk,
    replaces?: Replaces,
  ): Promise<OwnerSnapshot & { job: ResumableJob | null }>;
  /** Takes up a job after a reload; ends in `needs-file`, or in `failed` where the job cannot be reached. */
  resume(job: ResumableJob): Promise<OwnerSnapshot>;
  /** In `needs-file`: takes the file. Ends in `running`, or in `needs-file` with SOURCE_CHANGED or another `error`. */
  provideFile(file: File): Promise<OwnerSnapshot>;
  /** Sets the person's choice for this job: with the site's servers, or on this device only. */
  useServers(use: boolean): Promise<OwnerSnapshot>;
  /** Makes a contributor link for the running job. Rejects with the codes of `EdgeClient.share`. */
  share(request: ShareRequest): Promise<ShareResponse>;
  /** Ends all contributor links, and disconnects the contributors who joined by them. */
  revokeShares(): Promise<void>;
  removeContributor(holderId: string): Promise<void>;
  /** Rejects with NETWORK while there is no connection. */
  changeSettings(settings: JobSettingsPatch): Promise<void>;
  /** Pauses this tab, or lets it go on. A paused tab takes no new tasks, and finishes those that it has begun. */
  pause(on: boolean): Promise<OwnerSnapshot>;
  /** Stops all work in this tab at once. The caller has to cancel the job at the edge. */
  cancel(): Promise<OwnerSnapshot>;
  /** Goes back to `idle` and forgets the job in this tab; at the edge it still exists. */
  reset(): Promise<OwnerSnapshot>;
}
