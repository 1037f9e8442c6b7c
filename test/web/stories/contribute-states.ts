import type { ContributorState } from "../../../web/contributor/contributor-api.ts";
import { job } from "./states.ts";

const { name, durationTicks, state, progress } = job(["done", "ready"]);

const INVITED: ContributorState = {
  phase: "invited",
  job: { name, durationTicks, state, progress },
  possibleSlots: 8,
  reason: null,
  slots: 0,
  encoding: [],
  connected: false,
  overHttp: false,
  tasksDone: 0,
  bytesDownloaded: 0,
  bytesUploaded: 0,
  error: null,
};

const WORKING: ContributorState = {
  ...INVITED,
  phase: "working",
  slots: 3,
  encoding: [0.72, 0.31, 0.04],
  connected: true,
  tasksDone: 14,
  bytesDownloaded: 48_200_000,
  bytesUploaded: 31_900_000,
};

/** States of the contribute page. */
export const CONTRIBUTE_STATES = {
  invited: INVITED,
  unable: {
    ...INVITED,
    possibleSlots: 0,
    reason: "This device has too little memory to encode video.",
    reasonCode: "little-memory",
  },
  working: WORKING,
  waiting: { ...WORKING, encoding: [] },
  overHttp: { ...WORKING, overHttp: true },
  paused: { ...WORKING, phase: "paused", encoding: [] },
  stopped: { ...WORKING, phase: "stopped", encoding: [], connected: false },
  done: { ...WORKING, phase: "done", encoding: [], connected: false },
  failed: {
    ...WORKING,
    phase: "failed",
    encoding: [],
    connected: false,
    error: { code: "SENT_AWAY", message: "The owner ended it.", retryable: false },
  },
  outdated: {
    ...INVITED,
    phase: "failed",
    error: { code: "PROTOCOL_OUTDATED", message: "Version 0 is too old.", retryable: false },
  },
} as const satisfies Record<string, ContributorState>;

export type ContributeStateName = keyof typeof CONTRIBUTE_STATES;
