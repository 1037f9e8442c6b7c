/** Where ffprobe writes what it found. */
export const REPORT = "/report.json";

/** Prefix of the paths of copies, which are written outside of ffmpeg's memory. */
export const COPY = "/copy-";

/** An ffmpeg that sees the source, wherever it runs. */
export interface RemuxFfmpeg {
  /** The source's path. */
  readonly input: string;
  /** @returns the text that ffprobe wrote to REPORT; empty where it wrote none */
  ffprobe(args: readonly string[]): Promise<string>;
  /** @returns the output file, which the last argument names; null when ffmpeg failed */
  ffmpeg(args: readonly string[]): Promise<Blob | null>;
  /** @returns the text files that ffmpeg wrote to its memory; "" for one that it did not write */
  texts(args: readonly string[], paths: readonly string[]): Promise<string[]>;
  /** The last line of its log that says something. */
  lastLine(): string;
}

/** Keeps the last line of ffmpeg's log that says something. */
export class LastLine {
  text = "";

  add(message: string): void {
    if (message.trim() !== "" && !message.startsWith("Aborted(")) this.text = message;
  }
}
