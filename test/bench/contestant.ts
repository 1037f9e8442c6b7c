import type { Clip } from "./clips.ts";

/** One rendition that a contestant made, for its quality to be measured. */
export interface MadeRendition {
  /** Short side as asked: which rung of the ladder it is. */
  shortSide: number;
  /** Anything native ffmpeg opens: a playlist or a file. */
  input: string;
}

export interface ContestantRun {
  /** Milliseconds of the work alone. Programs, browsers and modules were started before. */
  wallMs: number;
  /**
   * Milliseconds until the first part could be watched. Null for a contestant whose output is playable only at its
   * end.
   */
  firstPlayableMs: number | null;
  /** The part of `firstPlayableMs` after the press on "Start". Null for a contestant without that button. */
  firstPlayableAfterStartMs?: number | null;
  /** Bytes of scripts and wasm that the page fetched from this site for the job, as sent. */
  downloadedBytes?: number | null;
  renditions: MadeRendition[];
  /** Further figures, kept in the JSON. */
  details: Record<string, unknown>;
}

/** A program that makes a ladder of a clip. */
export interface Contestant {
  readonly name: string;
  /** One run. @param outDir empty folder for the outputs */
  run(clip: Clip, outDir: string, signal: AbortSignal): Promise<ContestantRun>;
}
