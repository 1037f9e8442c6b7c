/** How a file is opened: its abort signal and its progress. */
export interface OpeningHow {
  signal: AbortSignal;
  /** 0..1 */
  onProgress(progress: number): void;
}

interface Ahead<Opened> {
  key: string;
  abort: AbortController;
  /** Null where the file could not be opened; it is opened again, and the reason reported, when its turn comes. */
  opened: Promise<Opened | null>;
  onProgress: OpeningHow["onProgress"];
}

/**
 * Opens the next file of a list while the one before it is being made, so that it starts at once. At most one file is
 * ahead; a file that is not taken is closed.
 */
export class FileAhead<Opened extends { close(): void }> {
  #ahead: Ahead<Opened> | null = null;

  /** Opens a file and closes the one that was ahead; nothing happens where both are the same. */
  aim(key: string, open: (how: OpeningHow) => Promise<Opened>): void {
    if (this.#ahead?.key === key) return;
    this.end();
    const abort = new AbortController();
    const ahead: Ahead<Opened> = {
      key,
      abort,
      onProgress: () => {},
      opened: open({
        signal: abort.signal,
        onProgress: (progress) => ahead.onProgress(progress),
      }).catch(() => null),
    };
    this.#ahead = ahead;
  }

  /**
   * Hands the file over, once; the caller has to close it.
   * @param key undefined: the file is in no list
   * @param isFit whether the opened file may still be used; otherwise it is closed
   * @returns null where another file is ahead, or where this one could not be opened or may not be used
   * @throws the signal's reason
   */
  async take(
    key: string | undefined,
    { signal, onProgress, isFit }: OpeningHow & { isFit(opened: Opened): Promise<boolean> },
  ): Promise<Opened | null> {
    const ahead = this.#ahead;
    if (ahead === null || ahead.key !== key) return null;
    this.#ahead = null;
    ahead.onProgress = onProgress;
    const abort = () => ahead.abort.abort(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    const opened = await ahead.opened;
    const isUsed = opened !== null && (await isFit(opened)) && !signal.aborted;
    signal.removeEventListener("abort", abort);
    if (!isUsed) opened?.close();
    signal.throwIfAborted();
    return isUsed ? opened : null;
  }

  /** Closes the file that is ahead, or aborts its opening. */
  end(): void {
    const ahead = this.#ahead;
    this.#ahead = null;
    ahead?.abort.abort();
    void ahead?.opened.then((opened) => opened?.close());
  }
}
