import { type ReadonlySignal, signal } from "@preact/signals";
import { type ErrorCode, type TributaryError, toWireError } from "../../../shared/job/errors.ts";
import { hasEnded } from "../../../shared/job/job-state.ts";
import { requestOf, type TrimRange } from "../../../shared/job/trim-range.ts";
import type { LadderRung } from "../../../shared/plan/rungs.ts";
import type { Visibility } from "../../../shared/wire/visibility.ts";
import type { EdgeClient } from "../../edge-client.ts";
import type { OwnerOptions, OwnerState, ResumableJob } from "../../owner/owner-api.ts";
import type { Cancellations } from "../../saved/cancellations.ts";
import { KeptJob } from "../../saved/kept-job.ts";
import { rememberOwned } from "../../saved/owned-videos.ts";
import type { ResumeStore } from "../../saved/resume-store.ts";
import type { ShareRequest } from "../../saved/tray-entry.ts";
import type { OwnerConnection } from "./connect-owner.ts";
import type { DetailsActions } from "./details-panel.tsx";
import { detailsActionsOf, shareActionsOf } from "./job-actions.ts";
import { MakingChoices } from "./making-choices.ts";
import { OwnerLink } from "./owner-link.ts";
import { PersonActions } from "./person-actions.ts";
import type { Replacing } from "./replacing.tsx";
import type { ShareActions } from "./share-panel.tsx";
import { fileNameOf } from "./shown-state.ts";
import { type PickedFile, reopenFile } from "./source-file.ts";

/** Parts from which a session is built; tests pass their own. */
export interface SessionParts {
  connect(): OwnerConnection;
  client: Pick<
    EdgeClient,
    "video" | "changeVideo" | "linkVideo" | "withdrawLinks" | "addCaptions" | "savePoster"
  >;
  store: ResumeStore;
  cancellations: Cancellations;
  options: OwnerOptions;
  /** A ladder for each file, instead of the suggested one. */
  ladder: LadderRung[] | null;
  /** The part that is made of each file. Default: the whole file. */
  trim?: TrimRange | null;
  /** Default: no video is replaced. */
  replacing?: Replacing;
}

export interface NextFile {
  file: File;
  /** The file's key in the list. */
  key: string;
}

/** After this many deaths of the worker within one job, a person decides. */
const MAX_REVIVALS = 2;

/**
 * Everything that a person can do on the upload page, with one worker, one file and at most one job. The worker owns
 * the state; the session sends it commands, and stores the job for a reload. Methods never throw: a refusal shows in
 * `state`, and a failed command in `actions.problem`.
 */
export class UploadSession {
  readonly #ladder: LadderRung[] | null;
  readonly #trim: TrimRange | null;
  readonly #replacing: Replacing | null;
  readonly #link: OwnerLink;
  readonly #kept: KeptJob;
  readonly #cancellations: Cancellations;
  readonly #client: SessionParts["client"];
  readonly #picked = signal<PickedFile | null>(null);
  readonly actions: PersonActions;
  readonly making: MakingChoices;
  #revivals = 0;
  #next: NextFile | null = null;

