import { join } from "node:path";
import { withPeerPage } from "./browser-peer.ts";
import type { Contestant } from "./contestant.ts";

/**
 * mediabunny's own Conversion over WebCodecs, one for each rendition, all at once. Video only: browsers here have
 * no AAC encoder.
 */
export const mediabunnyConversion: Contestant = {
  name: "mediabunny Conversion",
  run: (clip, outDir, signal) =>
    withPeerPage(clip.path, outDir, signal, async (page) => {
      const rungs = clip.ladder.map(({ shortSide, kilobitsPerSecond }, index) => ({
        shortSide,
        bitrate: kilobitsPerSecond * 1000,
        width: clip.sizes[index]?.width ?? 0,
        height: clip.sizes[index]?.height ?? 0,
      }));
      const wallMs = await page.evaluate(runInPage, { rungs, frameRate: clip.frameRate });
      return {
        wallMs,
        firstPlayableMs: null,
        renditions: rungs.map(({ shortSide }) => ({
          shortSide,
          input: join(outDir, `${shortSide}.mp4`),
        })),
        details: { audio: false },
      };
    }),
};

interface Given {
  rungs: { shortSide: number; bitrate: number; width: number; height: number }[];
  frameRate: number;
}

async function runInPage({ rungs, frameRate }: Given): Promise<number> {
  const { ALL_FORMATS, BlobSource, BufferTarget, Mp4OutputFormat, Conversion, Input, Output } =
    await load<typeof import("mediabunny")>(
      "/node_modules/mediabunny/dist/bundles/mediabunny.min.mjs",
    );
  const blob = await (await fetch("/clip")).blob();
  const startedMs = performance.now();
  const targets = await Promise.all(
    rungs.map(async ({ bitrate, width, height }) => {
      const target = new BufferTarget();
      const conversion = await Conversion.init({
        input: new Input({ source: new BlobSource(blob), formats: ALL_FORMATS }),
        output: new Output({ format: new Mp4OutputFormat(), target }),
        video: {
          codec: "avc",
          width,
          height,
          fit: "fill",
          bitrate,
          frameRate,
          keyFrameInterval: 2,
          forceTranscode: true,
          hardwareAcceleration: "no-preference",
        },
        audio: { discard: true },
      });
      await conversion.execute();
      return target;
    }),
  );
  const wallMs = performance.now() - startedMs;
  for (const [index, target] of targets.entries()) {
    const buffer = target.buffer;
    if (buffer === null) throw new Error("no output");
    await keepBytes(`${rungs[index]?.shortSide}.mp4`, new Uint8Array(buffer));
  }
  return wallMs;
}
