import { spawn } from "node:child_process";
import type { Clip } from "./clips.ts";
import type { MadeRendition } from "./contestant.ts";

export interface RenditionQuality {
  shortSide: number;
  frames: number;
  /** Bits of the video packets divided by the clip's duration. */
  kilobitsPerSecond: number;
  /** PSNR of luma in dB, from the mean squared error over all frames. */
  psnr: number;
  ssim: number;
}

/**
 * Compares every frame, in order, with the source scaled to the same size by a good scaler (bicubic). Frames are
 * matched by number: the contestants' timelines begin at different times.
 */
export async function measureQuality(clip: Clip, made: MadeRendition): Promise<RenditionQuality> {
  const size = clip.sizes[clip.ladder.findIndex(({ shortSide }) => shortSide === made.shortSide)];
  if (size === undefined) throw new Error(`No rung of ${made.shortSide} lines.`);
  const same = `scale=${size.width}:${size.height}:flags=bicubic,setsar=1,format=yuv420p,settb=1/1000,setpts=N`;
  const graph =
    `[0:v]${same},split[a][b];[1:v]${same},split[c][d];` + `[a][c]psnr[p];[b][d]ssim[s]`;
  const log = await ffmpegLog([
    ...["-i", made.input, "-i", clip.path, "-filter_complex", graph],
    ...["-map", "[p]", "-f", "null", "-", "-map", "[s]", "-f", "null", "-"],
  ]);
  const packets = await ffmpegLog([
    ...["-i", made.input, "-map", "0:v:0", "-c", "copy", "-f", "null", "-"],
  ]);
  const psnr = Number(/PSNR y:([\d.]+|inf)/.exec(log)?.[1]);
  const ssim = Number(/SSIM Y:([\d.]+)/.exec(log)?.[1]);
  const kibibytes = Number(/video:(\d+)kB/.exec(packets)?.[1]);
  const frames = Number(/.*frame=\s*(\d+)/s.exec(packets)?.[1]);
  return {
    shortSide: made.shortSide,
    frames,
    kilobitsPerSecond: (kibibytes * 1024 * 8) / 1000 / clip.durationSeconds,
    psnr,
    ssim,
  };
}

async function ffmpegLog(argv: readonly string[]): Promise<string> {
  const child = spawn("ffmpeg", ["-hide_banner", "-nostdin", ...argv], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    log += text;
  });
  const code = await new Promise<number | null>((settle, fail) => {
    child.once("error", fail);
    child.once("close", settle);
  });
  if (code !== 0) throw new Error(`ffmpeg: exit status ${code}\n${log.slice(-2000)}`);
  return log;
}
