import { Pool, type PoolOptions } from "../encoder/pool.ts";

/** The encoders of the owner's tab, where there are any: started once, for the file and the part of it. */
export class OwnPool {
  readonly #onChange: () => void;
  #pool: Pool | null = null;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Null where this tab encodes nothing. */
  get pool(): Pool | null {
    return this.#pool;
  }

  /**
   * Starts encoders where there are none yet; those that are there go on as they are.
   * @param options null: none are needed
   */
  start(options: PoolOptions | null): Pool | null {
    if (options !== null) this.#pool ??= new Pool(options, this.#onChange);
    return this.#pool;
  }

  /** As `start`, and their workers start before the first task. Null ends those that are there. */
  prepare(options: PoolOptions | null): void {
    if (options === null) this.end();
    // What fails here fails again with the first task, and is reported there.
    this.start(options)
      ?.warm()
      .catch(() => {});
  }

  end(): void {
    this.#pool?.terminate();
    this.#pool = null;
  }
}
