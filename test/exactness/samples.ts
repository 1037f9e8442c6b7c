import { readFile } from "node:fs/promises";
import { createFile, MP4BoxBuffer } from "mp4box";
import type { MediaPlaylist } from "./playlist-folder.ts";

/** Samples of a rendition, read by mp4box. Times in seconds on the presentation's timeline. */
export interface RenditionSamples {
  /** Presentation times, in order. */
  timesSeconds: number[];
  /** Largest distance between the end of a sample and the decode time of the next. */
  worstGapSeconds: number;
  /** Decode time of the first sample of each segment. */
  segmentStartsSeconds: number[];
  /** End of the last sample in decode order. */
  endSeconds: number;
  /** For each segment: whether it begins with a sync sample. */
  startsWithSync: boolean[];
}

/** Reads a rendition's segments in the order of its playlist. Uses only the first init segment. */
export async function readSamples(playlist: MediaPlaylist): Promise<RenditionSamples> {
  const init = playlist.inits[0];
  if (init === undefined) throw new Error(`${playlist.path} is empty.`);
  const file = createFile();
  let offset = 0;
  const append = async (path: string): Promise<number> => {
    const bytes = await readFile(path);
    const buffer = new Uint8Array(bytes).buffer;
    file.appendBuffer(MP4BoxBuffer.fromArrayBuffer(buffer, offset));
    offset += bytes.length;
    const track = file.getInfo().tracks[0];
    return track === undefined ? 0 : file.getTrackSamplesInfo(track.id).length;
  };
  await append(init);
  const firstSamples: number[] = [];
  let count = 0;
  for (const path of playlist.segments) {
    firstSamples.push(count);
    count = await append(path);
  }
  file.flush();

  const track = file.getInfo().tracks[0];
  if (track === undefined) throw new Error(`mp4box finds no track in ${playlist.path}.`);
  const samples = file.getTrackSamplesInfo(track.id);
  const { timescale } = track;
  let worstGap = 0;
  let end = samples[0]?.dts ?? 0;
  for (const { dts, duration } of samples) {
    worstGap = Math.max(worstGap, Math.abs(dts - end));
    end = dts + duration;
  }
  return {
    timesSeconds: samples.map(({ cts }) => cts / timescale).sort((a, b) => a - b),
    worstGapSeconds: worstGap / timescale,
    segmentStartsSeconds: firstSamples.map((at) => (samples[at]?.dts ?? Number.NaN) / timescale),
    endSeconds: end / timescale,
    startsWithSync: firstSamples.map((at) => samples[at]?.is_sync === true),
  };
}
