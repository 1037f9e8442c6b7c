import type { HolderState } from "./holder-api.ts";
import { IDLE_STATE } from "./idle-state.ts";

/** Each makes the page draw anew, on cores that the encoders could use. */
const EMIT_EVERY_MS = 200;

/** What the page is told of the holder: a new phase at once, the rest a few times a second. */
export class HolderStateFeed {
  #state: HolderState = IDLE_STATE;
  #subscriber: ((state: HolderState) => void) | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;

  get state(): HolderState {
    return this.#state;
  }

  /** One subscriber; it gets the present state at once. */
  subscribe(onState: (state: HolderState) => void): void {
    this.#subscriber = onState;
    onState(this.#state);
  }

  set(change: Partial<HolderState>): void {
    const phaseChanged = change.phase !== undefined && change.phase !== this.#state.phase;
    this.#state = { ...this.#state, ...change };
    if (phaseChanged) this.#emit();
    else this.#timer ??= setTimeout(() => this.#emit(), EMIT_EVERY_MS);
  }

  /** Back to idle; told at once. */
  reset(): void {
    this.#state = IDLE_STATE;
    this.#emit();
  }

  #emit(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#subscriber?.(this.#state);
  }
}
