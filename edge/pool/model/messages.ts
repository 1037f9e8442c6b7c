import type { ErrorCode } from "../../../shared/job/errors.ts";
import type { PoolMessage, PoolPass } from "../../../shared/wire/pool.ts";
import type { JobRecord, Presence, Work } from "./records.ts";

/** Input and output of the pool's model, except the messages of members. */

/** A coordinator's report on its job. Each one is complete, so a lost one does no harm. */
export type JobReport = Pick<
  JobRecord,
  | "pixelsPerSecond"
  | "totalSeconds"
  | "remainingSeconds"
  | "openTasks"
  | "takenTasks"
  | "uplinkPixels"
  | "storedPixels"
  | "ownPixels"
  | "needsBrowser"
  | "takesServers"
> & {
  jobId: string;
  title: string;
  hasEnded: boolean;
  work: readonly Work[];
  /** Members that hold a lease. */
  busy: readonly string[];
};

/** A member's hello, after its signature was verified. */
export interface Arrival {
  connectionId: string;
  memberId: string;
  linkId: string;
  name: string;
  device: string;
  engines: Presence["engines"];
  slots: number;
  rests: Presence["rests"];
  jobId: string | null;
}

/** Why a request is refused, for programs and for people. */
export interface Refusal {
  code: ErrorCode;
  message: string;
}

/** Actions of a pool for the platform. */
export type PoolEffect =
  | { type: "send"; connectionId: string; message: PoolMessage }
  /** Send a message with a pass, which the platform seals. */
  | {
      type: "assign" | "pass";
      connectionId: string;
      title: string;
      pass: Omit<PoolPass, "expiresAtMs">;
    }
  | { type: "close"; connectionId: string; reason: Refusal }
  /** Tell a job's coordinator that the member lied in another job. Its unproven results have to be made again. */
  | { type: "ban"; jobId: string; memberId: string }
  /** Tell a job's coordinator that the member has left the pool. */
  | { type: "dismiss"; jobId: string; memberId: string };
