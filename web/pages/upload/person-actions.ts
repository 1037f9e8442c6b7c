import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { toWireError, type WireError } from "../../../shared/job/errors.ts";
import type { OwnerApi, OwnerSnapshot } from "../../owner/owner-api.ts";
import type { OwnerLink } from "./owner-link.ts";

/** A call that is under way because a person asked for it. */
export type PendingAction = "ladder" | "start" | "cancel" | "file" | null;

/** What a person asked for and is under way, and why the last of it could not be done. Methods never throw. */
export class PersonActions {
  readonly #link: OwnerLink;
  readonly #problem = signal<WireError | null>(null);
  readonly #pending = signal<PendingAction>(null);
  readonly #moves = signal(0);

  constructor(link: OwnerLink) {
    this.#link = link;
  }

  /** Why the last command could not be run; the state is as it was. */
  get problem(): ReadonlySignal<WireError | null> {
    return this.#problem;
  }
  get pending(): ReadonlySignal<PendingAction> {
    return this.#pending;
  }
  /** On its way to another file or job, through states that do not last. */
  readonly isMoving: ReadonlySignal<boolean> = computed(() => this.#moves.value > 0);

  forgetProblem(): void {
    this.#problem.value = null;
  }

  /** `during` will end it. */
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

  /** Runs an action that leaves the phase as it was when it fails. */
  async during(action: PendingAction, act: () => Promise<unknown>): Promise<void> {
    this.begin(action);
    this.#problem.value = null;
    try {
      await act();
    } catch (thrown) {
      const error = toWireError(thrown);
      // A worker that is gone has failed the page already.
      if (!this.#hasFailed && error.code !== "CANCELLED") this.#problem.value = error;
    } finally {
      this.end();
    }
  }

  /** Runs a command whose failure ends the phase. */
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
