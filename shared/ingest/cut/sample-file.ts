import { TICKS_PER_SECOND } from "../../job/job.ts";

/**
 * Writes an mp4 of one video track whose codec we know nothing of: the sample description is the
 * source's own `stsd`, whole, and the samples are its packets (ISO/IEC 14496-12; box names in the
 * functions below are those of clause 8).
 */
export interface SampleFile {
  /** The `stsd` box. */
  sampleDescriptions: Uint8Array;
  width: number;
  height: number;
  /** Degrees clockwise. */
  rotation: number;
  samples: readonly Sample[];
}

export interface Sample {
  bytes: Uint8Array;
  /** Presentation time; any integer from 0 on. */
  ticks: number;
  isKey: boolean;
}

/** Samples are in decode order. */
export function writeSampleFile(file: SampleFile): ArrayBuffer {
  const { samples } = file;
  // Decode times are the sorted presentation times: as steady as the source, and never equal.
  const decodeTicks = samples.map((sample) => sample.ticks).sort((a, b) => a - b);
  const endTicks = (decodeTicks.at(-1) ?? 0) + 1;
  const ftyp = box("ftyp", ascii("isom"), u32(512), ascii("isomiso2mp41"));
  const mediaBytes = samples.reduce((sum, sample) => sum + sample.bytes.length, 0);
  const layout = (mediaStart: number) =>
    box(
      "moov",
      movieHeader(endTicks),
      box(
        "trak",
        trackHeader(file, endTicks),
        box(
          "mdia",
          fullBox("mdhd", 0, 0, u32(0, 0, TICKS_PER_SECOND, endTicks), u16(0x55c4, 0)),
          fullBox("hdlr", 0, 0, u32(0), ascii("vide"), u32(0, 0, 0), ascii("\0")),
          box(
            "minf",
            fullBox("vmhd", 0, 1, u16(0, 0, 0, 0)),
            box("dinf", fullBox("dref", 0, 0, u32(1), fullBox("url ", 0, 1))),
            box(
              "stbl",
              file.sampleDescriptions,
              timeToSample(decodeTicks, endTicks),
              compositionOffsets(samples, decodeTicks),
              syncSamples(samples),
              fullBox("stsc", 0, 0, u32(1, 1, samples.length, 1)),
              fullBox("stsz", 0, 0, u32(0, samples.length, ...samples.map((s) => s.bytes.length))),
              fullBox("stco", 0, 0, u32(1, mediaStart)),
            ),
          ),
        ),
      ),
    );
  const mediaStart = ftyp.length + layout(0).length + 8;
  const parts = [ftyp, layout(mediaStart), u32(mediaBytes + 8), ascii("mdat")];
  return joined([...parts, ...samples.map((sample) => sample.bytes)]).buffer;
}

function movieHeader(durationTicks: number): Uint8Array {
  return fullBox(
    "mvhd",
    0,
    0,
    u32(0, 0, TICKS_PER_SECOND, durationTicks, 0x10000),
    u16(0x100, 0),
    u32(0, 0),
    matrix(0, 0, 0),
    u32(0, 0, 0, 0, 0, 0, 2),
  );
}

function trackHeader({ width, height, rotation }: SampleFile, durationTicks: number): Uint8Array {
  return fullBox(
    "tkhd",
    0,
    3,
    u32(0, 0, 1, 0, durationTicks, 0, 0),
    u16(0, 0, 0, 0),
    matrix(rotation, width, height),
    u32(width * 65_536, height * 65_536),
  );
}

/** Row-major, 16.16 and in the last column 2.30 (8.2.2.3). */
function matrix(rotation: number, width: number, height: number): Uint8Array {
  const one = 0x10000;
  const w = width * one;
  const h = height * one;
  const rows: Record<number, number[]> = {
    0: [one, 0, 0, 0, one, 0, 0, 0],
    90: [0, one, 0, -one, 0, 0, h, 0],
    180: [-one, 0, 0, 0, -one, 0, w, h],
    270: [0, -one, 0, one, 0, 0, 0, w],
  };
  return u32(...(rows[rotation] ?? rows[0] ?? []).map((value) => value >>> 0), 0x40000000);
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
  const offsets = samples.map((sample, i) => (sample.ticks - (decodeTicks[i] ?? 0)) >>> 0);
  if (offsets.every((offset) => offset === 0)) return new Uint8Array(0);
  return fullBox("ctts", 1, 0, u32(offsets.length, ...offsets.flatMap((offset) => [1, offset])));
}

function syncSamples(samples: readonly Sample[]): Uint8Array {
  const keys = samples.flatMap((sample, i) => (sample.isKey ? [i + 1] : []));
  return fullBox("stss", 0, 0, u32(keys.length, ...keys));
}

function box(type: string, ...content: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const size = content.reduce((sum, part) => sum + part.length, 8);
  return joined([u32(size), ascii(type), ...content]);
}

function fullBox(
  type: string,
  version: number,
  flags: number,
  ...content: Uint8Array[]
): Uint8Array {
  return box(type, u32(version * 2 ** 24 + flags), ...content);
}

function u32(...values: number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 4));
  for (const [i, value] of values.entries()) view.setUint32(i * 4, value);
  return new Uint8Array(view.buffer);
}

function u16(...values: number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 2));
  for (const [i, value] of values.entries()) view.setUint16(i * 2, value);
  return new Uint8Array(view.buffer);
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
