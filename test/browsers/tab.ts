/** A browser's tab for tests, independent of the browser and of the protocol that drives it. */
export interface BrowserTab {
  /** Console lines and uncaught errors. Those of workers only where the protocol reports them. */
  readonly logs: readonly string[];
  goto(url: string): Promise<void>;
  reload(): Promise<void>;
  /**
   * Calls a function in the page.
   *
   * @param body runs in the page: of the test's scope it has only `argument`
   * @param argument JSON
   * @returns the value, which must be JSON
   * @throws Error with the page's own message
   */
  evaluate<Argument, Value>(
    body: (argument: Argument) => Value | Promise<Value>,
    argument: Argument,
  ): Promise<Value>;
  /** Picks a file with the page's first file input. */
  pickFile(path: string): Promise<void>;
}

export interface TestBrowser {
  /** Name and version, e.g. "firefox/153.7.0". */
  readonly version: string;
  newTab(): Promise<BrowserTab>;
  /** Number of frames that its decoder was given; only where its pages' own counters leave some out. */
  framesToDecode?(): Promise<number>;
  close(): Promise<void>;
}

const LOOK_AGAIN_MS = 200;

/**
 * Waits until a function returns something truthy in the page.
 *
 * @throws Error that shows the function and the tab's last console lines
 */
export async function waitFor<Argument, Value>(
  tab: BrowserTab,
  body: (argument: Argument) => Value | Promise<Value>,
  argument: Argument,
  timeoutMs: number,
): Promise<NonNullable<Value>> {
  const deadlineMs = Date.now() + timeoutMs;
  for (;;) {
    const value = await tab.evaluate(body, argument);
    if (value) return value;
    if (Date.now() > deadlineMs) {
      const seen = tab.logs.slice(-8).join("\n");
      throw new Error(`Not within ${timeoutMs / 1000} s: ${body}\n${seen}`);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}
