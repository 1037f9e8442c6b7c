import { matrix, movieBox } from "../../isobmff/movie.ts";
import { ascii, box, concat, fullBox, type Part, u32 } from "../../isobmff/write.ts";

/**
 * An mp4 of one track, for codecs that mediabunny does not know and for sample descriptions that change within
 * the track. `stsd` is copied whole from the source (ISO/IEC 14496-12; box names are those of clause 8).
 */
export interface SampleFile {
  /** The `stsd` box. */
  sampleDescriptions: Uint8Array;
  kind: "video" | "audio";
  /** Ticks a second of the samples' times. */
  timescale: number;
  /** 0 for audio. */
  width: number;
  height: number;
  /** Degrees clockwise. */
  rotation: number;
  /** Whether left and right are swapped, after the picture is turned. */
  isMirrored?: boolean;
  samples: readonly Sample[];
}

export interface Sample {
  bytes: Uint8Array;
  /** Presentation time; any integer from 0 on. */
  ticks: number;
  isKey: boolean;
  /** Position in `stsd`; default: the first. */
  description?: number;
}

/** Samples are in decode order. */
export function writeSampleFile(file: SampleFile): ArrayBuffer {
  const { samples } = file;
  // Decode times are the sorted presentation times: as steady as the source, and never equal.
  const decodeTicks = samples.map((sample) => sample.ticks).sort((a, b) => a - b);
  const endTicks = (decodeTicks.at(-1) ?? 0) + 1;
  const ftyp = box("ftyp", ascii("isom"), u32(512), ascii("isomiso2mp41"));
  const mediaBytes = samples.reduce((sum, sample) => sum + sample.bytes.length, 0);
  const runs = descriptionRuns(samples);
  const layout = (mediaStart: number) =>
    movieBox({
      kind: file.kind,
      timescale: file.timescale,
      durationTicks: endTicks,
      width: file.width,
      height: file.height,
      matrix: turned(file),
      handlerName: "",
      sampleTable: [
        file.sampleDescriptions,
        timeToSample(decodeTicks, endTicks),
        compositionOffsets(samples, decodeTicks),
        syncSamples(samples),
        fullBox("stsc", 0, 0, u32(runs.length, ...runs.flatMap(({ entry }) => entry))),
        fullBox("stsz", 0, 0, u32(0, samples.length, ...samples.map((s) => s.bytes.length))),
        fullBox("stco", 0, 0, u32(runs.length, ...runs.map(({ offset }) => mediaStart + offset))),
      ],
    });
  const mediaStart = ftyp.length + layout(0).length + 8;
  const parts = [ftyp, layout(mediaStart), u32(mediaBytes + 8), ascii("mdat")];
  return concat([...parts, ...samples.map((sample) => sample.bytes)]).buffer;
}

/** One mp4 chunk for each run of samples with one description: its `stsc` entry, and where it begins in `mdat`. */
function descriptionRuns(samples: readonly Sample[]): { entry: number[]; offset: number }[] {
  const runs: { entry: [chunk: number, samples: number, description: number]; offset: number }[] =
    [];
  let offset = 0;
  for (const { bytes, description = 0 } of samples) {
    const last = runs.at(-1);
    if (last?.entry[2] === description + 1) last.entry[1] += 1;
    else runs.push({ entry: [runs.length + 1, 1, description + 1], offset });
    offset += bytes.length;
  }
  return runs;
}

/** The matrix that turns clockwise, then mirrors, and moves the picture's corner to the origin again. */
function turned({ rotation, width, height, isMirrored = false }: SampleFile): Part {
  const flip = (to: number, a: number, b: number, c: number, d: number, x: number, y: number) =>
    isMirrored ? matrix(-a, b, -c, d, to - x, y) : matrix(a, b, c, d, x, y);
  if (rotation === 90) return flip(height, 0, 1, -1, 0, height, 0);
  if (rotation === 180) return flip(width, -1, 0, 0, -1, width, height);
  if (rotation === 270) return flip(height, 0, -1, 1, 0, 0, width);
  return flip(width, 1, 0, 0, 1, 0, 0);
}

function timeToSample(decodeTicks: readonly number[], endTicks: number): Uint8Array {
  const runs: [count: number, delta: number][] = [];
  for (const [i, at] of decodeTicks.entries()) {
    const delta = (decodeTicks[i + 1] ?? endTicks) - at;
    const last = runs.at(-1);
    if (last?.[1] === delta) last[0] += 1;
    else runs.push([1, delta]);
  }
  return fullBox("stts", 0, 0, u32(runs.length, ...runs.flat()));
}

/** Version 1: signed offsets. */
function compositionOffsets(
  samples: readonly Sample[],
  decodeTicks: readonly number[],
): Uint8Array {
  const offsets = samples.map((sample, i) => sample.ticks - (decodeTicks[i] ?? 0));
  if (offsets.every((offset) => offset === 0)) return new Uint8Array(0);
  return fullBox("ctts", 1, 0, u32(offsets.length, ...offsets.flatMap((offset) => [1, offset])));
}

function syncSamples(samples: readonly Sample[]): Uint8Array {
  const keys = samples.flatMap((sample, i) => (sample.isKey ? [i + 1] : []));
  return fullBox("stss", 0, 0, u32(keys.length, ...keys));
}
