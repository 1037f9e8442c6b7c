import type { OwnerState } from "../../owner/owner-api.ts";

/** For screen readers: changes of state, and each tenth of the work. */
export function announcement(state: OwnerState): string {
  switch (state.phase) {
    case "idle":
      return "";
    case "inspecting":
      return "Looking at the file.";
    case "inspected":
      return "The file was read. You can start.";
    case "starting":
      return "Starting.";
    case "running": {
      const { job, connected } = state.work;
      if (job === null) return "Starting.";
      if (!connected) return "Connection lost. Reconnecting.";
      const tenths = Math.floor(state.work.share * 10);
      const playable = job.firstPlayableAtMs === null ? "" : " It can be played already.";
      return `Making the video: ${tenths * 10} percent.${playable}`;
    }
    case "needs-file":
      return "Pick the same file to go on.";
    case "ready":
      return "The video is ready.";
    case "failed":
      // The error itself is an alert.
      return "";
    case "cancelled":
      return "Cancelled.";
  }
}
