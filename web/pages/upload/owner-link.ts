import { type ReadonlySignal, signal } from "@preact/signals";
import { type TributaryError, toWireError, type WireError } from "../../../shared/job/errors.ts";
import type { OwnerApi, OwnerOptions, OwnerSnapshot, OwnerState } from "../../owner/owner-api.ts";
import type { OwnerConnection } from "./connect-owner.ts";
import { fileNameOf } from "./shown-state.ts";

export interface OwnerLinkParts {
  connect(): OwnerConnection;
  options: OwnerOptions;
  onState(state: OwnerState): void;
  /** The worker died; the next command starts another. */
  onDeath(error: TributaryError): void;
}

/**
 * The page's access to the owner's worker. The first command starts the worker, and a command after its end starts a
 * new one. States come with answers and by subscription; the newest one counts.
 */
export class OwnerLink {
  readonly #parts: OwnerLinkParts;
  #options: OwnerOptions;
  readonly #state = signal<OwnerState>({ phase: "idle" });
  #connection: OwnerConnection | null = null;
  /** Revision of the last state that was taken from this connection. */
  #revision = -1;

  constructor(parts: OwnerLinkParts) {
    this.#parts = parts;
    this.#options = parts.options;
  }

  get state(): ReadonlySignal<OwnerState> {
    return this.#state;
  }

  /** Whether there is a worker: false before the first command, and after an end. */
  get isOpen(): boolean {
    return this.#connection !== null;
  }

  /** The worker; starts one where there is none. */
  get owner(): OwnerApi {
    return (this.#connection ?? this.#open()).api;
  }

  /**
   * Runs a command; when it resolves, `state` is already the resulting one.
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

  /** Sets options, also for a worker that is started later. */
  async configure(options: OwnerOptions): Promise<void> {
    this.#options = { ...this.#options, ...options };
    await this.run((owner) => owner.configure(options));
  }

  /** Forgets the chosen picture, which belongs to one file. */
  forgetPicture(): void {
    this.#options = { ...this.#options, picture: null };
    if (this.isOpen) void this.run((owner) => owner.configure({ picture: null })).catch(() => {});
  }

  /** Shows a state while there is no worker to send one: it is not loaded yet, or has ended. */
  show(state: OwnerState): void {
    this.#state.value = state;
  }

  /** Shows a failure that the worker cannot report. */
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
    // Revision 0 is the idle state of a worker that has just started; the page's state is better.
    this.#revision = revision;
    if (revision === 0) return;
    this.#state.value = state;
    this.#parts.onState(state);
  }
}
