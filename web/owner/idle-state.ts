import type { HolderState } from "./owner-api.ts";

/** Of a holder without a file. */
export const IDLE_STATE: HolderState = {
  phase: "idle",
  fileName: null,
  inspectProgress: null,
  inspection: null,
  job: null,
  jobId: null,
  watchUrl: null,
  masterUrl: null,
  connected: false,
  slots: [],
  busyShare: 0,
  bytesUploaded: 0,
  speed: null,
  etaSeconds: null,
  error: null,
  warnings: [],
};