  constructor(parts: SessionParts) {
    const { connect, client, store, cancellations, options, ladder, trim } = parts;
    this.#client = client;
    this.#ladder = ladder;
    this.#trim = trim ?? null;
    this.#replacing = parts.replacing ?? null;
    this.#cancellations = cancellations;
    this.#kept = new KeptJob(store);
    this.#link = new OwnerLink({
      connect,
      options,
      onState: (state) => {
        if (isOver(state)) void this.#kept.forget();
      },
      onDeath: (error) => void this.#revive(error),
    });
    this.actions = new PersonActions(this.#link);
    const hasKey = options.createToken !== undefined;
    this.making = new MakingChoices(this.#link, this.actions, this.#kept, hasKey);
    this.shareActions = shareActionsOf(this.#link);
    this.detailsActions = detailsActionsOf(client);
  }

  get state(): ReadonlySignal<OwnerState> {
    return this.#link.state;
  }
  /** In `needs-file`: handle of the file, by which one click reopens it; null: none. */
  get storedHandle(): ReadonlySignal<FileSystemFileHandle | null> {
    return this.#kept.handle;
  }
  /** The picked file, for the preview; null: none. */
  get file(): File | null {
    return this.#picked.value?.file ?? null;
  }
  /** Whether a cancellation has not reached the site yet. */
  get isCancelUnheard(): boolean {
    return this.#cancellations.unheard.value.length > 0;
  }
  /** Whether the next video replaces another one, whose details stay. */
  get isReplacing(): boolean {
    return (this.#replacing?.next.value ?? null) !== null;
  }
  /** Whether there is a file or a job to try again with. */
  get canRepeat(): boolean {
    return this.#picked.value !== null || this.#kept.job !== null;
  }

  /** Takes up the newest job that no other tab works on; called once, when the page opens. */
  open(): Promise<void> {
    return this.actions.moving(() => this.#open());
  }

  async #open(): Promise<void> {
    for (const stored of await this.#kept.list()) {
      if (this.state.peek().phase !== "idle") return;
      if (!(await this.#kept.takeUp(stored))) continue;
      const state = await this.#resume(stored.job);
      if (state.phase === "failed" && GONE.includes(state.error.code)) {
        // The job does not exist any more, and the person need not know: tries the next one.
        await this.discard();
        continue;
      }
      // Works without a click where the permission of an earlier visit still holds.
      const file = stored.handle === null ? null : await reopenFile(stored.handle, false);
      if (file !== null && this.state.peek().phase === "needs-file") {
        await this.#provide({ file, handle: stored.handle });
      }
      return;
    }
  }

  /** Begins slow preparations that need no file, when one is about to be picked. */
  warm(): void {
    // A failure repeats with the file, and is reported there.
    this.#link.run((owner) => owner.warm()).catch(() => {});
  }

  /** Sets the file that is read while the present one is at work; null: none, or none any more. */
  prepare(next: NextFile | null): void {
    this.#next = next;
    // After a failure the file is read when its turn comes.
    if (this.#link.isOpen) this.#link.run((owner) => owner.prepare(next)).catch(() => {});
  }

  /**
   * Takes a file that was picked, dropped or pasted.
   * @param typed the ladder that was typed for it before; null: none
   * @param key the key that was given to `prepare`, where it was
   */
  take(picked: PickedFile, typed: LadderRung[] | null = null, key?: string): Promise<void> {
    return this.actions.moving(() => this.#take(picked, typed, key));
  }

  async #take(picked: PickedFile, typed: LadderRung[] | null, key?: string): Promise<void> {
    const { phase } = this.state.peek();
    if (phase === "starting" || phase === "running") return;
    if (phase === "needs-file") return this.#provide(picked);
    this.actions.forgetProblem();
    if (phase !== "idle") await this.#release();
    this.#picked.value = picked;
    this.making.begin(typed);
    const ladder = typed ?? this.#ladder;
    // Marked before the file is read, so that nobody can start with the suggested ladder meanwhile.
    if (ladder !== null || this.#trim !== null) this.actions.begin("ladder");
    this.#link.show({ phase: "inspecting", fileName: picked.file.name, progress: null });
    if (key === this.#next?.key) this.#next = null;
    await this.actions.orFail((owner) => owner.inspect(picked.file, key));
    await this.making.useServersAsBefore();
    if (ladder !== null) await this.making.setLadder(ladder);
    if (this.#trim !== null) await this.making.setTrim(this.#trim);
  }

  start(request: ShareRequest): Promise<void> {
    return this.actions.moving(() => this.#start(request));
  }

  async #start(request: ShareRequest): Promise<void> {
    const { details, captions, trim, pool, keepsOriginal = false } = request;
    const replaced = this.#replacing?.next.peek() ?? null;
    const visibility = replaced === null ? request.visibility : untilReplaced(replaced.visibility);
    if (trim !== undefined && !(await this.making.isTrimmedTo(trim))) return;
    this.making.keep({ visibility: request.visibility, keepsOriginal });
    await this.actions.during("start", async () => {
      this.#revivals = 0;
      const replaces = replaced && { id: replaced.id, ownerToken: replaced.ownerToken };
      const { job } = await this.#link.run((owner) =>
        owner.start(visibility, details, pool, replaces ?? undefined),
      );
      if (job === null) return;
      this.#replacing?.begin();
      const state = this.state.peek();
      const isHere = "address" in state && state.address?.jobId === job.jobId;
      // The person cancelled or left the job while it was being created.
      if (!isHere || state.phase === "cancelled") {
        void this.#cancellations.cancel(job.jobId, job.ownerToken);
        return;
      }
      rememberOwned(job.jobId, job.ownerToken);
      await this.#kept.begin(job, this.#picked.value?.handle ?? null);
      // The job may have ended while it was being stored.
      if (isOver(this.state.peek())) await this.#kept.forget();
      for (const each of captions) {
        const sent = job.trim === null ? each : { ...each, trim: requestOf(job.trim) };
        await this.#client.addCaptions(job.jobId, job.ownerToken, sent);
      }
    });
  }

  /** In `needs-file`: opens the job's file by its handle. Needs a user gesture. */
  async reopen(): Promise<void> {
    const handle = this.#kept.handle.value;
    if (handle === null) return;
    const file = await reopenFile(handle, true);
    if (file === null) {
      // The file was moved or deleted, or permission was refused: only the picker remains.
      this.#kept.loseHandle();
      return;
    }
    await this.#provide({ file, handle });
  }

  /** Actions of the share panel; they reject with WireErrors. */
  readonly shareActions: ShareActions;
  /** Actions of the details panel; they reject with TributaryErrors. */
  readonly detailsActions: DetailsActions;

  /** Pauses this tab, so that it takes no new tasks, or lets it go on. */
  async pause(on: boolean): Promise<void> {
    await this.actions.during(null, () => this.#link.run((owner) => owner.pause(on)));
  }

  cancel(): Promise<void> {
    return this.actions.moving(() => this.#cancel());
  }

  async #cancel(): Promise<void> {
    const fileName = fileNameOf(this.state.peek());
    const { job } = this.#kept;
    this.actions.begin("cancel");
    // First, because the cancellation is stored, and holds even where this tab dies.
    if (job !== null) void this.#cancellations.cancel(job.jobId, job.ownerToken);
    try {
      await this.#link.run((owner) => owner.cancel());
    } catch {
      // The worker does not answer, so it is ended.
      this.#link.close();
      this.#link.show({
        phase: "cancelled",
        fileName,
        inspection: null,
        part: null,
        address: null,
        done: null,
      });
    } finally {
      this.actions.end();
    }
    await this.#kept.forget();
  }

  /** Tries again after an end: goes on with the job where it still exists, else begins anew with the file. */
  again(): Promise<void> {
    return this.actions.moving(() => this.#again());
  }

  async #again(): Promise<void> {
    const picked = this.#picked.peek();
    const { job } = this.#kept;
    if (job !== null) {
      this.#link.close();
      const state = await this.#resume(job);
      if (state.phase === "needs-file" && picked !== null) await this.#provide(picked);
    } else if (picked !== null) {
      await this.#release();
      await this.#take(picked, this.making.typed);
    } else {
      await this.discard();
    }
  }

  /** Goes back to the start page, and forgets file and job in this tab. */
  discard(): Promise<void> {
    return this.actions.moving(async () => {
      this.#picked.value = null;
      this.actions.forgetProblem();
      await this.#release();
    });
  }

  /** Takes up a job; resolves with the resulting state. */
  async #resume(job: ResumableJob): Promise<OwnerState> {
    this.#link.show({ phase: "idle" });
    await this.actions.orFail((owner) => owner.resume(job));
    return this.state.peek();
  }

  async #provide(picked: PickedFile): Promise<void> {
    await this.actions.during("file", async () => {
      const { state } = await this.#link.run((owner) => owner.provideFile(picked.file));
      // The file was refused, so its handle is not stored.
      if (state.phase !== "running") return;
      this.#picked.value = picked;
      await this.#kept.moveTo(picked.handle ?? this.#kept.handle.peek());
    });
  }

  /** Starts a new worker after one died, and goes on with the same file. Finished segments are safe. */
  async #revive(error: TributaryError): Promise<void> {
    if (this.#kept.job === null || this.#picked.peek() === null || this.#revivals >= MAX_REVIVALS) {
      this.#link.fail(toWireError(error));
      return;
    }
    this.#revivals += 1;
    await this.again();
    this.prepare(this.#next);
  }

  /** Leaves the job and readies the worker for the next file. */
  async #release(): Promise<void> {
    await this.#kept.forget();
    try {
      if (this.#link.isOpen) await this.#link.run((owner) => owner.reset());
    } catch {
      this.#link.close();
    }
    this.#link.show({ phase: "idle" });
  }
}

/** The new video's visibility until it is ready and replaces the other one: it is in no list. */
function untilReplaced(visibility: Visibility): Visibility {
  return visibility === "private" ? "private" : "unlisted";
}

/** Codes that mean that the job cannot be reached any more. */
const GONE: readonly ErrorCode[] = [
  "JOB_NOT_FOUND",
  "NOT_FOUND",
  "JOB_ENDED",
  "UNAUTHORIZED",
  "FORBIDDEN",
];

/** Whether the job itself is over, and not only this tab's work. */
function isOver(state: OwnerState): boolean {
  if (state.phase !== "failed") return state.phase === "ready" || state.phase === "cancelled";
  const job = state.done?.job ?? null;
  return (job !== null && hasEnded(job.state)) || GONE.includes(state.error.code);
}
