import { type ReadonlySignal, signal } from "@preact/signals";
import {
  type ErrorCode,
  type TributaryError,
  toWireError,
  type WireError,
} from "../../../shared/job/errors.ts";
import { IDLE_STATE } from "../../owner/idle-state.ts";
import type {
  HolderApi,
  HolderOptions,
  HolderState,
  LadderRung,
  ResumableJob,
} from "../../owner/owner-api.ts";
import { KeptJob } from "../../saved/kept-job.ts";
import { rememberOwned } from "../../saved/owned-videos.ts";
import type { ResumeStore } from "../../saved/resume-store.ts";
import type { HolderConnection } from "./connect-owner.ts";
import type { ShareActions } from "./share-panel.tsx";
import { type PickedFile, reopenFile } from "./source-file.ts";

/** What the session is built from; tests hand in their own. */
export interface SessionParts {
  connect(): HolderConnection;
  store: ResumeStore;
  options: HolderOptions;
  /** Instead of the suggested one, for every file. */
  ladder: LadderRung[] | null;
}

/** A call that is under way because a person asked for it. */
export type PendingAction = "ladder" | "start" | "cancel" | "file" | null;

/** Time for a state to follow the answer it belongs to. */
const STATE_WITHIN_MS = 2_000;

/** After this many deaths of the holder within one job, a person decides. */
const MAX_REVIVALS = 2;

/**
 * The upload page's doings: one holder, one file, at most one job. Methods never throw; what went
 * wrong shows in `state.error` (ends the phase) or in `problem` (the phase stays).
 */
