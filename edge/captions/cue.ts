/** A caption as read from a file. */
export interface RawCue {
  startMs: number;
  endMs: number;
  /** Text with the markup of the file's format. */
  text: string;
  settings: string;
}

/** Kinds of styling that are not carried over. Notices contain these words. */
export type LeftStyle = "fonts and colours" | "positions" | "effects" | "drawings";
