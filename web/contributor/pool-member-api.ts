import type { WireError } from "../../shared/job/errors.ts";
import type { Given, RestReason } from "../../shared/wire/pool.ts";
import type { UnableCode } from "../encoder/capability.ts";

/** Types of the calls between the pool's page and `pool-member.worker.ts` (comlink). */

export interface PoolMemberState {
  phase: /** Looking at the pool and at what this device can do. */
    | "checking"
    /** Waits until the person starts. */
    | "invited"
    /** In the pool, at work or waiting for it. */
    | "member"
    /** Stopped by the person. */
    | "stopped"
    | "failed";
  poolName: string;
  /** Machines in the pool as it was opened. */
  members: number;
  /** Encoders this device could run; with 0, `reason` says why. */
  possibleSlots: number;
  /** Why this device cannot help, as a sentence. */
  reason: string | null;
  reasonCode?: UnableCode | null;
  slots: number;
  /** Why it takes no work now; null where it takes work. */
  rests: RestReason | null;
  connected: boolean;
  /** The video that it helps with; null: none needs it. */
  job: { jobId: string; title: string; progress: number } | null;
  /** Progress of each encode now at work, 0..1. */
  encoding: number[];
  /** Jobs that this tab was sent to. */
  jobsSeen: number;
  tasksDone: number;
  bytesDownloaded: number;
  bytesUploaded: number;
  /** All that this device has ever given to the pool, as the pool last told it. */
  given: Given | null;
  error: WireError | null;
}

export interface PoolInvitation {
  poolId: string;
  token: string;
  who: { name: string; device: string };
  /** Whether the page takes the device for a phone or tablet. */
  mobile: boolean;
  /** The device's key, where the program that drives the page keeps it; null: the browser makes and keeps one. */
  key: JsonWebKey | null;
}

export interface PoolMemberApi {
  /** @param onState called with the present state and after each change; during work at most twice a second */
  subscribe(onState: (state: PoolMemberState) => void): Promise<void>;
  /** Looks the pool up; ends in `invited` or `failed`. Nothing is computed yet. */
  open(invitation: PoolInvitation): Promise<void>;
  /** Joins the pool, or changes the number of slots. With a reason to rest it takes no new tasks. */
  work(slots: number, rests: RestReason | null): Promise<void>;
  /** Ends at once; the tasks go to others. */
  stop(): Promise<void>;
}
