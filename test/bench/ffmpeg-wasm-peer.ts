import { join } from "node:path";
import { withPeerPage } from "./browser-peer.ts";
import type { Contestant } from "./contestant.ts";
import { ffmpegLadderArgs, ffmpegLadderDirs } from "./ffmpeg-ladder.ts";

/**
 * Seconds a run may take per second of the clip. A longer run counts as the known hang of core-mt
 * (ffmpegwasm/ffmpeg.wasm #597).
 */
const TIMEOUT_PER_SECOND = 12;

/** One instance of ffmpeg.wasm, loaded beforehand, one exec for the whole ladder. */
export function ffmpegWasm(core: "core" | "core-mt"): Contestant {
  return {
    name: `ffmpeg.wasm ${core}`,
    run: (clip, outDir, signal) =>
      withPeerPage(clip.path, outDir, signal, async (page) => {
        const threads = core === "core-mt" ? 2 : 1;
        const given = {
          core,
          dirs: ffmpegLadderDirs(clip),
          args: [
            ...(core === "core-mt" ? ["-filter_complex_threads", "1", "-threads", "2"] : []),
            ...ffmpegLadderArgs(clip, "clip.mp4", ".", threads),
          ],
          timeoutMs: 30_000 + clip.durationSeconds * TIMEOUT_PER_SECOND * 1000,
        };
        const wallMs = await page.evaluate(runInPage, given);
        return {
          wallMs,
          firstPlayableMs: null,
          renditions: clip.ladder.map(({ shortSide }) => ({
            shortSide,
            input: join(outDir, String(shortSide), "index.m3u8"),
          })),
          details: {},
        };
      }),
  };
}

interface Given {
  core: string;
  dirs: string[];
  args: string[];
  timeoutMs: number;
}

/** Runs in the page. Times only the exec, which is what a user of the package waits for. @returns milliseconds */
async function runInPage({ core, dirs, args, timeoutMs }: Given): Promise<number> {
  const { FFmpeg } = await load<typeof import("@ffmpeg/ffmpeg")>(
    "/node_modules/@ffmpeg/ffmpeg/dist/esm/index.js",
  );
  const { fetchFile } = await load<typeof import("@ffmpeg/util")>(
    "/node_modules/@ffmpeg/util/dist/esm/index.js",
  );
  const ffmpeg = new FFmpeg();
  const log: string[] = [];
  ffmpeg.on("log", ({ message }) => {
    log.push(message);
    if (log.length > 50) log.shift();
  });
  const base = `${location.origin}/node_modules/@ffmpeg/${core}/dist/esm/ffmpeg-core`;
  await ffmpeg.load({
    coreURL: `${base}.js`,
    wasmURL: `${base}.wasm`,
    ...(core === "core-mt" ? { workerURL: `${base}.worker.js` } : {}),
  });
  await ffmpeg.writeFile("clip.mp4", await fetchFile("/clip"));
  for (const dir of dirs) await ffmpeg.createDir(dir);
  const startedMs = performance.now();
  const exitCode = await ffmpeg.exec(args, timeoutMs);
  const wallMs = performance.now() - startedMs;
  if (exitCode !== 0) throw new Error(`exit code ${exitCode}\n${log.join("\n")}`);
  for (const dir of dirs) {
    for (const { name, isDir } of await ffmpeg.listDir(dir)) {
      if (isDir) continue;
      const bytes = await ffmpeg.readFile(`${dir}/${name}`);
      if (typeof bytes !== "string") await keepBytes(`${dir}/${name}`, bytes);
    }
  }
  return wallMs;
}
