import { effect, type ReadonlySignal, signal } from "@preact/signals";
import { type Clock, Timer } from "../../../shared/clock.ts";
import type { ContributorState } from "../../contributor/contributor-api.ts";

/** Time between checks of the time limit. */
const LOOK_EVERY_MS = 1_000;

/**
 * Limits of what this device gives to one video. At a limit the work is paused. Tasks that were begun are finished and
 * sent, so the limit may be exceeded by these.
 */
export class HelpLimits {
  /** Bytes received and sent; null: no limit. */
  readonly mostBytes = signal<number | null>(null);
  /** Minutes of work, without pauses; null: no limit. */
  readonly mostMinutes = signal<number | null>(null);
  readonly #reached = signal<"data" | "time" | null>(null);
  readonly #workedMs = signal(0);
  readonly #state: ReadonlySignal<ContributorState | null>;

  constructor(state: ReadonlySignal<ContributorState | null>, pause: () => void, clock: Clock) {
    this.#state = state;
    const timer = new Timer(clock);
    let lookedAtMs = clock.nowMs();
    const look = () => {
      const now = clock.nowMs();
      if (state.peek()?.phase === "working") this.#workedMs.value += now - lookedAtMs;
      lookedAtMs = now;
      timer.set(LOOK_EVERY_MS, look);
    };
    look();
    effect(() => {
      const over = this.#over();
      if (over === null || state.value?.phase !== "working") return;
      this.#reached.value = over;
      pause();
    });
    // After a limit was raised, it is no longer reached.
    effect(() => {
      if (this.#over() === null) this.#reached.value = null;
    });
  }

  /** The limit at which the work was paused; null where none was. */
  get reached(): ReadonlySignal<"data" | "time" | null> {
    return this.#reached;
  }

  #over(): "data" | "time" | null {
    const { bytesDownloaded = 0, bytesUploaded = 0 } = this.#state.value ?? {};
    const bytes = bytesDownloaded + bytesUploaded;
    if (this.mostBytes.value !== null && bytes >= this.mostBytes.value) return "data";
    const minutes = this.#workedMs.value / 60_000;
    return this.mostMinutes.value !== null && minutes >= this.mostMinutes.value ? "time" : null;
  }
}
