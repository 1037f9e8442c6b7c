import { decoderMissing } from "../../shared/encode/core-decoders.ts";
import type { FastRefusal } from "../../shared/encode/webcodecs-support.ts";
import type { Source } from "../../shared/ingest/read/source.ts";
import { TributaryError } from "../../shared/job/errors.ts";
import { type JobPlan, TICKS_PER_SECOND } from "../../shared/job/job.ts";
import { messagesOf, type Notice, notice } from "../../shared/job/notice.ts";
import type { TrimRange } from "../../shared/job/trim-range.ts";
import type { AudioChoice } from "../../shared/plan/audio-choice.ts";
import type { LadderRung } from "../../shared/plan/rungs.ts";
import type { EdgeClient } from "../edge-client.ts";
import { isWithoutBrowser, withBrowserSets, withoutBrowser } from "../encoder/browser-sets.ts";
import { NO_WEBASSEMBLY } from "../encoder/capability.ts";
import { loadFfmpegCore } from "../encoder/ffmpeg-core.ts";
import { NO_ENCODER, refuseFast } from "../encoder/webcodecs-check.ts";
import { openSource } from "../holder/ingest/source.ts";
import { randomId } from "../random-id.ts";
import { audioNeedsFfmpeg, hasEngineFor, preferenceFor, slotCountFor } from "./choices.ts";
import type { FrameTimes, Inspection, OwnerOptions, ResumableJob } from "./owner-api.ts";
import { whyUnreadable } from "./readable.ts";

/** Facts about a file and this site that do not depend on the person's choices. */
interface FileFacts {
  /** Coded size in pixels. */
  size: { width: number; height: number };
  /** Whether this site has servers that encode. */
  hasServers: boolean;
  /** Why the browser's codecs cannot make this source correctly; null where they can. */
  fastRefusal: FastRefusal | null;
  /** Whether ffmpeg makes the audio even where the browser's codecs make the video. */
  audioNeedsFfmpeg: boolean;
  /** Whether the site takes videos only with its key. */
  asksKey: boolean;
  readAhead: boolean;
}

const NOT_AHEAD = "While another video is made, no file is rewritten for the next one.";

interface PlanChoice {
  /** Null: the default ladder. */
  ladder: LadderRung[] | null;
  planSlots: number;
  /** Loudness of the source, where it was measured. */
  measured?: AudioChoice["measured"];
  /** Whether the browser's encoder was tried with this ladder and cannot make it. */
  lacksEncoder?: boolean;
}

/** The picked file, opened, and its plan. */
export class PlannedFile {
  readonly file: File;
  readonly source: Source;
  /** Facts under this plan. */
  readonly facts: FileFacts;
  /** Facts under any plan. */
  readonly #facts: FileFacts;
  readonly #choice: PlanChoice;
  readonly plan: JobPlan;
  /** Key of the job with this plan: requests that repeat it do not create a second job. */
  readonly idempotencyKey = randomId();
  readonly #options: OwnerOptions;
  #jobPlan: Promise<JobPlan> | null = null;
  /** Notices about this pick of the file, beside those of the plan. */
  readonly #notices: Notice[] = [];

  private constructor(
    file: File,
    source: Source,
    facts: FileFacts,
    options: OwnerOptions,
    choice: PlanChoice,
  ) {
    this.file = file;
    this.source = source;
    this.#facts = facts;
    this.facts = choice.lacksEncoder ? { ...facts, fastRefusal: NO_ENCODER } : facts;
    this.#options = options;
    this.#choice = choice;
    this.plan = source.planJob(choice.ladder ?? undefined, choice.planSlots, this.audio);
  }

