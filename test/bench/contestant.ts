import type { Clip } from "./clips.ts";

/** One rendition that a contestant made, for its quality to be measured. */
export interface MadeRendition {
  /** Short side as asked: which rung of the ladder it is. */
  shortSide: number;
  /** Anything native ffmpeg opens: a playlist or a file. */
  input: string;
}

export interface ContestantRun {
  /** The work alone: programs, browsers and modules were started before. */
  wallMs: number;
  /** Until somebody could watch; null for who makes everything playable at the end. */
  firstPlayableMs: number | null;
  /** Milliseconds of that after the press on "Start"; null for contestants without one. */
  firstPlayableAfterStartMs?: number | null;
  /** Bytes of scripts and wasm that the page fetched from this site for the job, as sent. */
  downloadedBytes?: number | null;
  renditions: MadeRendition[];
  /** Whatever else is worth keeping in the JSON. */
  details: Record<string, unknown>;
}

/** Somebody who makes a ladder of a clip. */
export interface Contestant {
  readonly name: string;
  /** One run; outputs go to an empty folder. */
  run(clip: Clip, outDir: string, signal: AbortSignal): Promise<ContestantRun>;
}
