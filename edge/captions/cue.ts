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
