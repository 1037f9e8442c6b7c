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
 * Types only: what crosses between the upload page and its worker (`owner.worker.ts`, comlink). The
 * worker does everything (reads the file, talks to the edge, runs the encoders) and owns the state; the
 * page shows `OwnerState` and calls the methods of `OwnerApi`. No byte of a video passes through the page.
 */

/** Facts of a picked file, and the plan for it. */
export interface Inspection {
  source: SourceFacts;
  ladder: LadderRung[];
  video: VideoRendition[];
  audio: AudioRendition[];
  /** As it was asked for. */
  audioChoice: AudioChoice;
  segmentCount: number;
  taskCount: number;
  /** Bytes the outputs will have at the planned rates. */
  estimatedBytes: number;
  /** The file had to be rewritten by ffmpeg first (FLV, AVI, ...). */
  remuxed: boolean;
  /** It was read while the video before it was made. */
  readAhead?: boolean;
  /** The site takes videos only with its key. */
  asksKey?: boolean;
  /** The engine that will make the video, as far as can be told before the work begins. */
  pictureEngine: Engine;
  /** Why the browser's own codecs are not used, whatever is chosen; null when they can be. */
  fastRefusal: string | null;
  fastRefusalCode: FastRefusalCode | null;
}

/** When the frames of a whole file are shown: where a part of it can begin and end. */
export interface FrameTimes {
  /** Ticks from the first visible frame; one entry more: the end of the last. */
  frameTicks: Float64Array;
  /** When the first visible frame is shown, by the file's own clock. */
  zeroSeconds: number;
}

export interface SlotState {
  state: "starting" | "idle" | "fetching" | "encoding" | "uploading" | "stopped";
  taskId: string | null;
  /** 0..1 */
  progress: number;
  engine: string | null;
}

export interface JobAddress {
  jobId: string;
  watchUrl: string;
  masterUrl: string;
  /** As it was when the job was made. */
  visibility: Visibility;
}

/** The subtitles of the source on their way to the video. */
export interface CaptionsCarried {
  /** `done`: also where some were not to be kept, which `notices` say. */
  state: "reading" | "done";
  saved: number;
  total: number;
  notices: Notice[];
}

/** How far the pictures that stand for the video are. */
export interface PicturesMade {
  /** `making`: more will come, such as the storyboard once the video is whole. */
  state: "making" | "done";
  /** Null: there is none (yet). */
  poster: Poster | null;
  hasStoryboard: boolean;
  notices: Notice[];
}

/** How far a job came: stays to be seen when the work has ended. */
export interface WorkDone {
  /** Null before the coordinator said. */
  job: JobView | null;
  /** 0..1 of the whole work, checks among it; never less than before. */
  share: number;
  /** Share of slot time spent encoding since the job started, 0..1. */
  busyShare: number;
  bytesUploaded: number;
  /** Media seconds made a second, over the last half minute, all lease holders; null before the first. */
  speed: number | null;
  /** Absent where the source has no subtitles that are text. */
  captions?: CaptionsCarried | undefined;
  /** Absent before there is a picture. */
  pictures?: PicturesMade | undefined;
}

/** The work on a job while it goes on. */
export interface Work extends WorkDone {
  /** To the coordinator. */
  connected: boolean;
  /** The connection goes over HTTP requests, since no WebSocket comes through. */
  overHttp: boolean;
  /** For how long there has been no connection; null while there is one. */
  disconnectedSeconds: number | null;
  slots: SlotState[];
  /** This tab takes nothing new: the person paused it. */
  paused: boolean;
  /** Null where it cannot be told, also while nothing moves. */
  etaSeconds: number | null;
  /** For how long nothing of the video has been made; null while it moves. */
  stalledSeconds: number | null;
}

