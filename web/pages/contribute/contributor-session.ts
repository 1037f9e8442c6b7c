import { type ReadonlySignal, signal } from "@preact/signals";
import { toWireError } from "../../../shared/job/errors.ts";
import type {
  ContributorApi,
  ContributorInvitation,
  ContributorState,
} from "../../contributor/contributor-api.ts";
import { type ContributorConnection, connectContributor } from "./connect-contributor.ts";

/** State before the worker has sent one. */
const UNKNOWN: Omit<ContributorState, "phase" | "error"> = {
  job: null,
  possibleSlots: 0,
  reason: null,
  slots: 0,
  encoding: [],
  connected: false,
  overHttp: false,
  tasksDone: 0,
  bytesDownloaded: 0,
  bytesUploaded: 0,
};

/**
 * The page's access to the contributor's worker. When the worker dies, the state is `failed`, and the next `work`
 * starts another worker. Methods never throw; a failure shows in `state`.
 */
export class ContributorSession {
  readonly #invitation: ContributorInvitation;
  readonly #state = signal<ContributorState | null>(null);
  #connection: ContributorConnection | null = null;

  constructor(invitation: ContributorInvitation) {
    this.#invitation = invitation;
  }

  /** Null before the worker has sent a state. */
  get state(): ReadonlySignal<ContributorState | null> {
    return this.#state;
  }

  /** Starts the worker; called once, when the page opens. */
  open(): Promise<void> {
    return this.#run(async () => {});
  }

  /** Starts, or goes on after a pause or a failure. */
  work(slots: number): Promise<void> {
    return this.#run((api) => api.work(slots));
  }

  pause(): Promise<void> {
    return this.#run((api) => api.pause());
  }

  stop(): Promise<void> {
    return this.#run((api) => api.stop());
  }

  async #run(command: (api: ContributorApi) => Promise<void>): Promise<void> {
    try {
      await command(this.#connection?.api ?? (await this.#connect()));
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  async #connect(): Promise<ContributorApi> {
    const connection = connectContributor();
    this.#connection = connection;
    void connection.died.then((error) => {
      this.#connection = null;
      this.#fail(error);
    });
    // Work that was done before the last worker died is added.
    const before = this.#state.peek() ?? UNKNOWN;
    await connection.api.subscribe((next) => {
      this.#state.value = {
        ...next,
        tasksDone: before.tasksDone + next.tasksDone,
        bytesDownloaded: before.bytesDownloaded + next.bytesDownloaded,
        bytesUploaded: before.bytesUploaded + next.bytesUploaded,
      };
    });
    await connection.api.open(this.#invitation);
    return connection.api;
  }

  #fail(thrown: unknown): void {
    const before = this.#state.peek() ?? UNKNOWN;
    const error = toWireError(thrown);
    this.#state.value = { ...before, phase: "failed", encoding: [], connected: false, error };
  }
}
