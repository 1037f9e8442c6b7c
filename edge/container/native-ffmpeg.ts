import { createHash } from "node:crypto";
import { checkOutputs } from "../../shared/cmaf/check.ts";
import { ofFfmpeg } from "../../shared/encode/ffmpeg/damage.ts";
import {
  type FfmpegRun,
  type FfmpegRunner,
  type RawOutput,
  runFfmpegTask,
} from "../../shared/encode/ffmpeg/task.ts";
import { durationTicks } from "../../shared/encode/transcode-task.ts";
import type { MadeOutput, MadeTask } from "../../shared/holder/lease-work.ts";
import { TICKS_PER_SECOND } from "../../shared/job/job.ts";
import type { ChunkInfo, LeaseGrant } from "../../shared/wire/lease.ts";
import type { ProgramOptions } from "./program.ts";
import { Workspace } from "./workspace.ts";

export type TranscodeOptions = Pick<ProgramOptions, "signal" | "clock" | "limits">;

/** Data rate of decoded sound: two channels of 32-bit floats at up to 192 kHz. */
const DECODED_BYTES_PER_SECOND = 192_000 * 2 * 4;
/** Allowance for what a chunk has before and after its task, and for an encoder's first estimate. */
const MARGIN_SECONDS = 30;
/** Safety factor: no regular run writes this much. */
const MARGIN_FACTOR = 4;

/** The most bytes that ffmpeg may write to one file of a task, whatever the chunk contains. */
function largestFileBytes({ segments, renditions }: LeaseGrant): number {
  const seconds = durationTicks(segments) / TICKS_PER_SECOND + MARGIN_SECONDS;
  const rates = renditions.map(({ bitsPerSecond }) => bitsPerSecond / 8);
  return Math.ceil(seconds * Math.max(DECODED_BYTES_PER_SECOND, ...rates) * MARGIN_FACTOR);
}

/**
 * Transcodes one task with native ffmpeg. Arguments, packaging and checks are the same as in a tab. An abort kills
 * ffmpeg. The files are always deleted.
 * @param onProgress 0..1
 * @throws TributaryError with the codes of `runFfmpegTask`, `checkOutputs` and `runProgram`
 */
export async function transcodeTask(
  grant: LeaseGrant,
  { info, bytes }: { info: ChunkInfo; bytes: ArrayBuffer },
  onProgress: (progress: number) => void,
  { signal, clock, limits }: TranscodeOptions,
): Promise<MadeTask> {
  const startedMs = performance.now();
  const task = { grant, info, chunk: new Uint8Array(bytes) };
  const options = { signal, clock, limits: { fileBytes: largestFileBytes(grant), ...limits } };
  const done = await Workspace.use((workspace) =>
    runFfmpegTask(task, nativeRunner(workspace, options), onProgress),
  );
  ofFfmpeg(() => checkOutputs(done.outputs, grant));
  return {
    engine: "ffmpeg-native",
    encodeMs: performance.now() - startedMs,
    outputs: done.outputs.map(hashed),
    notices: done.notices,
  };
}

const QUIET = ["-nostdin", "-y"];
const PROGRESS = ["-progress", "pipe:1", "-stats_period", "0.5"];

function nativeRunner(workspace: Workspace, options: ProgramOptions): FfmpegRunner {
  return {
    write: (file, bytes) => workspace.write(file, bytes),
    read: (file) => readOrEmpty(workspace, file),
    remove: (file) => workspace.remove(file),
    async ffmpeg(args, onTime): Promise<FfmpegRun> {
      let farthest = 0;
      return workspace.run("ffmpeg", [...QUIET, ...PROGRESS, ...args], {
        ...options,
        onLine: (line) => {
          const time = /^out_time_us=(\d+)$/.exec(line)?.[1];
          if (time === undefined) return false;
          onTime(Number(time) / 1_000_000);
          const isFarther = Number(time) > farthest;
          farthest = Math.max(farthest, Number(time));
          return isFarther;
        },
      });
    },
    async ffprobe(args) {
      return (await workspace.run("ffprobe", args, options)).stdout;
    },
  };
}

/** The file's bytes; empty where ffmpeg failed before it created the file. Its exit code and log then say why. */
async function readOrEmpty(workspace: Workspace, file: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await workspace.read(file);
  } catch {
    return new Uint8Array(0);
  }
}

function hashed({ rendition, kind, segment, frames, bytes }: RawOutput): MadeOutput {
  return {
    rendition,
    kind,
    segment,
    frames,
    sizeBytes: bytes.length,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    md5: createHash("md5").update(bytes).digest("base64"),
    bytes: bytes.buffer,
  };
}
