import type { TrayView } from "./tray.tsx";
import type { UploadQueue } from "./upload-queue.ts";
import type { UploadSession } from "./upload-session.ts";

/** What of the session the page calls and shows. */
export type UploadSessionView = Pick<
  UploadSession,
  | "state"
  | "shareActions"
  | "detailsActions"
  | "problem"
  | "pending"
  | "storedHandle"
  | "file"
  | "choices"
  | "hasKey"
  | "isReplacing"
  | "canRepeat"
  | "isCancelUnheard"
  | "warm"
  | "setTrim"
  | "frameTimes"
  | "useServers"
  | "useEngine"
  | "useAudio"
  | "usePicture"
  | "useChecks"
  | "useKey"
  | "reopen"
  | "pause"
  | "cancel"
  | "again"
  | "discard"
>;

/** What of the queue the page calls and shows. */
export type UploadQueueView = TrayView & Pick<UploadQueue, "take" | "setLadder" | "share">;
