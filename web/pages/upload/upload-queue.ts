import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import type { LadderRung } from "../../../shared/plan/rungs.ts";
import type { OwnerState } from "../../owner/owner-api.ts";
import { randomId } from "../../random-id.ts";
import { isOver, type ShareRequest, type TrayEntry } from "../../saved/tray-entry.ts";
import type { TrayStore } from "../../saved/tray-store.ts";
import type { MakingChoices } from "./making-choices.ts";
import type { PersonActions } from "./person-actions.ts";
import { fileNameOf } from "./shown-state.ts";
import { type PickedFile, reopenFile } from "./source-file.ts";
import type { UploadSession } from "./upload-session.ts";

type QueueSession = Pick<
  UploadSession,
  "state" | "open" | "prepare" | "take" | "start" | "cancel" | "again" | "discard"
> & {
  readonly actions: Pick<PersonActions, "isMoving">;
  readonly making: Pick<MakingChoices, "setLadder">;
};

const AT_WORK: readonly OwnerState["phase"][] = ["starting", "running"];
const FREE_PHASES: readonly OwnerState["phase"][] = ["idle", "ready", "failed", "cancelled"];

/**
 * The videos of this tab in their order. The session works on one at a time; when it has ended, the queue takes the
 * next one for which Start was pressed. The list is kept over a reload; then files without a handle have to be picked
 * again.
 */
export class UploadQueue {
  readonly #session: QueueSession;
  readonly #store: TrayStore;
  readonly #entries = signal<readonly TrayEntry[]>([]);
  readonly #files = signal<ReadonlyMap<string, File>>(new Map());
  readonly #currentId = signal<string | null>(null);
  /** The entry that starts by itself when the current one has ended. */
  readonly #nextId = computed(() => this.#nextWhere(({ request }) => request !== null)?.id ?? null);
  /** The entry whose file is read ahead. */
  #preparedId: string | null = null;
  /** Whether the list of an earlier visit is still being read. */
  #isOpening = true;

