/** A caption as it is stored and shown. */
export interface Cue {
  startMs: number;
  /** Later than the start. */
  endMs: number;
  /** WebVTT cue text (WebVTT, 4.2.2): escaped, no empty line. */
  text: string;
  /** WebVTT cue settings, "" for none: "line:0 align:start". */
  settings: string;
}

/** A caption as a file has it. */
export interface RawCue {
  startMs: number;
  endMs: number;
  /** With the markup of its format. */
  text: string;
  settings: string;
}

/** Kinds of styling that are not carried over; the words stand in a notice. */
export type LeftStyle = "fonts and colours" | "positions" | "effects" | "drawings";
