/** Each makes the page draw anew, on cores that the encoders could use. */
const EMIT_EVERY_MS = 500;

/** What a page is told of its worker's state: everything at once, but twice a second while work moves. */
export class StateFeed<State extends { phase: string }> {
  readonly #first: State;
  readonly #moving: readonly State["phase"][];
  #state: State;
  #subscriber: ((state: State) => void) | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** @param moving phases whose state changes all the time */
  constructor(first: State, moving: readonly State["phase"][]) {
    this.#first = first;
    this.#moving = moving;
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
    if (phaseChanged || !this.#moving.includes(this.#state.phase)) this.#emit();
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
