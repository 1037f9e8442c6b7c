import type { WireError } from "../../shared/job/errors.ts";
import type { JobView } from "../../shared/wire/job-view.ts";
import type { UnableCode } from "../encoder/capability.ts";

/** Types of the calls between the contribute page and `contributor.worker.ts` (comlink). */

export type ContributorPhase =
  /** Looking at the job and at what this device can do. */
  | "checking"
  /** Waits until the person starts. */
  | "invited"
  | "working"
  | "paused"
  /** Stopped by the person. */
  | "stopped"
  /** The video is finished. */
  | "done"
  | "failed";

export interface ContributorState {
  phase: ContributorPhase;
  job: Pick<
    JobView,
    "name" | "title" | "durationTicks" | "state" | "progress" | "awaitsVerification"
  > | null;
  /** Encoders this device could run; with 0, `reason` says why. */
  possibleSlots: number;
  /** Why this device cannot help, as a sentence. */
  reason: string | null;
  reasonCode?: UnableCode | null;
  slots: number;
  /** Progress of each encode now at work, 0..1. */
  encoding: number[];
  connected: boolean;
  /** Whether the connection uses HTTP requests, because no WebSocket comes through. */
  overHttp: boolean;
  tasksDone: number;
  bytesDownloaded: number;
  bytesUploaded: number;
  error: WireError | null;
}

/** The contents of a contributor link, and the identity with which this tab joins. */
export interface ContributorInvitation {
  jobId: string;
  token: string;
  /** Stays the same over pauses, reconnects and new workers. Secret, so nobody else can act as this holder. */
  holderId: string;
  who: { name: string; device: string };
  /** Whether the page takes the device for a phone or tablet. */
  mobile: boolean;
}

export interface ContributorApi {
  /** @param onState called with the present state and after each change; during work at most twice a second */
  subscribe(onState: (state: ContributorState) => void): Promise<void>;
  /** Looks the job up; ends in `invited`, `done` or `failed`. Nothing is computed or downloaded yet. */
  open(invitation: ContributorInvitation): Promise<void>;
  /** Starts, or goes on after a pause. */
  work(slots: number): Promise<void>;
  /** Takes no new tasks; those begun are finished and sent. */
  pause(): Promise<void>;
  /** Ends at once; the tasks go to others. */
  stop(): Promise<void>;
}
