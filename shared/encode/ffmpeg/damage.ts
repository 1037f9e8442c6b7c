import { TributaryError } from "../../job/errors.ts";
import { type Segment, TICKS_PER_SECOND } from "../../job/job.ts";
import { type Notice, notice } from "../../job/notice.ts";
import { clock } from "../../job/ticks.ts";
import { durationTicks } from "../transcode-task.ts";
import type { FfmpegRun } from "./runner.ts";

/** Notices for damage that a run of ffmpeg reported. */

/**
 * Checks ffmpeg's exit code; the log tells which error a failure is.
 * @throws TributaryError OUT_OF_MEMORY, DECODE_FAILED, ENCODE_FAILED when the exit code is not 0
 */
export function checkExit(run: FfmpegRun, segments: readonly Segment[]): void {
  if (run.exitCode === 0) return;
  if (run.lines.some((line) => line.includes("Cannot allocate memory"))) {
    throw new TributaryError("OUT_OF_MEMORY", "There is not enough memory to encode this video.");
  }
  if (damageLines(run.lines).length > 0)
    throw decodeFailed(`The picture ${between(segments)} cannot be decoded.`);
  const said = run.lines.findLast((line) => line.includes("[error]") || line.includes("[fatal]"));
  throw new TributaryError(
    "ENCODE_FAILED",
    `Encoding failed${said === undefined ? "" : `: ${plain(said)}`}.`,
  );
}

/** DECODE_FAILED for pictures that ffmpeg did not put out, with the cause if the log names one. */
export function missingPictures(
  missing: number,
  planned: number,
  segments: readonly Segment[],
  run: FfmpegRun,
): TributaryError {
  const cause = damageLines(run.lines)[0];
  const why = cause === undefined ? "the decoder left them out" : "the source is damaged there";
  return decodeFailed(
    `${missing} of ${planned} pictures ${between(segments)} cannot be decoded: ${why}.`,
    cause,
  );
}

/** A retry does not help: decoding is deterministic. */
export function decodeFailed(message: string, cause?: unknown): TributaryError {
  return new TributaryError("DECODE_FAILED", message, { retryable: false, cause });
}

/**
 * Runs a step that packages or checks ffmpeg's output. Its errors become final, because ffmpeg makes the
 * same output of the same chunk each time.
 * @throws TributaryError those of `step`, none of them retryable
 */
export function ofFfmpeg<T>(step: () => T): T {
  try {
    return step();
  } catch (thrown) {
    if (!(thrown instanceof TributaryError)) throw thrown;
    throw new TributaryError(thrown.code, thrown.message, { cause: thrown, retryable: false });
  }
}

/**
 * The log lines that report damage. ffmpeg ends with 0 on damaged input and fills the holes by guess. Only
 * ffmpeg's own lines count, not a codec's: codecs also complain of references that were left out on purpose
 * (open GOPs).
 */
function damageLines(lines: readonly string[]): string[] {
  return lines.filter((line) =>
    /corrupt decoded frame|corrupt input packet|Error while decoding stream|Error submitting packet/.test(
      line,
    ),
  );
}

/** PICTURES_REPAIRED where ffmpeg complained of damage and went on. */
export function pictureNotices(run: FfmpegRun, segments: readonly Segment[]): Notice[] {
  const damaged = damageLines(run.lines).length;
  if (damaged === 0) return [];
  const message = `The source is damaged ${between(segments)}: about ${damaged} pictures there were repaired by guess.`;
  return [notice("PICTURES_REPAIRED", message, startSeconds(segments))];
}

/** SOUND_MISSING where ffmpeg complained of damage and went on. */
export function soundNotices(lines: readonly string[], segments: readonly Segment[]): Notice[] {
  const damaged = damageLines(lines).length;
  if (damaged === 0) return [];
  const message = `The sound is damaged ${between(segments)}: about ${damaged} pieces of it are missing.`;
  return [notice("SOUND_MISSING", message, startSeconds(segments))];
}

function startSeconds([first]: readonly Segment[]): number {
  return (first?.startTicks ?? 0) / TICKS_PER_SECOND;
}

/** "between 0:06 and 0:12", for sentences. */
export function between(segments: readonly Segment[]): string {
  const startTicks = segments[0]?.startTicks ?? 0;
  return `between ${clock(startTicks)} and ${clock(startTicks + durationTicks(segments))}`;
}

/** A log line without its prefix ("[libx264 @ 0x1234] [error] "), cut to 160 characters. */
function plain(line: string): string {
  return line.replace(/^(\[[^\]]*\]\s*)+/, "").slice(0, 160);
}
