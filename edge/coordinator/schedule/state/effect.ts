import type { CoordinatorMessage } from "../../../../shared/wire/coordinator-messages.ts";
import type { ChoreKind } from "./records.ts";
import type { Changes } from "./state.ts";

/** Actions for the platform, once the changes are written. Each of them may happen twice. */
export type Effect =
  | { type: "send"; connectionId: string; message: CoordinatorMessage }
  /** Answer a hello; the shell adds the job as it now stands. */
  | {
      type: "welcome";
      connectionId: string;
      holderId: string;
      adopted: string[];
      wanted?: number;
    }
  /** Hand out leases: the shell adds what must be signed. */
  | { type: "grant"; connectionId: string; leaseIds: string[] }
  /** Sign the PUTs of a lease's offer, send them, report `presigned`. */
  | { type: "presign"; connectionId: string; leaseId: string }
  /** Sign the PUT of a chunk that was offered, and send it. */
  | { type: "presign-chunk"; connectionId: string; taskId: string }
  /** Have a server come as this holder. */
  | { type: "call-server"; holderId: string }
  /** Ask the gate, report `checked`. */
  | { type: "check"; leaseId: string }
  /** Do it, report `chore-done`. */
  | { type: "chore"; kind: ChoreKind }
  /** Tell the holder that it is out, and close its socket. */
  | { type: "ban"; connectionId: string; message: string };

export interface Decision {
  changes: Changes;
  effects: Effect[];
  /** All that was due by time is done. */
  isSettled: boolean;
}