  constructor(session: QueueSession, store: TrayStore) {
    this.#session = session;
    this.#store = store;
    effect(() => this.#see(session.state.value, session.actions.isMoving.value));
    const isAtWork = computed(() => AT_WORK.includes(session.state.value.phase));
    effect(() => this.#prepare(this.#nextId.value, isAtWork.value));
  }

  get entries(): ReadonlySignal<readonly TrayEntry[]> {
    return this.#entries;
  }
  /** The entry that the session is working on, or has worked on last. */
  get currentId(): ReadonlySignal<string | null> {
    return this.#currentId;
  }
  /** Waiting entries for which Start was not pressed. */
  get unshared(): TrayEntry[] {
    const isUnshared = ({ state, request, id }: TrayEntry) =>
      state === "waiting" && request === null && id !== this.#currentId.value;
    return this.#entries.value.filter(isUnshared);
  }
  /** Waiting entries whose file has to be picked again, or opened by its handle. */
  get withoutFile(): TrayEntry[] {
    const files = this.#files.value;
    return this.#entries.value.filter(({ id, state }) => state === "waiting" && !files.has(id));
  }
  fileOf(id: string): File | null {
    return this.#files.value.get(id) ?? null;
  }

  /** Goes on with the job and the list of an earlier visit; called once, when the page opens. */
  async open(): Promise<void> {
    const entries = await this.#store.open();
    await this.#session.open();
    const state = this.#session.state.peek();
    const present = "address" in state ? state.address?.jobId : undefined;
    const isPresent = ({ jobId }: TrayEntry) => jobId !== null && jobId === present;
    this.#entries.value = [
      ...entries.map((entry): TrayEntry => {
        if (entry.state !== "working" || isPresent(entry)) return entry;
        return { ...entry, state: "waiting", jobId: null, watchUrl: null };
      }),
      ...this.#entries.peek(),
    ];
    this.#currentId.value ??= entries.find(isPresent)?.id ?? null;
    await this.#reopen(false);
    this.#isOpening = false;
    this.#see(this.#session.state.peek(), this.#session.actions.isMoving.peek());
  }

  /** Takes files that were picked, dropped or pasted. */
  take(picked: readonly PickedFile[]): void {
    const { phase } = this.#session.state.peek();
    let files = [...picked];
    if (phase === "needs-file") {
      const name = fileNameOf(this.#session.state.peek());
      const wanted = files.find(({ file }) => file.name === name) ?? files[0];
      if (wanted === undefined) return;
      files = files.filter((each) => each !== wanted);
      void this.#session.take(wanted);
    }
    files = files.filter((each) => !this.#findAgain(each));
    if (files.length === 0) {
      this.#goOn(true);
      return;
    }
    // A lone file that could not be used gives way to the one that is chosen in its place.
    const [only, ...others] = this.#entries.peek();
    if (only?.state === "failed" && only.jobId === null && others.length === 0) this.#drop(only.id);
    const isChoosing = phase === "inspecting" || phase === "inspected";
    const open = this.#entries.peek().filter((entry) => !isOver(entry) && entry.state !== "failed");
    if (isChoosing && open.length <= 1 && picked.length === 1) {
      // The new file replaces the one that the page shows before Start.
      const { id } = open[0] ?? {};
      if (id !== undefined) this.#drop(id);
      void this.#session.discard().then(() => this.#add(files));
      return;
    }
    if (!FREE_PHASES.includes(phase)) this.#adoptPresent();
    this.#add(files);
  }

  /** Sets the typed quality levels of the current file, and keeps them with its entry over a reload. */
  async setLadder(ladder: LadderRung[]): Promise<void> {
    const id = this.#currentId.peek();
    if (!(await this.#session.making.setLadder(ladder))) return;
    this.#change((entry) => (entry.id === id ? { ladder } : null));
  }

  /** Starts the current file; `all`: also those that wait, each under its own name. */
  async share(request: ShareRequest, all: boolean): Promise<void> {
    const { visibility, pool } = request;
    const id = this.#currentId.peek();
    const others = new Set(all ? this.unshared.map((entry) => entry.id) : []);
    this.#change((entry) => {
      if (entry.id === id) return { request };
      const theirs = { visibility, details: {}, captions: [], pool };
      return others.has(entry.id) ? { request: theirs } : null;
    });
    await this.#session.start(request);
  }

  /** Starts all waiting entries from the list, with default details. */
  shareWaiting(visibility: ShareRequest["visibility"]): void {
    const ids = new Set(this.unshared.map(({ id }) => id));
    this.#change(({ id }) =>
      ids.has(id) ? { request: { visibility, details: {}, captions: [] } } : null,
    );
    this.#goOn(false);
  }

  /**
   * Moves a waiting entry.
   * @param by number of places among the waiting entries
   */
  move(id: string, by: 1 | -1): void {
    const entries = [...this.#entries.peek()];
    const from = entries.findIndex((entry) => entry.id === id);
    let to = from + by;
    while (entries[to] !== undefined && entries[to]?.state !== "waiting") to += by;
    const [entry] = entries.slice(from, from + 1);
    if (entry === undefined || entries[to] === undefined) return;
    entries.splice(from, 1);
    entries.splice(to, 0, entry);
    this.#put(entries);
  }

  /** Removes an entry from the list; one at work is cancelled first. */
  async remove(id: string): Promise<void> {
    if (id === this.#currentId.peek()) {
      const { phase } = this.#session.state.peek();
      if (phase === "inspecting" || phase === "inspected") return this.#session.discard();
      if (!FREE_PHASES.includes(phase)) return this.#session.cancel();
    }
    this.#drop(id);
  }

  /** Makes a failed entry wait again; it begins anew when its turn comes. */
  retry(id: string): void {
    if (id === this.#currentId.peek()) {
      void this.#session.again();
      return;
    }
    this.#change((entry) =>
      entry.id === id ? { state: "waiting", error: null, jobId: null, watchUrl: null } : null,
    );
    this.#goOn(true);
  }

  clearOver(): void {
    this.#put(this.#entries.peek().filter((entry) => !isOver(entry)));
  }

  /** Opens files by their handles, which may ask: needs a user gesture. */
  async reopenFiles(): Promise<void> {
    await this.#reopen(true);
    this.#goOn(true);
  }

  async #reopen(mayAsk: boolean): Promise<void> {
    for (const { id, handle } of this.withoutFile) {
      const file = handle === null ? null : await reopenFile(handle, mayAsk);
      if (file !== null) this.#setFile(id, file);
    }
  }

  /** @returns whether an entry waited for this file (same name and size) */
  #findAgain({ file, handle }: PickedFile): boolean {
    const known = this.withoutFile.find(
      ({ name, sizeBytes }) => name === file.name && sizeBytes === file.size,
    );
    if (known === undefined) return false;
    this.#setFile(known.id, file);
    this.#change(({ id }) => (id === known.id ? { handle } : null));
    return true;
  }

