import type { Clock } from "../clock.ts";
import { type ErrorCode, TributaryError, toWireError } from "../job/errors.ts";
import { messagesOf } from "../job/notice.ts";
import { retry } from "../retry.ts";
import type { CoordinatorMessage } from "../wire/coordinator-messages.ts";
import type { HolderMessage } from "../wire/holder-messages.ts";
import type { LeaseGrant, Output, PictureVerdict } from "../wire/lease.ts";
import type { LeaseWork, MadeOutput, MadeTask } from "./lease-work.ts";
import { isUploadRefused, putOutputs } from "./put-outputs.ts";
import { Question } from "./question.ts";
import type { LeaseStage, SlotPlace } from "./slots.ts";

/** A lease while its holder works on it, as others see it. */
export interface LiveLease {
  leaseId: string;
  taskId: string;
  stage: LeaseStage;
  /** 0..1, of the encode. */
  progress: number;
}

export type LeaseEnd =
  | { state: "accepted" }
  | { state: "rejected" | "failed" | "lost"; code: ErrorCode; message: string };

/** The coordinator's messages about one lease. */
export type LeaseAnswer = Extract<
  CoordinatorMessage,
  { type: "uploads" | "accepted" | "rejected" }
>;
type Verdict = Exclude<LeaseAnswer, { type: "uploads" }>;
type SignOfLife = Extract<HolderMessage, { type: "renew" }>["leases"][number];

export interface LeaseRunOptions {
  work: LeaseWork;
  place: SlotPlace;
  clock: Clock;
  /** Messages sent without a connection may be lost. */
  send(message: HolderMessage, isFirst: boolean): void;
  /** The slot is free again; the result is still to be delivered or reported. */
  onMade(): void;
  onProgress(): void;
}

/** How often one result is offered; each offer gets fresh URLs. */
const OFFER_ROUNDS = 4;

/**
 * One lease, from its grant to its end:
 *
 *     fetch chunk -> transcode -> offer (sizes, hashes, inits) -> PUT to storage -> commit
 *
 * or, where another holder's result is to be checked:
 *
 *     fetch chunk and outputs -> compare -> report
 *
 * A slot is held for the encode only: chunks are fetched before it, and offer, upload and commit
 * overlap the next encode.
 */
export class LeaseRun {
  readonly grant: LeaseGrant;
  readonly #options: LeaseRunOptions;
  readonly #question: Question<LeaseAnswer>;
  readonly #abort = new AbortController();
  #progress = 0;
  /** Accepted while it was still being made or uploaded. */
  #isProven = false;

  constructor(grant: LeaseGrant, options: LeaseRunOptions) {
    this.grant = grant;
    this.#options = options;
    this.#question = new Question(options);
  }

  get leaseId(): string {
    return this.grant.leaseId;
  }