export class UploadSession {
  readonly #parts: SessionParts;
  #options: HolderOptions;
  readonly #state = signal<HolderState>(IDLE_STATE);
  readonly #problem = signal<WireError | null>(null);
  readonly #pending = signal<PendingAction>(null);
  readonly #kept: KeptJob;
  #holder: HolderConnection | null = null;
  #picked: PickedFile | null = null;
  #revivals = 0;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#options = parts.options;
    this.#kept = new KeptJob(parts.store);
  }

  get state(): ReadonlySignal<HolderState> {
    return this.#state;
  }
  /** Of the last action that left the phase as it was: a ladder refused, another file than before. */
  get problem(): ReadonlySignal<WireError | null> {
    return this.#problem;
  }
  get pending(): ReadonlySignal<PendingAction> {
    return this.#pending;
  }
  /** In `needs-file`: the file can be reopened by one click. */
  get storedHandle(): ReadonlySignal<FileSystemFileHandle | null> {
    return this.#kept.handle;
  }
  /** There is a file or a job to try again with. */
  get canRepeat(): boolean {
    return this.#picked !== null || this.#kept.job !== null;
  }

  /** Once, when the page opens: takes up the newest job that no other tab works on. */
  async open(): Promise<void> {
    for (const stored of await this.#kept.list()) {
      if (this.#state.peek().phase !== "idle") return;
      if (!(await this.#kept.takeUp(stored))) continue;
      const state = await this.#resume(stored.job);
      if (state.error !== null && GONE.includes(state.error.code)) {
        // Nothing to come back to, and no news to anybody: on to the next one.
        await this.discard();
        continue;
      }
      // Still allowed from an earlier visit: no click is needed.
      const file = stored.handle === null ? null : await reopenFile(stored.handle, false);
      if (file !== null && this.#state.peek().phase === "needs-file") {
        await this.#provide({ file, handle: stored.handle });
      }
      return;
    }
  }

  /** A file was picked, dropped or pasted. */
  async take(picked: PickedFile): Promise<void> {
    const { phase } = this.#state.value;
    if (phase === "starting" || phase === "running") return;
    if (phase === "needs-file") return this.#provide(picked);
    this.#problem.value = null;
    if (phase !== "idle") await this.#release();
    this.#picked = picked;
    this.#state.value = { ...IDLE_STATE, phase: "inspecting", fileName: picked.file.name };
    const { ladder } = this.#parts;
    // Before the file is read: nobody can start with the suggested ladder in between.
    if (ladder !== null) this.#pending.value = "ladder";
    await this.#try(() => this.#connected().inspect(picked.file));
    if (ladder !== null) await this.setLadder(ladder);
  }

  async useServers(use: boolean): Promise<void> {
    await this.#while(null, () => this.#connected().useServers(use));
  }

  /** Which engine makes the picture; kept for a holder that takes over. */
  async useEngine(engine: NonNullable<HolderOptions["engine"]>): Promise<void> {
    this.#options = { ...this.#options, engine };
    await this.#while("ladder", () => this.#connected().configure({ engine }));
  }

  async setLadder(ladder: LadderRung[]): Promise<void> {
    await this.#while("ladder", () => this.#connected().setLadder(ladder));
  }

  async start(): Promise<void> {
    await this.#while("start", async () => {
      this.#revivals = 0;
      const job = await this.#connected().start();
      rememberOwned(job.jobId, job.ownerToken);
      await this.#kept.begin(job, this.#picked?.handle ?? null);
    });
  }

  /** In `needs-file`: asks the browser for the file of before. Needs a user gesture. */
  async reopen(): Promise<void> {
    const handle = this.#kept.handle.value;
    if (handle === null) return;
    const file = await reopenFile(handle, true);
    if (file === null) {
      // Moved, deleted or refused: the ordinary picker remains.
      this.#kept.loseHandle();
      return;
    }
    await this.#provide({ file, handle });
  }

  /** What the share panel does; rejects with WireErrors. */
  readonly shareActions: ShareActions = {
    share: () => this.#connected().share({ expiresInMinutes: 1_440, maxContributors: 50 }),
    revoke: () => this.#connected().revokeShares(),
    remove: (holderId) => this.#connected().removeContributor(holderId),
    stageAll: (on) => this.#connected().changeSettings({ stageAll: on }),
    verify: (policy) => this.#connected().changeSettings({ verify: policy }),
  };

  async cancel(): Promise<void> {
    const before = this.#state.value;
    this.#pending.value = "cancel";
    try {
      await this.#connected().cancel();
    } catch {
      // It does not answer: end it. The coordinator frees its leases when the socket closes.
      this.#disconnect();
    } finally {
      this.#pending.value = null;
    }
    if (this.#state.value.phase !== "cancelled") {
      this.#state.value = { ...before, phase: "cancelled", slots: [], etaSeconds: null };
    }
    await this.#kept.forget();
  }

  /** Once more, after an end: the job where it was if it still is there, else the file from the start. */
  async again(): Promise<void> {
    const picked = this.#picked;
    const { job } = this.#kept;
    if (job !== null) {
      this.#disconnect();
      const state = await this.#resume(job);
      if (state.phase === "needs-file" && picked !== null) await this.#provide(picked);
    } else if (picked !== null) {
      await this.#release();
      await this.take(picked);
    } else {
      await this.discard();
    }
  }

  /** Back to the start, forgetting file and job here. */
  async discard(): Promise<void> {
    this.#picked = null;
    this.#problem.value = null;
    await this.#release();
    this.#state.value = IDLE_STATE;
  }

  /** Takes up a job; resolves with what came of it. */
  async #resume(job: ResumableJob): Promise<HolderState> {
    this.#state.value = { ...IDLE_STATE, fileName: job.fileName };
    await this.#try(() => this.#connected().resume(job));
    return this.#stateWhere(({ phase }) => phase !== "idle" && phase !== "inspecting");
  }

  /**
   * States come by another port than answers: the one that belongs to an answer may still be on its
   * way. Resolves with what there is when it does not come.
   */
  #stateWhere(test: (state: HolderState) => boolean): Promise<HolderState> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => done(this.#state.peek()), STATE_WITHIN_MS);
      const stop = this.#state.subscribe((state) => {
        if (test(state)) done(state);
      });
      function done(state: HolderState) {
        clearTimeout(timer);
        queueMicrotask(() => stop());
        resolve(state);
      }
    });
  }

  async #provide(picked: PickedFile): Promise<void> {
    await this.#while("file", async () => {
      this.#state.value = { ...this.#state.value, error: null, inspectProgress: 0 };
      await this.#connected().provideFile(picked.file);
      const { phase } = await this.#stateWhere(
        (state) => state.phase !== "needs-file" || state.error !== null,
      );
      // Another file than before: its handle leads nowhere.
      if (phase === "needs-file") return;
      this.#picked = picked;
      await this.#kept.moveTo(picked.handle ?? this.#kept.handle.peek());
    });
  }

  /** Runs an action that leaves the phase as it was when it fails. */
  async #while(action: PendingAction, act: () => Promise<void>): Promise<void> {
    this.#pending.value = action;
    this.#problem.value = null;
    try {
      await act();
    } catch (thrown) {
      const error = toWireError(thrown);
      // Where the holder moved to `failed` by itself, that says it already.
      if (this.#state.value.phase !== "failed" && error.code !== "CANCELLED") {
        this.#problem.value = error;
      }
    } finally {
      this.#pending.value = null;
    }
  }

  /** Runs an action whose failure ends the phase. */
  async #try(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (thrown) {
      const error = toWireError(thrown);
      if (error.code !== "CANCELLED" && this.#state.value.phase !== "failed") this.#fail(error);
    }
  }

  #fail(error: WireError): void {
    this.#state.value = { ...this.#state.value, phase: "failed", error, slots: [] };
  }

  #connected(): HolderApi {
    if (this.#holder !== null) return this.#holder.api;
    const holder = this.#parts.connect();
    this.#holder = holder;
    const current = () => this.#holder === holder;
    holder.api
      .subscribe((state) => {
        if (!current()) return;
        this.#state.value = state;
        if (hasEnded(state)) void this.#kept.forget();
      })
      .catch((thrown) => current() && this.#fail(toWireError(thrown)));
    if (Object.keys(this.#options).length > 0) {
      holder.api
        .configure(this.#options)
        .catch((thrown) => current() && this.#fail(toWireError(thrown)));
    }
    void holder.died.then((error) => (current() ? this.#revive(error) : undefined));
    return holder.api;
  }

  /** The holder died. What it had finished is safe; a new one goes on with the same file. */
  async #revive(error: TributaryError): Promise<void> {
    this.#holder = null;
    if (this.#kept.job === null || this.#picked === null || this.#revivals >= MAX_REVIVALS) {
      this.#fail(toWireError(error));
      return;
    }
    this.#revivals += 1;
    await this.again();
  }

  /** Leaves the job and readies the holder for the next file. */
  async #release(): Promise<void> {
    await this.#kept.forget();
    if (this.#holder === null) return;
    try {
      await this.#holder.api.reset();
    } catch {
      this.#disconnect();
    }
  }

  #disconnect(): void {
    const holder = this.#holder;
    this.#holder = null;
    holder?.end();
  }
}

/** Answers that mean: this job will not be found again. */
const GONE: readonly ErrorCode[] = [
  "JOB_NOT_FOUND",
  "NOT_FOUND",
  "JOB_ENDED",
  "UNAUTHORIZED",
  "FORBIDDEN",
];

/** The job itself is over, whatever became of this tab. */
function hasEnded(state: HolderState): boolean {
  const job = state.job?.state;
  return (
    state.phase === "ready" ||
    state.phase === "cancelled" ||
    (state.phase === "failed" &&
      (job === "failed" ||
        job === "cancelled" ||
        job === "ready" ||
        (state.error !== null && GONE.includes(state.error.code))))
  );
}
