import { effect } from "@preact/signals";
import type { WireError } from "../shared/errors.ts";
import { type LadderRung, parseLadder } from "../shared/plan.ts";
import type { HolderState } from "./holder-api.ts";
import type { UploadSession } from "./upload-session.ts";

/** `globalThis.tributary`: what the upload page shows, as data. Read only; holds no token. */
export interface DriverAccess {
  readonly state: HolderState;
  /** Why the last action left the phase as it was, e.g. a ladder that was refused. */
  readonly problem: WireError | null;
}

/** For headless drivers and bug reports. */
export function giveDriversAccess(session: UploadSession): void {
  const access: DriverAccess = {
    get state() {
      return session.state.value;
    },
    get problem() {
      return session.problem.value;
    },
  };
  Object.defineProperty(globalThis, "tributary", { value: Object.freeze(access) });
}

/** `?ladder=480:1400,360:800` takes the place of the ladder chosen for a file, each time one was read. */
export function applyLadderOf(query: URLSearchParams, session: UploadSession): void {
  const rungs = rungsOf(query.get("ladder"));
  if (rungs === null) return;
  let isApplied = false;
  effect(() => {
    const { phase } = session.state.value;
    if (phase !== "inspected") {
      isApplied = false;
    } else if (!isApplied) {
      isApplied = true;
      void session.setLadder(rungs);
    }
  });
}

/** Null for what is no ladder: the one chosen for the file stays. */
function rungsOf(text: string | null): LadderRung[] | null {
  try {
    return text === null ? null : parseLadder(text);
  } catch {
    return null;
  }
}
