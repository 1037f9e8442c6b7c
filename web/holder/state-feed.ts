/** Time between updates: each makes the page redraw, on cores that the encoders could use. */
const EMIT_EVERY_MS = 500;

/**
 * Holds a worker's state and sends it to the page. A change of phase, and any change in a quiet phase, is sent at once;
 * changes during work are sent twice a second.
 */
export class StateFeed<State extends { phase: string }> {
  readonly #moving: readonly State["phase"][];
  #state: State;
  #revision = 0;
  #subscriber: ((state: State, revision: number) => void) | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** @param moving phases whose state changes all the time */
  constructor(first: State, moving: readonly State["phase"][]) {
    this.#moving = moving;
    this.#state = first;
  }

  get state(): State {
    return this.#state;
  }

  /** Grows with each state, so that states that came by two ports can be put in order. */
  get revision(): number {
    return this.#revision;
  }

  /** Sets the only subscriber, which gets the present state at once. */
  subscribe(onState: (state: State, revision: number) => void): void {
    this.#subscriber = onState;
    onState(this.#state, this.#revision);
  }

  /** Takes a new state; the same object again is ignored. */
  put(state: State): void {
    if (state === this.#state) return;
    const isSlow = state.phase === this.#state.phase && this.#moving.includes(state.phase);
    this.#state = state;
    this.#revision += 1;
    if (isSlow) this.#timer ??= setTimeout(() => this.#emit(), EMIT_EVERY_MS);
    else this.#emit();
  }

  #emit(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#subscriber?.(this.#state, this.#revision);
  }
}
