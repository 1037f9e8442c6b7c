import { checkOutputs } from "../../shared/cmaf/check.ts";
import { coreDecodes, decoderMissing } from "../../shared/encode/core-decoders.ts";
import { ofFfmpeg } from "../../shared/encode/ffmpeg/damage.ts";
import type { TranscodedTask, TranscodeTask } from "../../shared/encode/ffmpeg/task.ts";
import { webCodecsRefusal } from "../../shared/encode/webcodecs-support.ts";
import { TributaryError, toWireError } from "../../shared/job/errors.ts";
import type { Engine } from "../../shared/job/job.ts";
import { notice } from "../../shared/job/notice.ts";
import type { EnginePreference } from "./api.ts";
import type { TranscodeEngine } from "./engines/engine.ts";

/** After so many failed tasks in a row, WebCodecs gets no more tasks, except video that ffmpeg cannot decode. */
const FAILURES_TO_GIVE_UP = 2;

const LEFT_OUT = notice(
  "ENCODER_LEFT_OUT",
  "The encoder of one of the browsers writes another kind of pictures than this video began with, so x264 made its parts, which took longer.",
);

/** Outputs of a task, with the engine that made them. */
export interface ChosenResult extends TranscodedTask {
  engine: Engine;
}

export interface Engines {
  webCodecs: TranscodeEngine;
  /** Loads its core with the first task that needs it. */
  ffmpeg: TranscodeEngine;
}

/**
 * Chooses the engine for each task and checks its outputs as the edge will. Where WebCodecs refuses a task or
 * fails, ffmpeg makes it at once. That costs the task no attempt, because nothing was offered.
 */
export class EngineChoice {
  readonly #preference: EnginePreference;
  readonly #engines: Engines;
  /** Counted separately: failures with audio say nothing about video codecs. */
  readonly #failuresInARow = { video: 0, audio: 0 };

  constructor(preference: EnginePreference, engines: Engines) {
    this.#preference = preference;
    this.#engines = engines;
  }

  /** @throws TributaryError those of ffmpeg's engine and of the gate, DECODER_MISSING */
  async transcode(
    task: TranscodeTask,
    onProgress: (progress: number, engine: Engine) => void,
  ): Promise<ChosenResult> {
    const { webCodecs, ffmpeg } = this.#engines;
    const { task: of, source } = task.grant;
    let isLeftOut = false;
    const isForFfmpeg = of.kind === "audio" || coreDecodes(source.video.codec);
    if (this.#triesWebCodecs(task)) {
      try {
        const result = await run(webCodecs, task, onProgress);
        checkOutputs(result.outputs, task.grant);
        this.#failuresInARow[task.grant.task.kind] = 0;
        return result;
      } catch (thrown) {
        const { code, message } = toWireError(thrown);
        // A refusal does not count as a failure: WebCodecs may well take the next chunk.
        if (code !== "ENGINE_UNAVAILABLE") this.#failuresInARow[task.grant.task.kind] += 1;
        // This browser's encoder would write the same wrong parameter sets again.
        isLeftOut = code === "INIT_MISMATCH";
        if (isLeftOut) this.#failuresInARow.video = FAILURES_TO_GIVE_UP;
        // Where ffmpeg cannot make the task, the first error goes to the caller.
        if (!isForFfmpeg && code !== "ENGINE_UNAVAILABLE") throw thrown;
        if (!isForFfmpeg) throw decoderMissing(message);
        console.info(`task ${of.id} goes to ffmpeg: ${code}: ${message}`);
      }
    }
    if (!isForFfmpeg) throw decoderMissing(webCodecsRefusal(source.video)?.message ?? "");
    const result = await run(ffmpeg, task, onProgress);
    ofFfmpeg(() => checkOutputs(result.outputs, task.grant));
    return isLeftOut ? { ...result, notices: [LEFT_OUT, ...result.notices] } : result;
  }

  #triesWebCodecs({ grant }: TranscodeTask): boolean {
    const { kind } = grant.task;
    return (
      this.#preference !== "ffmpeg" &&
      // The coordinator binds a contributor's audio to ffmpeg, because it is verified by hash.
      (grant.engine === undefined || grant.engine === "webcodecs") &&
      (kind === "audio" || webCodecsRefusal(grant.source.video) === null) &&
      (this.#failuresInARow[kind] < FAILURES_TO_GIVE_UP ||
        (kind === "video" && !coreDecodes(grant.source.video.codec)))
    );
  }
}

async function run(
  engine: TranscodeEngine,
  task: TranscodeTask,
  onProgress: (progress: number, engine: Engine) => void,
): Promise<ChosenResult> {
  const done = await engine.transcode(task, (progress) => onProgress(progress, engine.name));
  if (done.outputs.length === 0) throw new TributaryError("ENCODE_FAILED", "Nothing was made.");
  return { ...done, engine: engine.name };
}
