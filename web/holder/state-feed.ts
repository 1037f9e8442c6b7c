/** Each makes the page draw anew, on cores that the encoders could use. */
const EMIT_EVERY_MS = 500;

/**
 * The state of a worker and the page that follows it. A page gets a change at once when the phase
 * changes and in quiet phases, and twice a second while work goes on.
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

  /** Grows with every state: what came by another port is put in order by it. */
  get revision(): number {
    return this.#revision;
  }

  /** One subscriber; it gets the present state at once. */
  subscribe(onState: (state: State, revision: number) => void): void {
    this.#subscriber = onState;
    onState(this.#state, this.#revision);
  }

  /** The state it has already is no change. */
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
