import { type ReadonlySignal, signal } from "@preact/signals";
import { type TributaryError, toWireError, type WireError } from "../../../shared/job/errors.ts";
import type { OwnerApi, OwnerOptions, OwnerSnapshot, OwnerState } from "../../owner/owner-api.ts";
import type { OwnerConnection } from "./connect-owner.ts";
import { fileNameOf } from "./shown-state.ts";

export interface OwnerLinkParts {
  connect(): OwnerConnection;
  options: OwnerOptions;
  onState(state: OwnerState): void;
  /** The worker is gone; the next command starts another. */
  onDeath(error: TributaryError): void;
}

/**
 * The owner's worker as the page has it: started by the first command, followed, and started anew after
 * its end. Of the states that come by answers and by subscription the newest is the one that counts.
 */
export class OwnerLink {
  readonly #parts: OwnerLinkParts;
  #options: OwnerOptions;
  readonly #state = signal<OwnerState>({ phase: "idle" });
  #connection: OwnerConnection | null = null;
  /** Revision of the state last taken from this connection. */
  #revision = -1;

  constructor(parts: OwnerLinkParts) {
    this.#parts = parts;
    this.#options = parts.options;
  }

  get state(): ReadonlySignal<OwnerState> {
    return this.#state;
  }

  /** False before the first command, and after an end. */
  get isOpen(): boolean {
    return this.#connection !== null;
  }

  /** The worker; starts one where there is none. */
  get owner(): OwnerApi {
    return (this.#connection ?? this.#open()).api;
  }

  /**
   * Runs a command; the state that it led to is in place when it resolves.
   * @throws TributaryError WORKER_CRASHED, WORKER_STALLED, TIMEOUT, CANCELLED, and what the command rejects with
   */
  async run<Answer extends OwnerSnapshot>(
    command: (owner: OwnerApi) => Promise<Answer>,
  ): Promise<Answer> {
    const connection = this.#connection ?? this.#open();
    const answer = await command(connection.api);
    this.#take(connection, answer);
    return answer;
  }

  /** Options are kept for a worker that takes over. */
  async configure(options: OwnerOptions): Promise<void> {
    this.#options = { ...this.#options, ...options };
    await this.run((owner) => owner.configure(options));
  }

  /** A picture was for one file. */
  forgetPicture(): void {
    this.#options = { ...this.#options, picture: null };
    if (this.isOpen) void this.run((owner) => owner.configure({ picture: null })).catch(() => {});
  }

  /** What is to be seen while no worker can say it: it is not loaded yet, or gone. */
  show(state: OwnerState): void {
    this.#state.value = state;
  }

  /** Shows an end that the worker cannot tell of. */
  fail(error: WireError): void {
    const fileName = fileNameOf(this.#state.value);
    this.show({
      phase: "failed",
      error,
      fileName,
      inspection: null,
      part: null,
      address: null,
      done: null,
    });
  }

  /** Ends the worker at once; its open calls reject with CANCELLED. */
  close(): void {
    const connection = this.#connection;
    this.#connection = null;
    connection?.end();
  }

  #open(): OwnerConnection {
    const connection = this.#parts.connect();
    this.#connection = connection;
    this.#revision = -1;
    const isCurrent = () => this.#connection === connection;
    const failed = (thrown: unknown) => {
      if (isCurrent()) this.fail(toWireError(thrown));
    };
    const { api } = connection;
    api.subscribe((snapshot) => this.#take(connection, snapshot)).catch(failed);
    if (Object.keys(this.#options).length > 0) api.configure(this.#options).catch(failed);
    void connection.died.then((error) => {
      if (!isCurrent()) return;
      this.#connection = null;
      this.#parts.onDeath(error);
    });
    return connection;
  }

  #take(connection: OwnerConnection, { revision, state }: OwnerSnapshot): void {
    if (this.#connection !== connection || revision <= this.#revision) return;
    // A worker that has just started knows less than the page: revision 0 is its idle state.
    this.#revision = revision;
    if (revision === 0) return;
    this.#state.value = state;
    this.#parts.onState(state);
  }
}
