/** What a file is opened with. */
export interface OpeningHow {
  signal: AbortSignal;
  /** 0..1 */
  onProgress(progress: number): void;
}

interface Ahead<Opened> {
  key: string;
  abort: AbortController;
  /** Null where it could not be opened: the reason is told when its turn comes. */
  opened: Promise<Opened | null>;
  onProgress: OpeningHow["onProgress"];
}

/**
 * The next file of a list, opened while the one before it is at work, so that it starts at once. At most one;
 * whatever is not taken is closed.
 */
export class FileAhead<Opened extends { close(): void }> {
  #ahead: Ahead<Opened> | null = null;

  /** Opens a file in place of the one that was ahead; nothing happens where it is the same. */
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
   * Hands the file over, once; the caller closes it.
   * @param key undefined: the file is in no list
   * @param isFit whether it may be used as it was opened; one that may not is closed
   * @returns null where another file is ahead, or this one could not be opened or used
   * @throws whatever the signal aborts with
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

  /** Closes what is ahead, or ends its opening. */
  end(): void {
    const ahead = this.#ahead;
    this.#ahead = null;
    ahead?.abort.abort();
    void ahead?.opened.then((opened) => opened?.close());
  }
}
