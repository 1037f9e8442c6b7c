import { createHash } from "node:crypto";
import { checkOutputs } from "../../shared/cmaf/check.ts";
import {
  type FfmpegRun,
  type FfmpegRunner,
  type RawOutput,
  runFfmpegTask,
} from "../../shared/encode/ffmpeg/task.ts";
import type { MadeOutput, MadeTask } from "../../shared/holder/lease-work.ts";
import { TributaryError } from "../../shared/job/errors.ts";
import type { ChunkInfo, LeaseGrant } from "../../shared/wire/lease.ts";
import { Workspace } from "./workspace.ts";

/**
 * One task by native ffmpeg: the same arguments, packaging and checks as in a tab, by another program.
 * An abort kills ffmpeg; the files are gone in any case.
 * Codes: those of `runFfmpegTask` and `checkOutputs`, ENGINE_UNAVAILABLE.
 * @param onProgress 0..1
 */
export async function transcodeTask(
  grant: LeaseGrant,
  { info, bytes }: { info: ChunkInfo; bytes: ArrayBuffer },
  onProgress: (progress: number) => void,
  signal: AbortSignal,
): Promise<MadeTask> {
  const startedMs = performance.now();
  const task = { grant, info, chunk: new Uint8Array(bytes) };
  const done = await Workspace.use((workspace) =>
    runFfmpegTask(task, nativeRunner(workspace, signal), onProgress),
  );
  checkOutputs(done.outputs, grant);
  return {
    engine: "ffmpeg-native",
    encodeMs: performance.now() - startedMs,
    outputs: done.outputs.map(hashed),
    warnings: done.warnings,
  };
}

function nativeRunner(workspace: Workspace, signal: AbortSignal): FfmpegRunner {
  return {
    write: (file, bytes) => workspace.write(file, bytes),
    read: (file) => readOrEmpty(workspace, file),
    remove: (file) => workspace.remove(file),
    async ffmpeg(args, onTime): Promise<FfmpegRun> {
      const progress = ["-progress", "pipe:1", "-stats_period", "0.5"];
      const { exitCode, lines } = await workspace.run("ffmpeg", [...progress, ...args], {
        signal,
        onLine: (line) => {
          const time = /^out_time_us=(\d+)$/.exec(line)?.[1];
          if (time !== undefined) onTime(Number(time) / 1_000_000);
        },
      });
      // Killed, and not by us: out of memory, as a rule.
      if (exitCode < 0) throw new TributaryError("WORKER_CRASHED", "ffmpeg was killed.");
      return { exitCode, lines };
    },
    async ffprobe(args) {
      return (await workspace.run("ffprobe", args, { signal })).stdout;
    },
  };
}

/** ffmpeg leaves no file where it could not even begin; its exit code and log say why. */
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
