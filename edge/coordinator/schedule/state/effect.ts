import type { CoordinatorMessage } from "../../../../shared/wire/coordinator-messages.ts";
import type { ChoreKind } from "./records.ts";
import type { Changes } from "./state.ts";

/** Actions for the platform, after the changes are stored. Each of them may be carried out twice. */
export type Effect =
  | { type: "send"; connectionId: string; message: CoordinatorMessage }
  /** Answer a hello. The shell adds the present view of the job. */
  | {
      type: "welcome";
      connectionId: string;
      holderId: string;
      adopted: string[];
      wanted?: number;
    }
  /** Send leases to a holder. The shell adds the presigned URLs. */
  | { type: "grant"; connectionId: string; leaseIds: string[] }
  /** Presign the PUTs for a lease's offer, send them, and report `presigned`. */
  | { type: "presign"; connectionId: string; leaseId: string }
  /** Presign the PUT for a chunk that was offered, and send it. */
  | { type: "presign-chunk"; connectionId: string; taskId: string }
  /** Call a server, which then connects as this holder. */
  | { type: "call-server"; holderId: string }
  /** Ask the gate, and report `checked`. */
  | { type: "check"; leaseId: string }
  /** Do the chore, and report `chore-done`. */
  | { type: "chore"; kind: ChoreKind }
  /** Tell the holder that it is banned, and close its socket. */
  | { type: "ban"; connectionId: string; message: string };

/** An action that the coordinator carries out after an event. */
export interface Decision {
  changes: Changes;
  effects: Effect[];
  /** Whether everything that was due has been handled. */
  isSettled: boolean;
}
