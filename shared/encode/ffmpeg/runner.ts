/** An ffmpeg to run: wasm in a tab or in Node, or a native process. */

export interface FfmpegRun {
  exitCode: number;
  /** Log lines, each with its level ("[error] …"). */
  lines: string[];
}

/** Files are names in a folder of the runner's own. */
export interface FfmpegRunner {
  write(file: string, bytes: Uint8Array): Promise<void>;
  read(file: string): Promise<Uint8Array>;
  /** Does nothing when the file does not exist. */
  remove(file: string): Promise<void>;
  /**
   * Runs ffmpeg once. A run that fails resolves with its exit code.
   * @param onTime seconds of output made so far; called at least twice a second
   * @throws TributaryError OUT_OF_MEMORY, WORKER_CRASHED when ffmpeg itself broke
   */
  ffmpeg(args: readonly string[], onTime: (seconds: number) => void): Promise<FfmpegRun>;
  /** @returns the text that ffprobe printed */
  ffprobe(args: readonly string[]): Promise<string>;
}
