import { TributaryError } from "../../job/errors.ts";
import { type JobPlan, type SourceFacts, TICKS_PER_SECOND } from "../../job/job.ts";
import { requestOf, type TrimRange } from "../../job/trim-range.ts";
import type { AudioChoice, LoudnessMeasure } from "../../plan/audio-choice.ts";
import { type LadderRung, planAudio, planJob } from "../../plan/plan.ts";
import type { ChunkInfo, LeaseGrant } from "../../wire/lease.ts";
import type { CutPiece } from "../cut/cut-piece.ts";
import { type DecodeStart, readDecodeStart } from "../cut/decode-start.ts";
import { cutAudio } from "../cut/split-audio.ts";
import { cutVideo } from "../cut/split-video.ts";
import type { SubtitleText } from "../remux/extract-subtitles.ts";
import type { LoudnessRequest } from "../remux/measure-loudness.ts";
import { contentDigest } from "./content.ts";
import { type IsoLayout, readIsoLayout } from "./iso-layout.ts";
import { readMp4Webvtt, WEBVTT_ENTRY } from "./mp4-webvtt.ts";
import type { OpenSourceOptions } from "./open-options.ts";
import type { ProbedFile } from "./probe.ts";
import { readFile, refuseUnusable } from "./read-file.ts";
import { runFfmpeg } from "./run-ffmpeg.ts";
import { fingerprint, refuseNonMedia } from "./sniff.ts";
import { asSourceError } from "./source-errors.ts";
import { frameTimeline, type SourceIndex } from "./source-index.ts";
import { trimSource } from "./trim-source.ts";

/** An opened source file, from which jobs are planned and chunks are cut. */
export interface Source {
  readonly facts: SourceFacts;
  readonly index: SourceIndex;
  /** Whether ffmpeg rewrote the file, or its audio, first. */
  readonly remuxed: boolean;
  /**
   * @param slots see `planTasks`; default 1
   * @throws TributaryError LADDER_INVALID, SOURCE_TOO_LARGE
   */
  planJob(rungs?: readonly LadderRung[], slots?: number, audio?: AudioChoice): JobPlan;
  /**
   * A source that is only a part of the file (`framesWithin`). It shares the readers: closing one closes all.
   * @param wanted counts in the whole file, even when this source is a part of it; null: the whole file
   * @throws TributaryError TRIM_EMPTY, TRIM_BEYOND_END
   */
  trimmed(wanted: TrimRange | null): Source;
  /** The `contentDigest` of a plan of this source. */
  contentOf(plan: JobPlan): string;
  /** Configuration and first key packet for the browser's own decoder. */
  decodeStart(signal: AbortSignal): Promise<DecodeStart>;
  /**
   * Cuts the packets that a task needs into a small mp4 (mov for some audio). The caller owns the bytes.
   * @throws TributaryError CHUNK_UNREADABLE, SOURCE_CHANGED (the file on disk has changed)
   */
  cutChunk(
    grant: Pick<LeaseGrant, "task" | "segments" | "renditions">,
    signal: AbortSignal,
  ): Promise<SourceChunk>;
  /**
   * The texts of its subtitles; empty where it has none. Times count in the whole file; `trim` of a text is the
   * part of them that the job shows. All but WebVTT in MP4 is read with ffmpeg.
   * @throws TributaryError SOURCE_*, ENGINE_UNAVAILABLE
   */
  captions(signal: AbortSignal): Promise<SubtitleText[]>;
  /**
   * Measures how loud its audio is when mixed for the video. Reads the file through once, with ffmpeg.
   * @throws TributaryError SOURCE_*, ENGINE_UNAVAILABLE
   */
  loudness(options: Pick<OpenSourceOptions, "signal" | "onProgress">): Promise<LoudnessMeasure[]>;
  /** Frees the readers; chunks cannot be cut any more. */
  close(): void;
}

export interface SourceChunk {
  info: ChunkInfo;
  bytes: ArrayBuffer;
}

/**
 * Reads what is needed to plan and cut a file, but never the whole file into memory.
 * @throws TributaryError SOURCE_*, ENGINE_UNAVAILABLE, or the signal's reason
 */
export async function openSource(file: File, options: OpenSourceOptions): Promise<Source> {
  const { signal } = options;
  signal.throwIfAborted();
  await refuseNonMedia(file);
  const layout = await readIsoLayout(file, signal);
  if (layout !== null) refuseUnusable(layout, file.size, options);
  const { probed, remuxed, dispose } = await readFile(file, layout, options);
  const facts: SourceFacts = {
    name: file.name.slice(-255) || "video",
    sizeBytes: file.size,
    fingerprint: await fingerprint(file),
    ...probed.facts,
  };
  const offsetSeconds = -probed.index.video.zeroSeconds;
  const readTexts = (ends: AbortSignal) =>
    readTracks(file, layout, facts, { offsetSeconds, options: { ...options, signal: ends } });
  const measure = async (
    tracks: LoudnessRequest["tracks"],
    span: LoudnessRequest["span"],
    how: Measuring,
  ) => {
    const request = { copy: "loudness", tracks, span } as const;
    return (await runFfmpeg(file, request, { ...options, ...how }, 1)).loudness ?? [];
  };
  return new OpenSource(facts, probed, remuxed, { dispose, readTexts, measure });
}

type Measuring = Pick<OpenSourceOptions, "signal" | "onProgress">;

