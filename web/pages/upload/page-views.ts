import type { MakingChoices } from "./making-choices.ts";
import type { PersonActions } from "./person-actions.ts";
import type { TrayView } from "./tray.tsx";
import type { UploadQueue } from "./upload-queue.ts";
import type { UploadSession } from "./upload-session.ts";

/** The members of the session that the page uses. */
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

/** The members of the queue that the page uses. */
export type UploadQueueView = TrayView & Pick<UploadQueue, "take" | "setLadder" | "share">;
