import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { segmentDurationTicks, TICKS_PER_SECOND } from "../../shared/job/job.ts";
import { sourceFrameTimes } from "../exactness/decoded-frames.ts";
import { cut, decodedSound, inFolder, open } from "./cut-and-decode.ts";
import { type SourceName, source } from "./fixtures.ts";

/**
 * Cuts and decodes each run of audio alone, and places it on the timeline by its chunk's times. It has to equal the
 * audio of the whole file, sample by sample: a shift by one sample is audible as a click. `SETTLED`: the
 * difference, as a share of full scale, that remains after a lossy decoder's pre-roll.
 */
const SETTLED = 2e-3;

const WITH_SOUND = [
  "b-frames.mp4",
  "open-gop.ts",
  "fragmented.mp4",
  "vp8-vorbis.webm",
  "opus.webm",
  "late-start.ts",
  "flv.flv",
  "mpeg4-b.avi",
  "mpeg2.vob",
  "wmv2.wmv",
  "mjpeg-pcm.mov",
  "alac.mkv",
  "pcm.mkv",
  "opus.ts",
] as const satisfies SourceName[];

describe.each(WITH_SOUND)("%s", (name) => {
  test("all runs lie on the sample grid of the whole", async () => {
    const path = await source(name);
    const opened = await open(path);
    const plan = opened.planJob();
    const [rendition] = plan.audio;
    const [facts] = opened.facts.audio;
    if (rendition === undefined || facts === undefined) throw new Error("no sound was found");
    const rate = facts.sampleRate;
    const zeroSeconds = (await sourceFrameTimes(path)).find(Number.isFinite) ?? 0;
    const whole = await decodedSound(path, 0, rate);
    const wholeStart = whole.startSample - Math.round(zeroSeconds * rate);

    await inFolder(async (folder) => {
      for (const segment of plan.segments) {
        const id = `a-${segment.index}`;
        const chunk = await cut(opened, plan, {
          ...{ id, kind: "audio", renditions: [rendition.id] },
          ...{ firstSegment: segment.index, segmentCount: 1 },
        });
        const file = join(folder, id);
        await writeFile(file, new Uint8Array(chunk.bytes));
        const run = await decodedSound(file, 0, rate);
        const base = (chunk.info.baseTicks * rate) / TICKS_PER_SECOND;
        expect(Math.abs(base - Math.round(base))).toBeLessThan(0.3);
        const runStart = run.startSample + Math.round(base);

        const from = Math.ceil((segment.startTicks * rate) / TICKS_PER_SECOND);
        const length = Math.floor((segmentDurationTicks(segment) * rate) / TICKS_PER_SECOND);
        let compared = 0;
        let worst = 0;
        for (let at = Math.max(from, wholeStart); at < from + length; at++) {
          const truth = whole.samples[at - wholeStart];
          const sample = run.samples[at - runStart];
          if (truth === undefined || sample === undefined) continue;
          compared++;
          worst = Math.max(worst, Math.abs(truth - sample));
        }
        expect(compared / length, `coverage of segment ${segment.index}`).toBeGreaterThan(0.95);
        expect(worst, `worst sample of segment ${segment.index}`).toBeLessThan(SETTLED);
      }
    });
    opened.close();
  });
});