  /**
   * Reads the file and plans it with the default ladder.
   * @param onProgress takes 0..1, where the file has to be rewritten first
   * @param isAhead whether another file is being made: then a file that has to be rewritten first is refused
   * @throws TributaryError SOURCE_*, ENGINE_UNAVAILABLE where no engine can encode the file, DECODER_MISSING
   */
  static async open(
    file: File,
    client: EdgeClient,
    options: OwnerOptions,
    {
      signal,
      onProgress,
      isAhead = false,
    }: { signal: AbortSignal; onProgress(progress: number): void; isAhead?: boolean },
  ): Promise<PlannedFile> {
    let mayLoadFfmpeg = !isAhead;
    const loadFfmpeg = async () => {
      if (mayLoadFfmpeg) return loadFfmpegCore();
      throw new TributaryError("ENGINE_UNAVAILABLE", NOT_AHEAD);
    };
    const [source, site] = await Promise.all([
      openSource(file, {
        ...{ signal, loadFfmpeg, onProgress },
        picture: options.picture ?? null,
      }),
      // Where no answer comes, this device works without servers.
      client.site(signal).catch(() => null),
    ]);
    const hasServers = site?.servers === true;
    mayLoadFfmpeg = true;
    // A browser without WebAssembly can only use servers.
    if (!hasServers && !("WebAssembly" in self)) {
      source.close();
      throw new TributaryError("ENGINE_UNAVAILABLE", NO_WEBASSEMBLY);
    }
    const fastRefusal = await refuseFast({
      video: source.facts.video,
      renditions: source.planJob().video,
      decodeStart: () => source.decodeStart(signal),
    });
    if (!hasServers && !hasEngineFor(source.facts, options, fastRefusal)) {
      source.close();
      throw decoderMissing(fastRefusal?.message ?? "");
    }
    const { width, height } = source.facts.video;
    const facts = {
      size: { width, height },
      hasServers,
      fastRefusal,
      audioNeedsFfmpeg: audioNeedsFfmpeg(source.facts),
      asksKey: site?.createToken === true,
      readAhead: isAhead,
    };
    const planSlots = slotsToPlanFor(options, facts);
    return new PlannedFile(file, source, facts, options, { ladder: null, planSlots });
  }

