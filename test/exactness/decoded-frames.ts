import { ffmpeg, ffprobe } from "../setup/media.ts";

/** Times, in seconds, of the frames that native ffmpeg decodes, in display order. */
export async function decodedFrameTimes(path: string): Promise<number[]> {
  const log = await ffmpeg([
    ...input(path),
    ...["-map", "0:v:0", "-fps_mode", "passthrough", "-enc_time_base", "-1"],
    // Small frames are quick to hash. Only their times matter here.
    ...["-vf", "scale=16:16", "-f", "framehash", "-hash", "crc32", "-"],
  ]);
  const lines = log.toString().split("\n");
  const [, numerator = "1", denominator = "1"] =
    lines.map((line) => /^#tb 0: (\d+)\/(\d+)/.exec(line)).find(Boolean) ?? [];
  const tick = Number(numerator) / Number(denominator);
  return lines.filter((line) => /^\d/.test(line)).map((line) => Number(line.split(",")[2]) * tick);
}

/** Like {@link decodedFrameTimes}, for a source: with edit lists applied and without hidden frames. */
export async function sourceFrameTimes(path: string): Promise<number[]> {
  const { frames } = (await ffprobe([
    ...["-select_streams", "v:0", "-show_entries", "frame=best_effort_timestamp_time", path],
  ])) as { frames: { best_effort_timestamp_time: string }[] };
  return frames.map((frame) => Number(frame.best_effort_timestamp_time));
}

/** Largest difference in seconds, each list counted from its own first frame. Infinity where the counts differ. */
export function worstTimeError(actual: readonly number[], expected: readonly number[]): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  const [actualStart = 0, expectedStart = 0] = [actual[0], expected[0]];
  return actual.reduce((worst, time, index) => {
    const error = time - actualStart - ((expected[index] ?? Number.NaN) - expectedStart);
    return Math.max(worst, Math.abs(error));
  }, 0);
}

function input(path: string): string[] {
  const isPlaylist = path.endsWith(".m3u8");
  return [...(isPlaylist ? ["-allowed_extensions", "ALL"] : []), "-copyts", "-i", path];
}