/** Reads texts of subtitles: WebVTT in MP4 here, all others by ffmpeg, which is loaded only for those. */
async function readTracks(
  file: File,
  layout: IsoLayout | null,
  { subtitles = [] }: Pick<SourceFacts, "subtitles">,
  { offsetSeconds, options }: { offsetSeconds: number; options: OpenSourceOptions },
): Promise<SubtitleText[]> {
  const isOurs = (codec: string): boolean => layout !== null && codec === WEBVTT_ENTRY;
  const texts = subtitles.filter(({ isText }) => isText);
  const own =
    layout !== null && texts.some(({ codec }) => isOurs(codec))
      ? await readMp4Webvtt(file, layout, offsetSeconds, options.signal)
      : [];
  const others = texts.every(({ codec }) => isOurs(codec))
    ? []
    : await readCaptions(file, offsetSeconds, options);
  return [...own, ...others].sort((a, b) => a.track - b.track);
}

async function readCaptions(
  file: File,
  offsetSeconds: number,
  options: OpenSourceOptions,
): Promise<SubtitleText[]> {
  const { loadFfmpeg, remux, signal } = options;
  if (loadFfmpeg === undefined || remux === undefined) {
    throw new TributaryError("ENGINE_UNAVAILABLE", "Reading subtitles needs ffmpeg.");
  }
  const core = await loadFfmpeg(signal);
  const request = { copy: "subtitles", offsetSeconds } as const;
  return (await remux(file, core, request, { signal })).subtitles ?? [];
}

/** Operations that only the opener of a file can provide. */
interface SourceHome {
  dispose(): void;
  readTexts(signal: AbortSignal): Promise<SubtitleText[]>;
  measure(
    tracks: LoudnessRequest["tracks"],
    span: LoudnessRequest["span"],
    how: Measuring,
  ): Promise<LoudnessMeasure[]>;
}

class OpenSource implements Source {
  readonly facts: SourceFacts;
  readonly index: SourceIndex;
  readonly remuxed: boolean;
  readonly #probed: ProbedFile;
  readonly #home: SourceHome;
  readonly #whole: OpenSource;

  /** @param whole the source of which this is a part; default: this is the whole file */
  constructor(
    facts: SourceFacts,
    probed: ProbedFile,
    remuxed: boolean,
    home: SourceHome,
    whole?: OpenSource,
  ) {
    this.facts = facts;
    this.index = probed.index;
    this.remuxed = remuxed;
    this.#probed = probed;
    this.#home = home;
    this.#whole = whole ?? this;
  }

  trimmed(wanted: TrimRange | null): Source {
    const whole = this.#whole;
    if (wanted === null) return whole;
    const { facts, index, keptAudio } = trimSource(whole, wanted);
    if (facts.durationTicks === whole.facts.durationTicks) return whole;
    const audio = whole.#probed.audio.filter((_, position) => keptAudio.includes(position));
    const probed = { ...whole.#probed, index, audio };
    return new OpenSource(facts, probed, this.remuxed, this.#home, whole);
  }

  planJob(rungs?: readonly LadderRung[], slots?: number, audio?: AudioChoice): JobPlan {
    return planJob(this.facts, frameTimeline(this.index.video), rungs, slots, audio);
  }

  contentOf(plan: JobPlan): string {
    return contentDigest(plan, frameTimeline(this.index.video).keyTicks);
  }

  decodeStart(signal: AbortSignal): Promise<DecodeStart> {
    return readDecodeStart(this.#probed.video, this.index.video, signal);
  }

  async cutChunk(
    grant: Pick<LeaseGrant, "task" | "segments" | "renditions">,
    signal: AbortSignal,
  ): Promise<SourceChunk> {
    signal.throwIfAborted();
    const { bytes, ...place } = await this.#cut(grant, signal).catch((thrown: unknown) => {
      throw asSourceError(thrown, "CHUNK_UNREADABLE", "A part of the file cannot be read.");
    });
    return { info: { taskId: grant.task.id, sizeBytes: bytes.byteLength, ...place }, bytes };
  }

  async captions(signal: AbortSignal): Promise<SubtitleText[]> {
    const hasText = this.facts.subtitles?.some(({ isText }) => isText) === true;
    if (!hasText) return [];
    const texts = await this.#home.readTexts(signal);
    const { trim } = this.facts;
    return trim === undefined ? texts : texts.map((text) => ({ ...text, trim: requestOf(trim) }));
  }

  async loudness(how: Measuring): Promise<LoudnessMeasure[]> {
    const tracks = planAudio(this.facts, { surround: true }).map(({ track, channels }) => {
      return { track, channels };
    });
    if (tracks.length === 0) return [];
    const { trim } = this.facts;
    const { zeroSeconds } = this.#whole.index.video;
    const span =
      trim === undefined
        ? null
        : {
            startSeconds: zeroSeconds + trim.startTicks / TICKS_PER_SECOND,
            endSeconds: zeroSeconds + trim.endTicks / TICKS_PER_SECOND,
          };
    return this.#home.measure(tracks, span, how);
  }

  close(): void {
    this.#home.dispose();
  }

  async #cut(
    { segments, renditions }: Pick<LeaseGrant, "segments" | "renditions">,
    signal: AbortSignal,
  ): Promise<CutPiece> {
    const rendition = renditions[0];
    if (rendition?.kind !== "audio") {
      const { videoTracks, sampleDescriptions } = this.#probed;
      const { frameStep } = this.facts.video;
      return cutVideo(
        videoTracks,
        this.index.video,
        sampleDescriptions,
        segments,
        frameStep,
        signal,
      );
    }
    const position = this.facts.audio.findIndex((track) => track.track === rendition.track);
    const track = this.#probed.audio[position];
    const index = this.index.audio[position];
    if (track === undefined || index === undefined) {
      throw new TributaryError("CHUNK_UNREADABLE", "The source has no such audio track.", {
        retryable: false,
      });
    }
    const { sampleDescriptions } = track;
    return cutAudio(track.track, index, sampleDescriptions, rendition.sampleRate, segments, signal);
  }
}
