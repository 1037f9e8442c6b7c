import { expect } from "vitest";
import type { AudioRendition, Rendition } from "../../shared/job/job.ts";
import {
  decodedFrameTimes,
  sourceFrameTimes,
  worstTimeError,
} from "../exactness/decoded-frames.ts";
import { comparePictures } from "../exactness/picture-likeness.ts";
import {
  type MediaPlaylist,
  type PlaylistFolder,
  readPlaylistFolder,
} from "../exactness/playlist-folder.ts";
import { readSamples } from "../exactness/samples.ts";
import {
  compareWithSinglePass,
  type SoundComparison,
  type SoundOffset,
  type SoundRequest,
  soundOffset,
} from "../exactness/sound.ts";
import type { MadeVideo } from "./made-video.ts";

/** Covers half a tick of 1/90,000 s, the rounding of the source's own clock, and that of printed times. */
const TIME_TOLERANCE_SECONDS = 0.00002;

export interface ExactVideo {
  source: string;
  /** True times of the source's frames, in seconds. Default: as native ffmpeg reads them. */
  timesSeconds?: readonly number[] | null;
  /** Filter that the source's frames went through; null: frames are not compared (tone-mapped ones). */
  sourceFilter?: string | null;
}

/**
 * Decodes every rendition by native ffmpeg through the playlists, and expects every source frame once, at its time,
 * with its picture. Also expects one init segment for each rendition, an IDR frame at the start of each segment,
 * and no gap between segments.
 */
export async function expectExactPictures(
  video: { dir: string; status: { renditions: readonly Pick<Rendition, "id" | "kind">[] } },
  exact: ExactVideo,
): Promise<void> {
  const times = exact.timesSeconds ?? (await sourceFrameTimes(exact.source));
  const folder = await readPlaylistFolder(video.dir);
  const planned = video.status.renditions.filter(({ kind }) => kind === "video");
  // A rendition is listed once for each audio group.
  const names = new Set(folder.video.map(({ name }) => name));
  expect([...names].sort()).toEqual(planned.map(({ id }) => id).sort());
  for (const playlist of folder.video) {
    const where = playlist.name;
    const decoded = await decodedFrameTimes(playlist.path);
    expect(decoded.length, `${where}: frames decoded`).toBe(times.length);
    expect(worstTimeError(decoded, times), `${where}: decoded times`).toBeLessThan(
      TIME_TOLERANCE_SECONDS,
    );
    await expectUnbrokenSegments(playlist, times);
    if (exact.sourceFilter === null) continue;
    const likeness = await comparePictures(playlist.path, exact.source, exact.sourceFilter);
    expect(likeness.worstDb, `${where}: the worst picture`).toBeGreaterThan(18);
    // In a rendition that is off by one frame, no frame is in its place. In a right one, coarse coding may make a
    // few frames look displaced.
    expect(likeness.inPlace, `${where}: moving pictures in their place`).toBeGreaterThan(0.7);
  }
}

async function expectUnbrokenSegments(playlist: MediaPlaylist, times: readonly number[]) {
  const where = playlist.name;
  const samples = await readSamples(playlist);
  expect(worstTimeError(samples.timesSeconds, times), `${where}: times in the boxes`).toBeLessThan(
    TIME_TOLERANCE_SECONDS,
  );
  expect(samples.timesSeconds[0], `${where}: the first frame`).toBe(0);
  expect(samples.worstGapSeconds, `${where}: gaps`).toBe(0);
  expect(samples.startsWithSync, `${where}: IDR first`).not.toContain(false);
  expect(new Set(playlist.inits).size, `${where}: init segments`).toBe(1);
  const total = playlist.durations.reduce((sum, duration) => sum + duration, 0);
  expect(total, `${where}: sum of EXTINF`).toBeCloseTo(samples.endSeconds, 4);
  for (const duration of playlist.durations) expect(duration).toBeLessThanOrEqual(6.5);
}

/** Compares the default audio track, sample by sample, with one single encode of the whole source. */
export async function soundOf(
  video: MadeVideo,
  source: string,
  firstFrameSeconds: number,
): Promise<SoundComparison> {
  return compareWithSinglePass(await soundRequest(video, source, firstFrameSeconds));
}

/** Measures the shift in time of the default audio track against the source's. */
export async function soundOffsetOf(
  video: MadeVideo,
  source: string,
  firstFrameSeconds: number,
): Promise<SoundOffset> {
  return soundOffset(await soundRequest(video, source, firstFrameSeconds));
}

async function soundRequest(
  video: MadeVideo,
  sourcePath: string,
  firstFrameSeconds: number,
): Promise<SoundRequest> {
  const { id, track, sampleRate, channels, bitsPerSecond } = defaultAudio(video);
  const folder = await readPlaylistFolder(video.dir);
  const { path: playlistPath } = await audioPlaylist(folder, id);
  const durationSeconds = video.status.durationTicks / 90_000;
  return {
    ...{ playlistPath, sourcePath, track, sampleRate, channels, bitsPerSecond },
    ...{ firstFrameSeconds, durationSeconds },
  };
}

function defaultAudio({ status }: MadeVideo): AudioRendition {
  const audio = status.renditions.filter((each) => each.kind === "audio");
  const found = audio.find(({ isDefault }) => isDefault) ?? audio[0];
  if (found === undefined) throw new Error("The video has no sound.");
  return found;
}

async function audioPlaylist(folder: PlaylistFolder, id: string): Promise<MediaPlaylist> {
  const playlist = folder.audio.find(({ name }) => name === id);
  if (playlist === undefined) throw new Error(`No audio playlist ${id}.`);
  const samples = await readSamples(playlist);
  expect(samples.worstGapSeconds, `${id}: gaps`).toBe(0);
  expect(samples.timesSeconds[0], `${id}: the first sample`).toBe(0);
  expect(new Set(playlist.inits).size, `${id}: init segments`).toBe(1);
  return playlist;
}