  view(): LiveLease {
    const { leaseId, task } = this.grant;
    const { stage } = this.#options.place;
    return { leaseId, taskId: task.id, stage, progress: this.#progress };
  }

  signOfLife(): SignOfLife {
    const { clock, place } = this.#options;
    const sign = { leaseId: this.leaseId, progress: this.#progress };
    return place.beganAtMs === null ? sign : { ...sign, workMs: clock.nowMs() - place.beganAtMs };
  }

  /** Works until the lease has ended. Never rejects; a failure is sent to the coordinator. */
  async run(): Promise<LeaseEnd> {
    try {
      const isComparison = this.grant.compare !== undefined;
      const verdict = await (isComparison ? this.#compare() : this.#make());
      if (verdict.type === "accepted") return { state: "accepted" };
      return { state: "rejected", code: verdict.code, message: verdict.message };
    } catch (thrown) {
      if (this.#isProven) return { state: "accepted" };
      const { code, message, retryable } = toWireError(thrown);
      if (this.#abort.signal.aborted) return { state: "lost", code, message };
      const { leaseId } = this;
      const told = message.slice(0, 500);
      this.#options.send({ type: "fail", leaseId, code, retryable, message: told }, true);
      return { state: "failed", code, message };
    } finally {
      this.#options.place.leave();
    }
  }

  /** @returns false when no open question has this answer */
  answer(answer: LeaseAnswer): boolean {
    return this.#question.answer(answer);
  }

  /** There is a connection again, and the coordinator knows this lease. */
  reconnected(): void {
    this.#question.sendAgain();
  }

  /** Ends the lease as accepted: the same result, made by another holder, is there already. */
  prove(): void {
    this.#isProven = true;
    this.#abort.abort();
  }

  /** Stops the work and sends nothing: the lease has gone to another holder, or has ended. */
  drop(code: ErrorCode, message: string): void {
    this.#options.place.leave();
    this.#abort.abort(new TributaryError(code, message));
  }

  async #make(): Promise<Verdict> {
    const { grant } = this;
    const { signal } = this.#abort;
    const { work } = this.#options;
    const chunk = await work.fetchChunk(grant, signal);
    const made = await this.#inSlot((onProgress) =>
      work.encoder.transcode(grant, chunk, onProgress, signal),
    );
    return this.#deliver(made);
  }

  async #compare(): Promise<Verdict> {
    const { grant, leaseId } = this;
    const { signal } = this.#abort;
    const { work } = this.#options;
    const compare = work.encoder.compare?.bind(work.encoder);
    if (compare === undefined) {
      throw new TributaryError("ENGINE_UNAVAILABLE", "Pictures cannot be compared here.");
    }
    const [chunk, outputs] = await Promise.all([
      work.fetchChunk(grant, signal),
      work.fetchOutputs(grant, signal),
    ]);
    const verdict: PictureVerdict = await this.#inSlot((onProgress) =>
      compare(grant, chunk, outputs, onProgress, signal),
    );
    return this.#question.ask({ type: "compared", leaseId, verdict }, isVerdict, signal);
  }

  /** Works in a slot, once it is this lease's turn. */
  async #inSlot<T>(work: (onProgress: (progress: number) => void) => Promise<T>): Promise<T> {
    const { place, onMade, onProgress } = this.#options;
    const { signal } = this.#abort;
    const result = await place.use(signal, () =>
      work((progress) => {
        this.#progress = Math.min(1, Math.max(this.#progress, progress));
        onProgress();
      }),
    );
    signal.throwIfAborted();
    onMade();
    return result;
  }

  /** Offer, upload, commit; asks for fresh URLs when storage refuses the first ones. */
  async #deliver(made: MadeTask): Promise<Verdict> {
    const { leaseId } = this;
    const { signal } = this.#abort;
    const { work, clock } = this.#options;
    const outputs = made.outputs.map(offered);
    const round = async (): Promise<Verdict | null> => {
      const answer = await this.#question.ask({ type: "offer", leaseId, outputs }, isAny, signal);
      if (answer.type !== "uploads") return answer;
      await putOutputs(answer.puts, made.outputs, { put: work.put, clock, signal });
      return null;
    };
    const options = { clock, signal, tries: OFFER_ROUNDS, isRetryable: isUploadRefused };
    const verdict = await retry(round, options);
    if (verdict !== null) return verdict;
    const { engine, encodeMs } = made;
    const { notices } = made;
    const warnings = messagesOf(notices);
    const commit: HolderMessage = { type: "commit", leaseId, engine, encodeMs, warnings, notices };
    // A late second answer to the offer is no verdict on the commit.
    return this.#question.ask(commit, isVerdict, signal);
  }
}

/** An init is small and goes with the offer; media is uploaded. */
function offered({ bytes, kind, ...facts }: MadeOutput): Output {
  if (kind === "media") return { ...facts, kind };
  const base64 = btoa(String.fromCharCode(...new Uint8Array(bytes)));
  return { ...facts, kind, base64 };
}

function isAny(_answer: LeaseAnswer): _answer is LeaseAnswer {
  return true;
}

function isVerdict(answer: LeaseAnswer): answer is Verdict {
  return answer.type !== "uploads";
}
