/** Each makes the page draw anew, on cores that the encoders could use. */
const EMIT_EVERY_MS = 500;

/** What a page is told of its worker's state: a new phase at once, the rest twice a second. */
export class StateFeed<State extends { phase: string }> {
  readonly #first: State;
  #state: State;
  #subscriber: ((state: State) => void) | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(first: State) {
    this.#first = first;
    this.#state = first;
  }

  get state(): State {
    return this.#state;
  }

  /** One subscriber; it gets the present state at once. */
  subscribe(onState: (state: State) => void): void {
    this.#subscriber = onState;
    onState(this.#state);
  }

  set(change: Partial<State>): void {
    const phaseChanged = change.phase !== undefined && change.phase !== this.#state.phase;
    this.#state = { ...this.#state, ...change };
    if (phaseChanged) this.#emit();
    else this.#timer ??= setTimeout(() => this.#emit(), EMIT_EVERY_MS);
  }

  /** Back to the first state; told at once. */
  reset(): void {
    this.#state = this.#first;
    this.#emit();
  }

  #emit(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#subscriber?.(this.#state);
  }
}
