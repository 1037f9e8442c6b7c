/** Limits how many pieces of work run at once. The others wait in line. */
export class Permits {
  readonly total: number;
  #free: number;
  readonly #line: (() => void)[] = [];

  constructor(total: number) {
    this.total = total;
    this.#free = total;
  }

  get inUse(): number {
    return this.total - this.#free;
  }

  /** Runs `work` when a permit is free. Rejects with the signal's reason when that aborts before. */
  async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.#take(signal);
    try {
      return await work();
    } finally {
      this.#give();
    }
  }

  async #take(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const turn = (): void => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
      const leave = (): void => {
        this.#line.splice(this.#line.indexOf(turn), 1);
        reject(signal.reason);
      };
      signal.addEventListener("abort", leave, { once: true });
      this.#line.push(turn);
    });
  }

  /** Passes the permit directly to the next in line, so that no later caller can take it in between. */
  #give(): void {
    const next = this.#line.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}
