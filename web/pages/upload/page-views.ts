import type { MakingChoices } from "./making-choices.ts";
import type { PersonActions } from "./person-actions.ts";
import type { TrayView } from "./tray.tsx";
import type { UploadQueue } from "./upload-queue.ts";
import type { UploadSession } from "./upload-session.ts";

/** What of the session the page calls and shows. */
export type UploadSessionView = Pick<
  UploadSession,
  | "state"
  | "shareActions"
  | "detailsActions"
  | "storedHandle"
  | "file"
  | "isReplacing"
  | "canRepeat"
  | "isCancelUnheard"
  | "warm"
  | "reopen"
  | "pause"
  | "cancel"
  | "again"
  | "discard"
> & {
  readonly actions: Pick<PersonActions, "problem" | "pending">;
  readonly making: Pick<
    MakingChoices,
    | "choices"
    | "hasKey"
    | "setTrim"
    | "frameTimes"
    | "useServers"
    | "useEngine"
    | "useAudio"
    | "usePicture"
    | "useChecks"
    | "useKey"
  >;
};

/** What of the queue the page calls and shows. */
export type UploadQueueView = TrayView & Pick<UploadQueue, "take" | "setLadder" | "share">;
