import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { toWireError, type WireError } from "../../../shared/job/errors.ts";
import type { OwnerApi, OwnerSnapshot } from "../../owner/owner-api.ts";
import type { OwnerLink } from "./owner-link.ts";

/** The person's action that is under way; null: none. */
export type PendingAction = "ladder" | "start" | "cancel" | "file" | null;

/** Runs the person's actions, and holds which one is under way and why the last one failed. Methods never throw. */
export class PersonActions {
  readonly #link: OwnerLink;
  readonly #problem = signal<WireError | null>(null);
  readonly #pending = signal<PendingAction>(null);
  readonly #moves = signal(0);

  constructor(link: OwnerLink) {
    this.#link = link;
  }

  /** Why the last action failed; it left the state unchanged. */
  get problem(): ReadonlySignal<WireError | null> {
    return this.#problem;
  }
  get pending(): ReadonlySignal<PendingAction> {
    return this.#pending;
  }
  /** Whether the page is changing to another file or job, through states that last only a moment. */
  readonly isMoving: ReadonlySignal<boolean> = computed(() => this.#moves.value > 0);

  forgetProblem(): void {
    this.#problem.value = null;
  }

  /** Marks an action as under way, until `during` has run it or `end` is called. */
  begin(action: PendingAction): void {
    this.#pending.value = action;
  }

  end(): void {
    this.#pending.value = null;
  }

  async moving(act: () => Promise<void>): Promise<void> {
    this.#moves.value += 1;
    try {
      await act();
    } finally {
      this.#moves.value -= 1;
    }
  }

  /** Runs an action; where it fails, the phase stays, and `problem` has the error. */
  async during(action: PendingAction, act: () => Promise<unknown>): Promise<void> {
    this.begin(action);
    this.#problem.value = null;
    try {
      await act();
    } catch (thrown) {
      const error = toWireError(thrown);
      // Where the worker died, the page already shows a failure.
      if (!this.#hasFailed && error.code !== "CANCELLED") this.#problem.value = error;
    } finally {
      this.end();
    }
  }

  /** Runs a command; where it fails, the phase becomes `failed`. */
  async orFail(command: (owner: OwnerApi) => Promise<OwnerSnapshot>): Promise<void> {
    try {
      await this.#link.run(command);
    } catch (thrown) {
      const error = toWireError(thrown);
      if (!this.#hasFailed && error.code !== "CANCELLED") this.#link.fail(error);
    }
  }

  get #hasFailed(): boolean {
    return this.#link.state.peek().phase === "failed";
  }
}
