import { type Signal, signal } from "@preact/signals";
import type { TrimRange } from "../../../shared/job/trim-range.ts";
import type { AudioChoice } from "../../../shared/plan/audio-choice.ts";
import type { LadderRung } from "../../../shared/plan/rungs.ts";
import type { FrameTimes, OwnerOptions } from "../../owner/owner-api.ts";
import type { KeptJob } from "../../saved/kept-job.ts";
import { keepChoices, keptChoices, type UploadChoices } from "../../saved/upload-choices.ts";
import type { VerifyPolicy } from "./helper-settings.tsx";
import type { OwnerLink } from "./owner-link.ts";
import type { PersonActions } from "./person-actions.ts";

/** Choices for making the present file. Those that do not depend on the file are stored for the next ones. */
export class MakingChoices {
  readonly #link: OwnerLink;
  readonly #actions: PersonActions;
  readonly #kept: KeptJob;
  readonly #choices = signal(keptChoices());
  readonly #hasKey: Signal<boolean>;
  #typed: LadderRung[] | null = null;

  constructor(link: OwnerLink, actions: PersonActions, kept: KeptJob, hasKey: boolean) {
    this.#link = link;
    this.#actions = actions;
    this.#kept = kept;
    this.#hasKey = signal(hasKey);
  }

  /** The choices of the last video, with those made since. */
  get choices(): UploadChoices {
    return this.#choices.value;
  }
  /** Whether a key of the site is sent when the job is created. */
  get hasKey(): boolean {
    return this.#hasKey.value;
  }
  /** The ladder that was typed for the file; null: none. */
  get typed(): LadderRung[] | null {
    return this.#typed;
  }
  /** Whether the file was planned with the last choices. */
  get isPlanned(): boolean {
    const state = this.#link.state.peek();
    return state.phase === "inspected" && state.error === null && this.#hasNoProblem;
  }
  get #hasNoProblem(): boolean {
    return this.#actions.problem.peek() === null;
  }

  /**
   * Begins with another file.
   * @param typed the ladder that was typed for it before; null: none
   */
  begin(typed: LadderRung[] | null): void {
    this.#typed = typed;
    // The chosen picture belongs to the previous file.
    this.#link.forgetPicture();
  }

  /** Stores choices of the person that do not depend on the file. */
  keep(choices: UploadChoices): void {
    this.#choices.value = { ...this.#choices.peek(), ...choices };
    keepChoices(choices);
  }

  async useServers(use: boolean): Promise<void> {
    await this.#actions.during(null, async () => {
      await this.#link.run((owner) => owner.useServers(use));
      await this.#kept.change({ usesServers: use });
      this.keep({ usesServers: use });
    });
  }

  /** Applies the choice of the last video about servers, where the site has servers. */
  async useServersAsBefore(): Promise<void> {
    const { usesServers } = this.#choices.peek();
    const state = this.#link.state.peek();
    const offersServers = state.phase === "inspected" && state.part.reason !== "no-servers";
    if (usesServers !== undefined && offersServers) await this.useServers(usesServers);
  }

  /** Sets the engine that makes the video, also for a worker that is started later. */
  async useEngine(engine: NonNullable<OwnerOptions["engine"]>): Promise<void> {
    await this.#planAnew({ engine });
    if (engine === "auto" || engine === "ffmpeg") this.keep({ engine });
  }

  /**
   * Sets how the audio is made, also for a worker that is started later.
   * @returns whether the choice was taken
   */
  async useAudio({ kilobitsPerSecond, loudness, surround }: AudioChoice): Promise<boolean> {
    await this.#planAnew({ audio: { kilobitsPerSecond, loudness, surround } });
    if (!this.#hasNoProblem) return false;
    this.keep({ audioKbps: kilobitsPerSecond, loudness, surround });
    return true;
  }

  /**
   * Sets the picture for a file without video.
   * @param picture null: the cover in the file, or a card
   * @returns whether the picture was taken
   */
  async usePicture(picture: Blob | null): Promise<boolean> {
    await this.#planAnew({ picture });
    return this.isPlanned;
  }

  /** Sets how closely helpers' results will be checked. */
  async useChecks(verify: VerifyPolicy): Promise<void> {
    this.keep({ verify });
    const checking = { verify, unverified: "wait" } as const;
    await this.#actions.during(null, () => this.#link.configure({ checking }));
  }

  /** Uses a key of the site for this visit. */
  async useKey(createToken: string): Promise<void> {
    this.#hasKey.value = true;
    await this.#actions.during(null, () => this.#link.configure({ createToken }));
  }

  /** @returns whether the ladder is possible for the file */
  async setLadder(ladder: LadderRung[]): Promise<boolean> {
    await this.#actions.during("ladder", () => this.#link.run((owner) => owner.setLadder(ladder)));
    if (!this.isPlanned) return false;
    this.#typed = ladder;
    return true;
  }

  /** @param range null: the whole file */
  async setTrim(range: TrimRange | null): Promise<void> {
    await this.#actions.during("ladder", () => this.#link.run((owner) => owner.setTrim(range)));
  }

  /** Plans a part where it is not planned yet. False where the file, which may have been read anew, cannot have it. */
  async isTrimmedTo(range: TrimRange | null): Promise<boolean> {
    const state = this.#link.state.peek();
    const present = state.phase === "inspected" ? state.inspection.source.trim : undefined;
    const isSame =
      present?.startTicks === range?.startTicks && present?.endTicks === range?.endTicks;
    if (isSame) return true;
    await this.setTrim(range);
    return this.isPlanned;
  }

  /** Presentation times of the file's frames; null where they are not known now. */
  async frameTimes(): Promise<FrameTimes | null> {
    return await this.#link.owner.frameTimes().catch(() => null);
  }

  #planAnew(options: OwnerOptions): Promise<void> {
    return this.#actions.during("ladder", () => this.#link.configure(options));
  }
}
