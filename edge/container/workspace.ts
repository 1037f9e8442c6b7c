import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Program, type ProgramOptions, type ProgramRun, runProgram } from "./program.ts";

/** A temporary folder in which native ffmpeg works. */
export class Workspace {
  readonly dir: string;

  private constructor(dir: string) {
    this.dir = dir;
  }

  /** Makes a folder for `work`, and deletes it with everything in it afterwards, even when `work` fails. */
  static async use<T>(work: (workspace: Workspace) => Promise<T>): Promise<T> {
    const dir = await mkdtemp(join(tmpdir(), "tributary-task-"));
    try {
      return await work(new Workspace(dir));
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  }

  path(name: string): string {
    return join(this.dir, name);
  }

  async write(name: string, bytes: Uint8Array | ArrayBuffer): Promise<void> {
    await writeFile(this.path(name), bytes instanceof ArrayBuffer ? new Uint8Array(bytes) : bytes);
  }

  /** Reads a file. The caller owns the bytes. */
  async read(name: string): Promise<Uint8Array<ArrayBuffer>> {
    const buffer = await readFile(this.path(name));
    // Copied, because small files share Node's buffer pool, and only a whole ArrayBuffer can be transferred.
    return new Uint8Array(buffer);
  }

  async remove(name: string): Promise<void> {
    await rm(this.path(name), { force: true });
  }

  /** As `runProgram`, in this folder, so that arguments can be plain file names. */
  run(program: Program, argv: readonly string[], options: ProgramOptions): Promise<ProgramRun> {
    return runProgram(program, argv, this.dir, options);
  }
}
