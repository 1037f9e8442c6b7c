import type { WireError } from "../../shared/job/errors.ts";
import type {
  AudioRendition,
  Engine,
  JobSettingsPatch,
  SourceFacts,
  VideoRendition,
} from "../../shared/job/job.ts";
import type { ShareRequest, ShareResponse } from "../../shared/wire/api.ts";
import type { JobView } from "../../shared/wire/job-view.ts";
import type { DeviceFacts, PartDecision } from "../encoder/capability.ts";

/**
 * Types only: what crosses between a page and its holder worker (`owner.worker.ts`, comlink).
 * The holder does everything (reads the file, talks to the edge, runs the pool); a page shows
 * `HolderState` and calls these methods. Nothing of a video passes through the page.
 */

export type HolderPhase =
  | "idle"
  /** Reading the picked file. */
  | "inspecting"
  /** Facts and ladder are known; the person may edit the ladder and start. */
  | "inspected"
  /** Creating the job at the edge. */
  | "starting"
  | "running"
  /** A job of before is known; the same file is needed to go on. */
  | "needs-file"
  | "ready"
  | "failed"
  | "cancelled";

export interface LadderRung {
  /** Of the short side: 480 is 480p, whichever way the picture is turned. */
  shortSide: number;
  kilobitsPerSecond: number;
}

export interface Inspection {
  source: SourceFacts;
  ladder: LadderRung[];
  video: VideoRendition[];
  audio: AudioRendition[];
  segmentCount: number;
  taskCount: number;
  /** Bytes the outputs will have at the planned rates. */
  estimatedBytes: number;
  /** The file is rewritten by ffmpeg first (FLV, AVI, ...): true once that was needed. */
  remuxed: boolean;
  /** Who will make the picture, as far as can be told before the work begins. */
  pictureEngine: Engine;
  /** Why the browser's own codecs are not used, whatever is chosen; null when they can be. */
  fastRefusal: string | null;
}

export interface SlotState {
  state: "starting" | "idle" | "fetching" | "encoding" | "uploading" | "stopped";
  taskId: string | null;
  progress: number;
  engine: string | null;
}

export interface HolderState {
  phase: HolderPhase;
  /** Name of the picked file, or of the job to resume. */
  fileName: string | null;
  /** 0..1 while `inspecting` takes noticeable time (remuxing), else null. */
  inspectProgress: number | null;
  inspection: Inspection | null;
  job: JobView | null;
  jobId: string | null;
  watchUrl: string | null;
  masterUrl: string | null;
  /** Connection to the coordinator. */
  connected: boolean;
  slots: SlotState[];
  /** Share of slot time spent encoding since the job started, 0..1. */
  busyShare: number;
  bytesUploaded: number;
  /** Media seconds made a second, over the last half minute, all holders; null before the first. */
  speed: number | null;
  etaSeconds: number | null;
  error: WireError | null;
  warnings: string[];
  /** What this device does of the work itself; absent before a file is inspected. */
  part?: PartDecision | null;
}

export interface HolderOptions {
  /** As the page sees the device; workers do not know all of it. */
  device?: DeviceFacts;
  /** Parallel workers; default: cores, at most 16. */
  slots?: number;
  /**
   * "auto" and "webcodecs": the browser's codecs where they do it right, several times faster. "ffmpeg":
   * x264, better at equal bits. "server": this tab only cuts and uploads.
   */
  engine?: "auto" | "ffmpeg" | "webcodecs" | "server";
  /** Of the site, where it lets not everybody create jobs. */
  createToken?: string;
}

export interface ResumableJob {
  jobId: string;
  ownerToken: string;
  fileName: string;
  fingerprint: string;
  sizeBytes: number;
  ladder: LadderRung[];
  createdAtMs: number;
  /** Slots that its tasks were planned for; 1 when missing. */
  planSlots?: number;
}

export interface HolderApi {
  /** @param onState called with the present state, and with every change; twice a second while work moves */
  subscribe(onState: (state: HolderState) => void): Promise<void>;
  /** May change the engine of a file that is `inspected`: it is planned anew. */
  configure(options: HolderOptions): Promise<void>;
  /** Reads facts and plans; ends in `inspected`, or `failed` with a SOURCE_* code. */
  inspect(file: File): Promise<void>;
  /** Plans anew with another ladder; refused with LADDER_INVALID (phase stays `inspected`). */
  setLadder(ladder: LadderRung[]): Promise<void>;
  /** Creates the job and works until it ends. Resolves when the job is running; returns what to keep for a resume. */
  start(): Promise<ResumableJob>;
  /** After a reload: with the job's identity; ends in `needs-file`, or in the job's end state. */
  resume(job: ResumableJob): Promise<void>;
  /** In `needs-file`: the same file again (checked by fingerprint: SOURCE_CHANGED if not). */
  provideFile(file: File): Promise<void>;
  /** The person's choice, for this job: servers of the site, or this device alone. */
  useServers(use: boolean): Promise<void>;
  /** A contributor link for the running job. Rejects with the codes of `EdgeClient.share`. */
  share(request: ShareRequest): Promise<ShareResponse>;
  /** Ends all contributor links; who came by them goes. */
  revokeShares(): Promise<void>;
  removeContributor(holderId: string): Promise<void>;
  /** Rejects with NETWORK while there is no connection. */
  changeSettings(settings: JobSettingsPatch): Promise<void>;
  /** Cancels the job at the edge and stops all work at once. */
  cancel(): Promise<void>;
  /** Forgets the job here (it goes on existing at the edge): back to `idle`. */
  reset(): Promise<void>;
}
