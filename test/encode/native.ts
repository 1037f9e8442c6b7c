import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type FfmpegRunner,
  runFfmpegTask,
  type TranscodedTask,
  type TranscodeTask,
} from "../../shared/encode/ffmpeg/task.ts";

/** Runs one task with native ffmpeg. @param change edits the arguments of each run */
export async function nativeTranscode(
  task: TranscodeTask,
  change = (args: readonly string[]): readonly string[] => args,
): Promise<TranscodedTask> {
  const dir = await mkdtemp(join(tmpdir(), "tributary-engine-"));
  try {
    return await runFfmpegTask(task, nativeRunner(dir, change), () => {});
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/**
 * Arguments that turn off the assembler code of ffmpeg and x264. The arithmetic is then the same as in wasm, and so
 * are the output's bytes.
 */
export function withoutAssembler(args: readonly string[]): readonly string[] {
  const plain = args.map((arg) => (arg.startsWith("fps=") ? `${arg}:asm=0` : arg));
  return ["-cpuflags", "0", ...plain];
}

function nativeRunner(
  dir: string,
  change: (args: readonly string[]) => readonly string[],
): FfmpegRunner {
  return {
    write: (file, bytes) => writeFile(join(dir, file), bytes),
    read: async (file) => new Uint8Array(await readFile(join(dir, file))),
    remove: (file) => rm(join(dir, file), { force: true }),
    async ffmpeg(args) {
      const { exitCode, log } = await run("ffmpeg", ["-nostdin", "-y", ...change(args)], dir);
      return { exitCode, lines: log.split("\n") };
    },
    ffprobe: async (args) => (await run("ffprobe", args, dir)).output,
  };
}

function run(
  program: string,
  args: readonly string[],
  cwd: string,
): Promise<{ exitCode: number; output: string; log: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    let log = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      log += text;
    });
    child.once("error", reject);
    child.once("close", (code) => resolve({ exitCode: code ?? -1, output, log }));
  });
}