  #setFile(id: string, file: File): void {
    this.#files.value = new Map([...this.#files.peek(), [id, file]]);
  }

  #add(picked: readonly PickedFile[]): void {
    const added = picked.map(({ file, handle }) => {
      const entry = { ...newEntry(file.name, file.size), handle };
      this.#setFile(entry.id, file);
      return entry;
    });
    this.#put([...this.#entries.peek(), ...added]);
    this.#goOn(true);
  }

  /** Adds a job of an earlier visit that is in no list. */
  #adoptPresent(): void {
    const state = this.#session.state.peek();
    const name = fileNameOf(state);
    const current = this.#entries.peek().find(({ id }) => id === this.#currentId.peek());
    if (current?.state === "working" || name === null) return;
    const entry: TrayEntry = { ...newEntry(name, 0), state: "working" };
    this.#currentId.value = entry.id;
    this.#put([entry, ...this.#entries.peek()]);
  }

  /** Notes the state of the current entry, and takes the next one when it has ended. */
  #see(state: OwnerState, isMoving: boolean): void {
    const id = this.#currentId.peek();
    const address = "address" in state ? state.address : null;
    const entry = this.#entries.peek().find((each) => each.id === id);
    if (entry !== undefined && !(isMoving && state.phase === "idle")) {
      if (state.phase === "idle") {
        if (entry.state === "working") this.#drop(entry.id);
      } else {
        const { phase } = state;
        const ended = phase === "ready" || phase === "failed" || phase === "cancelled";
        const change: Partial<TrayEntry> = {
          state: ended ? phase : "working",
          error: phase === "failed" ? state.error : null,
          ...(address && { jobId: address.jobId, watchUrl: address.watchUrl }),
        };
        if (
          Object.entries(change).some(([key, value]) => entry[key as keyof TrayEntry] !== value)
        ) {
          this.#change((each) => (each.id === id ? change : null));
        }
      }
    }
    if (!isMoving) queueMicrotask(() => this.#goOn(false));
  }

  /** @param isAsked whether the person has just acted: then entries that were not started may be shown, too */
  #goOn(isAsked: boolean): void {
    const { phase } = this.#session.state.peek();
    if (this.#isOpening || this.#session.actions.isMoving.peek() || !FREE_PHASES.includes(phase))
      return;
    const next = this.#nextWhere(({ request }) => request !== null || isAsked || phase === "idle");
    if (next !== undefined) void this.#begin(next);
  }

  #nextWhere(isMeant: (entry: TrayEntry) => boolean): TrayEntry | undefined {
    const files = this.#files.value;
    return this.#entries.value.find((entry) => {
      return entry.state === "waiting" && files.has(entry.id) && isMeant(entry);
    });
  }

  /** Has the next file read while another one is at work; a file that is no longer the next one is closed. */
  #prepare(nextId: string | null, isAtWork: boolean): void {
    const isTaken = this.#preparedId !== null && this.#preparedId === this.#currentId.peek();
    if (isTaken && !isAtWork) return;
    const wanted = isAtWork || nextId === this.#preparedId ? nextId : null;
    if (wanted === this.#preparedId) return;
    this.#preparedId = wanted;
    const file = wanted === null ? undefined : this.#files.peek().get(wanted);
    this.#session.prepare(wanted === null || file === undefined ? null : { file, key: wanted });
  }

  async #begin({ id, handle, ladder, request }: TrayEntry): Promise<void> {
    const file = this.#files.peek().get(id);
    if (file === undefined) return;
    this.#currentId.value = id;
    this.#change((entry) =>
      entry.id === id ? { state: "working", error: null, jobId: null, watchUrl: null } : null,
    );
    await this.#session.take({ file, handle }, ladder, id);
    const isStill = this.#session.state.peek().phase === "inspected";
    if (request !== null && isStill && this.#currentId.peek() === id) {
      await this.#session.start(request);
    }
  }

  #drop(id: string): void {
    if (this.#currentId.peek() === id) this.#currentId.value = null;
    const files = new Map(this.#files.peek());
    files.delete(id);
    this.#files.value = files;
    this.#put(this.#entries.peek().filter((entry) => entry.id !== id));
  }

  /** @param changeOf returns null for an entry that stays as it is */
  #change(changeOf: (entry: TrayEntry) => Partial<TrayEntry> | null): void {
    this.#put(
      this.#entries.peek().map((entry) => {
        const change = changeOf(entry);
        return change === null ? entry : { ...entry, ...change };
      }),
    );
  }

  #put(entries: readonly TrayEntry[]): void {
    this.#entries.value = entries;
    if (!this.#isOpening) void this.#store.put(entries);
  }
}

function newEntry(name: string, sizeBytes: number): TrayEntry {
  return {
    ...{ id: randomId(), name, sizeBytes },
    ...{ handle: null, ladder: null, request: null, state: "waiting" },
    ...{ jobId: null, watchUrl: null, error: null },
  };
}
