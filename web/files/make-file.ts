import { StreamTarget } from "mediabunny";
import { joinMp4 } from "../../shared/ingest/join/join-mp4.ts";
import type { FilesTrack, VideoFiles } from "../../shared/wire/files.ts";
import type { SaveTarget } from "./save-target.ts";
import { type ObjectReader, segmentSource } from "./segment-source.ts";
import { zipStream } from "./zip.ts";

/** Makes files of finished videos from accepted segments, in the page. Loaded when a person asks for a file. */

export interface MakeFile extends ObjectReader {
  files: VideoFiles;
  target: SaveTarget;
  /** 0..1 */
  onProgress(share: number): void;
}

/**
 * Makes an MP4 of a video rendition with the first audio track, or an M4A of an audio rendition.
 * @throws TributaryError DOWNLOAD_FAILED, OUTPUT_HASH_MISMATCH, OUTPUT_INVALID
 */
export async function makeMp4(options: MakeFile, { kind, rendition }: FilesTrack): Promise<void> {
  const { files, target, signal, onProgress } = options;
  const video = files.tracks.find((each) => each.kind === "video" && each.rendition === rendition);
  const audio = files.tracks.find((each) => {
    return each.kind === "audio" && (kind === "video" || each.rendition === rendition);
  });
  const joined = (track: FilesTrack | undefined) =>
    track === undefined
      ? null
      : {
          source: segmentSource(options, track),
          packets: track.media.reduce((sum, { frames }) => sum + frames, 0),
        };
  await joinMp4({
    video: joined(video),
    audio: joined(audio),
    target: new StreamTarget(target.writable, { chunked: true, chunkSize: 1024 * 1024 }),
    signal,
    onProgress: (seconds) => onProgress(Math.min(1, seconds / files.durationSeconds)),
  });
}

/**
 * Makes a ZIP of the whole video as one folder. Its `master.m3u8` plays from any web server, and from disk in players
 * that read HLS.
 * @throws TributaryError DOWNLOAD_FAILED, OUTPUT_HASH_MISMATCH
 */
export async function makeZip(options: MakeFile, title: string): Promise<void> {
  const { target, files, signal, onProgress } = options;
  const total = sizeOf(files);
  const writer = target.writable.getWriter();
  let position = 0;
  try {
    const reader = zipStream(options, files, title).getReader();
    for (;;) {
      signal.throwIfAborted();
      const { value, done } = await reader.read();
      if (done) break;
      // Copied, because chunks of the ZIP are views of fetched buffers.
      await writer.write({ type: "write", data: new Uint8Array(value), position });
      position += value.length;
      onProgress(Math.min(1, position / total));
    }
    await writer.close();
  } catch (thrown) {
    await writer.abort(thrown).catch(() => {});
    throw thrown;
  }
}

/** Bytes of all objects. */
export function sizeOf({ tracks, others }: VideoFiles): number {
  const objects = [...tracks.flatMap(({ init, media }) => [init, ...media]), ...others];
  return objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

/** Estimated size of a track's file in bytes: the track, and for video also the first audio track. */
export function fileSizeOf({ tracks }: VideoFiles, track: FilesTrack): number {
  const sound = tracks.find(({ kind }) => kind === "audio");
  const parts = track.kind === "video" && sound !== undefined ? [track, sound] : [track];
  return sizeOf({ tracks: parts, others: [], durationSeconds: 0 });
}