/** A file in this tab that was read, and what this device does of its work. */
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
export interface RunningState extends ReadFile {
  phase: "running";
  address: JobAddress;
  work: Work;
}
/** A job from an earlier visit is known; the same file is needed to go on. */
export interface NeedsFileState {
  phase: "needs-file";
  fileName: string;
  address: JobAddress;
  work: Work;
  /** 0..1 while a file is compared with the one before, else null. */
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

/** One shape a phase. */
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
 * A state and its place in the order of states. Answers and pushed states come by two ports of the
 * worker: of two snapshots the one with the higher revision is the newer.
 */
export interface OwnerSnapshot {
  revision: number;
  state: OwnerState;
}

export interface OwnerOptions {
  /** As the page sees the device; workers do not know all of it. */
  device?: DeviceFacts;
  /** Parallel encoders; default: cores, at most 16. */
  slots?: number;
  /**
   * "auto" and "webcodecs": the browser's codecs where they do it right, several times faster. "ffmpeg":
   * x264, better at equal bits. "server": this tab only cuts and uploads.
   */
  engine?: "auto" | "ffmpeg" | "webcodecs" | "server";
  audio?: AudioChoice;
  /** The picture for a file with sound alone; null: the one in the file, or a card. */
  picture?: Blob | null;
  /** Needed where a site lets only some people create jobs. */
  createToken?: string;
  /** How helpers' results are checked, from the start; default: DEFAULT_JOB_SETTINGS. */
  checking?: Pick<JobSettingsPatch, "verify" | "unverified">;
}

/** Enough to go on with a job after a reload. */
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
  /** The engine chosen for it; null: none, or chosen in a build that did not store it. */
  engine: NonNullable<OwnerOptions["engine"]> | null;
  usesServers: boolean | null;
  visibility: Visibility;
  /** The part of the file that it is about; null: all. */
  trim: TrimRange | null;
  /** As in `OwnerOptions`. */
  picture: Blob | null;
}

/** Commands resolve with the state that they led to, refusals included; they reject only on a fault. */
export interface OwnerApi {
  /** @param onState called with the present state, and with every change; twice a second while work moves */
  subscribe(onState: (snapshot: OwnerSnapshot) => void): Promise<void>;
  /** May change engine, audio and picture of a file that is `inspected`: it is planned anew. */
  configure(options: OwnerOptions): Promise<OwnerSnapshot>;
  /** A file is about to be picked: tries the browser's codecs meanwhile. */
  warm(): Promise<OwnerSnapshot>;
  /**
   * The next file is read and planned while another is at work. Null, or another one, closes it. What would
   * have to be rewritten first, which takes a core and room in the browser's storage, is left for its turn.
   */
  prepare(next: { file: File; key: string } | null): Promise<OwnerSnapshot>;
  /**
   * Reads facts and plans; ends in `inspected`, or `failed` with a SOURCE_* code.
   * @param key as it was given to `prepare`
   */
  inspect(file: File, key?: string): Promise<OwnerSnapshot>;
  /** Plans anew with another ladder; a refused one (LADDER_INVALID) changes nothing but `error`. */
  setLadder(ladder: LadderRung[]): Promise<OwnerSnapshot>;
  /**
   * Plans a part of the file; one that cannot be (TRIM_EMPTY, TRIM_BEYOND_END) changes nothing but `error`.
   * @param range null: the whole file
   */
  setTrim(range: TrimRange | null): Promise<OwnerSnapshot>;
  /** Null where no file is `inspected`. */
  frameTimes(): Promise<FrameTimes | null>;
  /**
   * Creates the job and works until it ends; resolves when it is `running`, or `inspected` again with an
   * `error`. `job` is what to keep for a resume, or to cancel when this was cancelled meanwhile; null when
   * the start was refused.
   * @param visibility default: DEFAULT_VISIBILITY
   * @param details default: none, and the title is the file's name without its ending
   * @param pool whose machines are to help; default: none
   * @param replaces the video whose place it takes; default: none
   */
  start(
    visibility?: Visibility,
    details?: DetailsPatch,
    pool?: PoolAsk,
    replaces?: Replaces,
  ): Promise<OwnerSnapshot & { job: ResumableJob | null }>;
  /** Takes a job up after a reload; ends in `needs-file`, or `failed` when it is not to be had. */
  resume(job: ResumableJob): Promise<OwnerSnapshot>;
  /** In `needs-file`: ends in `running`, or in `needs-file` with SOURCE_CHANGED or another `error`. */
  provideFile(file: File): Promise<OwnerSnapshot>;
  /** The person's choice, for this job: servers of the site, or this device alone. */
  useServers(use: boolean): Promise<OwnerSnapshot>;
  /** A contributor link for the running job. Rejects with the codes of `EdgeClient.share`. */
  share(request: ShareRequest): Promise<ShareResponse>;
  /** Ends all contributor links; contributors who joined by one have to leave. */
  revokeShares(): Promise<void>;
  removeContributor(holderId: string): Promise<void>;
  /** Rejects with NETWORK while there is no connection. */
  changeSettings(settings: JobSettingsPatch): Promise<void>;
  /** Takes nothing new in this tab, and goes on later; what is begun is finished. */
  pause(on: boolean): Promise<OwnerSnapshot>;
  /** Stops all work here at once. The caller has to cancel the job at the edge. */
  cancel(): Promise<OwnerSnapshot>;
  /** Forgets the job here (it goes on existing at the edge): back to `idle`. */
  reset(): Promise<OwnerSnapshot>;
}