  /**
   * The same file and choices, planned for a part of the file or for all of it.
   * @param range null: the whole file
   * @throws TributaryError TRIM_EMPTY, TRIM_BEYOND_END, LADDER_INVALID
   */
  trimmed(range: TrimRange | null): PlannedFile {
    const source = this.source.trimmed(range);
    // Without the measured loudness, which belongs to another part.
    const { ladder, planSlots } = this.#choice;
    return new PlannedFile(this.file, source, this.#facts, this.#options, { ladder, planSlots });
  }

  /**
   * The same plan with its loudness measured, where the person wants it changed; else itself.
   * @throws TributaryError SOURCE_*, ENGINE_UNAVAILABLE
   */
  async levelled(how: Parameters<Source["loudness"]>[0]): Promise<PlannedFile> {
    if (this.audio.loudness !== true || this.audio.measured !== undefined) return this;
    const measured = await this.source.loudness(how);
    const choice = { ...this.#choice, measured };
    return new PlannedFile(this.file, this.source, this.#facts, this.#options, choice);
  }

  /**
   * The same file, opened again with the same choices: for another picture of a file without video.
   * @throws TributaryError as `open`
   */
  async reopened(
    client: EdgeClient,
    options: OwnerOptions,
    signal: AbortSignal,
  ): Promise<PlannedFile> {
    const opened = await PlannedFile.open(this.file, client, options, {
      signal,
      onProgress: () => {},
    });
    const { trim } = this.source.facts;
    const part = trim === undefined ? opened : opened.trimmed(trim);
    return part.planned(options, this.#choice.ladder, this.#choice.planSlots);
  }

  /** Presentation times of the whole file's frames. */
  get frameTimes(): FrameTimes {
    const { frameTicks, zeroSeconds } = this.source.trimmed(null).index.video;
    return { frameTicks, zeroSeconds };
  }

  /**
   * The same file with another plan.
   * @param ladder null: the default ladder
   * @param planSlots default: derived from the options
   * @throws TributaryError LADDER_INVALID
   */
  planned(options: OwnerOptions, ladder: LadderRung[] | null, planSlots?: number): PlannedFile {
    return new PlannedFile(this.file, this.source, this.#facts, options, {
      ladder,
      planSlots: planSlots ?? slotsToPlanFor(options, this.#facts),
      measured: options.audio?.measured ?? this.#choice.measured,
    });
  }

  /**
   * The same file with the plan of an earlier job.
   * @throws TributaryError SOURCE_CHANGED where it is neither the job's file nor a copy of the same video; TRIM_EMPTY,
   *   TRIM_BEYOND_END
   */
  fitting(options: OwnerOptions, job: ResumableJob): PlannedFile {
    const file = this.trimmed(job.trim).planned(
      { ...options, audio: job.audio },
      job.ladder,
      job.planSlots,
    );
    if (this.source.facts.fingerprint === job.fingerprint) return file;
    if (file.content !== job.content) {
      throw new TributaryError("SOURCE_CHANGED", "This is not the file that the job began with.");
    }
    file.#notices.push(
      notice(
        "FILE_COPY",
        "This file is another copy of the video that the job began with: its frames, their times and the sound's form agree, so the work goes on with it.",
      ),
    );
    return file;
  }

  /** Fingerprint of the file's content, which is the same for other copies of the video. */
  get content(): string {
    return this.source.contentOf(this.plan);
  }

  /** The same choice of ladder under other options. */
  underOptions(options: OwnerOptions): PlannedFile {
    return this.planned(options, this.#choice.ladder);
  }

  /** Whether the file was opened with equal options and can still be read. */
  async isFit(options: OwnerOptions): Promise<boolean> {
    const isSame = openedBy(this.#options) === openedBy(options);
    return isSame && (await whyUnreadable(this.file)) === null;
  }

  /** Number of slots that the tasks are planned for. */
  get planSlots(): number {
    return this.#choice.planSlots;
  }

  /** The chosen audio settings, with the loudness measured for them. */
  get audio(): AudioChoice {
    const { measured } = this.#choice;
    return { ...this.#options.audio, ...(measured && { measured }) };
  }

  /** The ladder as chosen, before sizes are rounded to even numbers: "240" may well be 134 lines of a banner. */
  get ladder(): LadderRung[] {
    return (
      this.#choice.ladder ??
      this.plan.video.map(({ width, height, bitsPerSecond }) => ({
        shortSide: Math.min(width, height),
        kilobitsPerSecond: Math.round(bitsPerSecond / 1000),
      }))
    );
  }

  /**
   * The plan of the job, which includes the browser's encoder where it takes part. The encoder is tried once for each
   * plan.
   */
  jobPlan(): Promise<JobPlan> {
    if (this.#choice.lacksEncoder)
      return Promise.resolve(withoutBrowser(this.plan, NO_ENCODER.message));
    this.#jobPlan ??= this.#usesWebCodecs ? withBrowserSets(this.plan) : Promise.resolve(this.plan);
    return this.#jobPlan;
  }

  get #usesWebCodecs(): boolean {
    return preferenceFor(this.#options, this.facts.fastRefusal) !== "ffmpeg";
  }

  /** The same file planned for ffmpeg, where the browser's encoder cannot make the plan; itself where it can. */
  async withAbleEncoder(): Promise<PlannedFile> {
    if (!this.#usesWebCodecs || !isWithoutBrowser(await this.jobPlan())) return this;
    const facts = { ...this.#facts, fastRefusal: NO_ENCODER };
    const planSlots = slotsToPlanFor(this.#options, facts);
    const choice = { ...this.#choice, lacksEncoder: true, planSlots };
    return new PlannedFile(this.file, this.source, this.#facts, this.#options, choice);
  }

  get inspection(): Inspection {
    const { plan, source, facts } = this;
    const rates = [...plan.video, ...plan.audio].map(({ bitsPerSecond }) => bitsPerSecond);
    const bytesPerSecond = rates.reduce((sum, rate) => sum + rate, 0) / 8;
    return {
      source: {
        ...plan.source,
        notices: [...this.#notices, ...plan.source.notices],
        warnings: [...messagesOf(this.#notices), ...plan.source.warnings],
      },
      ladder: this.ladder,
      video: plan.video,
      audio: plan.audio,
      audioChoice: this.audio,
      segmentCount: plan.segments.length,
      taskCount: plan.tasks.length,
      estimatedBytes: Math.round(bytesPerSecond * this.durationSeconds),
      remuxed: source.remuxed,
      asksKey: facts.asksKey,
      readAhead: facts.readAhead,
      pictureEngine: this.#usesWebCodecs ? "webcodecs" : "ffmpeg-wasm",
      fastRefusal: facts.fastRefusal?.message ?? null,
      fastRefusalCode: facts.fastRefusal?.code ?? null,
    };
  }

  /** Whether an engine of this tab can make the pictures. */
  get hasEngine(): boolean {
    return hasEngineFor(this.source.facts, this.#options, this.facts.fastRefusal);
  }

  get durationSeconds(): number {
    return this.plan.source.durationTicks / TICKS_PER_SECOND;
  }

  close(): void {
    this.source.close();
  }
}

/** All options that decide how a file is opened and planned, as text. */
function openedBy({ engine, slots, audio, device, picture }: OwnerOptions): string {
  return JSON.stringify([engine, slots, audio, device, picture instanceof Blob]);
}

/** ffmpeg.wasm has one thread for each slot; the browser's codecs use all cores for each task. */
function slotsToPlanFor(options: OwnerOptions, facts: FileFacts): number {
  return preferenceFor(options, facts.fastRefusal) === "ffmpeg" ? slotCountFor(options, facts) : 1;
}
