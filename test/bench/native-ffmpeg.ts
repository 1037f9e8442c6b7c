import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { ffmpeg } from "../setup/media.ts";
import type { Contestant } from "./contestant.ts";
import { ffmpegLadderArgs, ffmpegLadderDirs } from "./ffmpeg-ladder.ts";

/** One process of native ffmpeg with all its threads and its assembler code. */
export const nativeFfmpeg: Contestant = {
  name: "native ffmpeg",
  async run(clip, outDir) {
    for (const dir of ffmpegLadderDirs(clip)) await mkdir(join(outDir, dir), { recursive: true });
    const startedMs = performance.now();
    await ffmpeg(ffmpegLadderArgs(clip, clip.path, outDir, null));
    return {
      wallMs: performance.now() - startedMs,
      firstPlayableMs: null,
      renditions: clip.ladder.map(({ shortSide }) => ({
        shortSide,
        input: join(outDir, String(shortSide), "index.m3u8"),
      })),
      details: {},
    };
  },
};
