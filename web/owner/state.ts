import type { WireError } from "../../shared/job/errors.ts";
import type { PartDecision } from "../encoder/capability.ts";
import type {
  CaptionsCarried,
  Inspection,
  JobAddress,
  NeedsFileState,
  OwnerState,
  PicturesMade,
  RunningState,
  Work,
  WorkDone,
} from "./owner-api.ts";

/** Events of the owner's worker. */
export type OwnerEvent =
  | { type: "picked"; fileName: string }
  /** Progress of reading a file that takes time, 0..1. */
  | { type: "reading"; progress: number }
  | { type: "inspected"; inspection: Inspection; part: PartDecision }
  /** The file was planned with another ladder, part, audio or engine. */
  | { type: "planned"; inspection: Inspection }
  | { type: "part-decided"; part: PartDecision }
  /** A plan, a start or a file was refused. */
  | { type: "refused"; error: WireError }
  | { type: "starting" }
  | { type: "created"; address: JobAddress }
  | { type: "resumed"; fileName: string; address: JobAddress }
  | { type: "comparing" }
  /** The job goes on with its file, which the person picked again. */
  | { type: "went-on"; inspection: Inspection; part: PartDecision }
  /** The file cannot be read at present. */
  | { type: "file-away"; error: WireError }
  | { type: "worked"; work: Work }
  /** Captions and pictures may also come after the end of all other work. */
  | { type: "captions"; captions: CaptionsCarried }
  | { type: "pictures"; pictures: PicturesMade }
  | { type: "ready" }
  | { type: "failed"; error: WireError }
  | { type: "cancelled" }
  | { type: "reset" };

export const IDLE: OwnerState = { phase: "idle" };

/** Phases in which figures change all the time. */
export const MOVING_PHASES = ["inspecting", "needs-file", "running"] as const;

const NO_WORK: Work = {
  job: null,
  share: 0,
  busyShare: 0,
  bytesUploaded: 0,
  speed: null,
  connected: false,
  overHttp: false,
  disconnectedSeconds: null,
  slots: [],
  paused: false,
  etaSeconds: null,
  stalledSeconds: null,
};

/**
 * The state after an event. An event that does not fit the present phase (progress of stopped work, a second end)
 * changes nothing, and the same object is returned.
 */
export function reduce(state: OwnerState, event: OwnerEvent): OwnerState {
  switch (event.type) {
    case "picked":
      return { phase: "inspecting", fileName: event.fileName, progress: null };
    case "resumed": {
      const { fileName, address } = event;
      const work = NO_WORK;
      return { phase: "needs-file", fileName, address, work, comparing: null, error: null };
    }
    case "reset":
      return IDLE;
    default:
      return reduceWithin(state, event);
  }
}

type EventWithin = Exclude<OwnerEvent, { type: "picked" | "resumed" | "reset" }>;

/** The state after an event of the present file or job. */
function reduceWithin(state: OwnerState, event: EventWithin): OwnerState {
  switch (state.phase) {
    case "inspecting":
      if (event.type === "reading") return { ...state, progress: event.progress };
      if (event.type === "inspected") {
        const { inspection, part } = event;
        return { phase: "inspected", fileName: state.fileName, inspection, part, error: null };
      }
      return end(state, event);
    case "inspected":
      if (event.type === "planned") return { ...state, inspection: event.inspection, error: null };
      if (event.type === "part-decided") return { ...state, part: event.part };
      if (event.type === "refused") return { ...state, error: event.error };
      if (event.type === "starting") {
        const { fileName, inspection, part } = state;
        return { phase: "starting", fileName, inspection, part };
      }
      return end(state, event);
    case "starting":
      if (event.type === "part-decided") return { ...state, part: event.part };
      if (event.type === "refused") return { ...state, phase: "inspected", error: event.error };
      if (event.type === "created") {
        return { ...state, phase: "running", address: event.address, work: NO_WORK };
      }
      return end(state, event);
    case "running":
      if (event.type === "part-decided") return { ...state, part: event.part };
      if (isOfWork(event)) return worked(state, event);
      if (event.type === "file-away") {
        const { fileName, address, work } = state;
        const { error } = event;
        return { phase: "needs-file", fileName, address, work, comparing: null, error };
      }
      return end(state, event);
    case "needs-file":
      if (isOfWork(event)) return worked(state, event);
      if (event.type === "comparing") return { ...state, comparing: 0, error: null };
      if (event.type === "reading") return { ...state, comparing: event.progress };
      if (event.type === "refused") return { ...state, comparing: null, error: event.error };
      if (event.type === "went-on") {
        const { fileName, address, work } = state;
        const { inspection, part } = event;
        return { phase: "running", fileName, inspection, part, address, work };
      }
      return end(state, event);
    case "ready":
      if (event.type === "captions") {
        return { ...state, done: { ...state.done, captions: event.captions } };
      }
      if (event.type !== "pictures") return state;
      return { ...state, done: { ...state.done, pictures: event.pictures } };
    case "idle":
    case "failed":
    case "cancelled":
      return state;
  }
}

type OfWork = Extract<OwnerEvent, { type: "worked" | "captions" | "pictures" }>;

function isOfWork(event: OwnerEvent): event is OfWork {
  return event.type === "worked" || event.type === "captions" || event.type === "pictures";
}

/** Adds progress to a state. Captions and pictures have events of their own, so other events keep them. */
function worked<S extends RunningState | NeedsFileState>(state: S, event: OfWork): S {
  if (event.type === "worked") {
    const { captions, pictures } = state.work;
    return { ...state, work: { ...event.work, captions, pictures } };
  }
  if (event.type === "pictures") {
    return { ...state, work: { ...state.work, pictures: event.pictures } };
  }
  return { ...state, work: { ...state.work, captions: event.captions } };
}

type GoingOnState = Exclude<OwnerState, { phase: "idle" | "ready" | "failed" | "cancelled" }>;

function end(state: GoingOnState, event: EventWithin): OwnerState {
  const left = {
    fileName: state.fileName,
    inspection: "inspection" in state ? state.inspection : null,
    part: "part" in state ? state.part : null,
    address: "address" in state ? state.address : null,
    done: "work" in state ? doneOf(state.work) : null,
  };
  if (event.type === "failed") return { phase: "failed", ...left, error: event.error };
  if (event.type === "cancelled") return { phase: "cancelled", ...left };
  const { address, done } = left;
  if (event.type === "ready" && address !== null && done !== null) {
    return { phase: "ready", ...left, address, done };
  }
  return state;
}

function doneOf(work: Work): WorkDone {
  const { job, share, busyShare, bytesUploaded, speed, captions, pictures } = work;
  return { job, share, busyShare, bytesUploaded, speed, captions, pictures };
}
