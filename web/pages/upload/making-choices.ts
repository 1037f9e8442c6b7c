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

/** What is chosen for the making of the present file and, where it is no matter of one file, kept for the next ones. */
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

  /** As for the last video, and what was chosen since. */
  get choices(): UploadChoices {
    return this.#choices.value;
  }
  /** A key of the site is sent with what is asked for. */
  get hasKey(): boolean {
    return this.#hasKey.value;
  }
  /** The ladder that was typed for the file; null: none was. */
  get typed(): LadderRung[] | null {
    return this.#typed;
  }
  /** The file was planned as it was asked for last. */
  get isPlanned(): boolean {
    const state = this.#link.state.peek();
    return state.phase === "inspected" && state.error === null && this.#hasNoProblem;
  }
  get #hasNoProblem(): boolean {
    return this.#actions.problem.peek() === null;
  }

  /** Another file comes. @param typed the ladder that was typed for it before; null: none */
  begin(typed: LadderRung[] | null): void {
    this.#typed = typed;
    // It was for the file before.
    this.#link.forgetPicture();
  }

  /** Choices of the person that are no matter of one file. */
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

  /** As chosen for the video before, where the site has servers. */
  async useServersAsBefore(): Promise<void> {
    const { usesServers } = this.#choices.peek();
    const state = this.#link.state.peek();
    const offersServers = state.phase === "inspected" && state.part.reason !== "no-servers";
    if (usesServers !== undefined && offersServers) await this.useServers(usesServers);
  }

  /** The engine that makes the video; kept for a worker that takes over. */
  async useEngine(engine: NonNullable<OwnerOptions["engine"]>): Promise<void> {
    await this.#planAnew({ engine });
    if (engine === "auto" || engine === "ffmpeg") this.keep({ engine });
  }

  /** How the audio is made; kept for a worker that takes over. @returns whether it was said */
  async useAudio({ kilobitsPerSecond, loudness, surround }: AudioChoice): Promise<boolean> {
    await this.#planAnew({ audio: { kilobitsPerSecond, loudness, surround } });
    if (!this.#hasNoProblem) return false;
    this.keep({ audioKbps: kilobitsPerSecond });
    return true;
  }

  /** The picture for a file with sound alone; null: as without. @returns whether it was taken */
  async usePicture(picture: Blob | null): Promise<boolean> {
    await this.#planAnew({ picture });
    return this.isPlanned;
  }

  /** How closely helpers' work will be looked at. */
  async useChecks(verify: VerifyPolicy): Promise<void> {
    this.keep({ verify });
    const checking = { verify, unverified: "wait" } as const;
    await this.#actions.during(null, () => this.#link.configure({ checking }));
  }

  /** The site's key for those who may make videos; for this visit. */
  async useKey(createToken: string): Promise<void> {
    this.#hasKey.value = true;
    await this.#actions.during(null, () => this.#link.configure({ createToken }));
  }

  /** @returns whether it can be made of the file */
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

  /** False where the file, which may have been read anew, cannot have this part. */
  async isTrimmedTo(range: TrimRange | null): Promise<boolean> {
    const state = this.#link.state.peek();
    const present = state.phase === "inspected" ? state.inspection.source.trim : undefined;
    const isSame =
      present?.startTicks === range?.startTicks && present?.endTicks === range?.endTicks;
    if (isSame) return true;
    await this.setTrim(range);
    return this.isPlanned;
  }

  /** When the file's frames are shown; null where that is not known now. */
  async frameTimes(): Promise<FrameTimes | null> {
    return await this.#link.owner.frameTimes().catch(() => null);
  }

  #planAnew(options: OwnerOptions): Promise<void> {
    return this.#actions.during("ladder", () => this.#link.configure(options));
  }
}
