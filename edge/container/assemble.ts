import { createWriteStream, openAsBlob } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { FilePathSource, FilePathTarget } from "mediabunny";
import { joinMp4 } from "../../shared/ingest/join/join-mp4.ts";
import { TributaryError } from "../../shared/job/errors.ts";
import type { AssembleRequest, AssembleResponse } from "../../shared/wire/container.ts";
import { downloadWhole } from "./download.ts";
import { Workspace } from "./workspace.ts";

type Track = AssembleRequest["video"];

const VIDEO_FILE = "video.mp4";
const AUDIO_FILE = "audio.mp4";
const OUTPUT_FILE = "out.mp4";

/**
 * Makes one fast-start MP4 from finished segments (`joinMp4`), and stores it.
 * @throws TributaryError DOWNLOAD_FAILED, OUTPUT_HASH_MISMATCH, UPLOAD_REFUSED, UPLOAD_FAILED,
 *   OUTPUT_INVALID
 */
export function assembleSegments(
  { video, audio, output }: AssembleRequest,
  signal: AbortSignal,
): Promise<AssembleResponse> {
  return Workspace.use(async (workspace) => {
    const track = async (segments: Track, file: string) => {
      await download(segments, workspace.path(file), signal);
      return { source: new FilePathSource(workspace.path(file)), packets: null };
    };
    const frames = await joinMp4({
      video: await track(video, VIDEO_FILE),
      audio: audio && (await track(audio, AUDIO_FILE)),
      target: new FilePathTarget(workspace.path(OUTPUT_FILE)),
      signal,
    });
    // A blob of the file is sent from disk, with the content length that storage requires.
    const blob = await openAsBlob(workspace.path(OUTPUT_FILE), { type: "video/mp4" });
    await upload(output, blob, signal);
    return { sizeBytes: blob.size, ...frames };
  });
}

/** Writes the init segment and the media segments to one file, which is a fragmented MP4. */
async function download({ init, media }: Track, path: string, signal: AbortSignal): Promise<void> {
  async function* bytes(): AsyncGenerator<Uint8Array> {
    for (const url of [init, ...media]) yield await downloadWhole(url, signal);
  }
  await pipeline(Readable.from(bytes()), createWriteStream(path), { signal });
}

async function upload(
  { url, headers }: AssembleRequest["output"],
  blob: Blob,
  signal: AbortSignal,
): Promise<void> {
  const response = await fetch(url, { method: "PUT", headers, body: blob, signal }).catch(
    (cause: unknown) => {
      signal.throwIfAborted();
      throw new TributaryError("UPLOAD_FAILED", "Storage could not be reached.", { cause });
    },
  );
  await response.arrayBuffer();
  if (response.ok || response.status === 412) return;
  const code = response.status === 403 ? "UPLOAD_REFUSED" : "UPLOAD_FAILED";
  throw new TributaryError(code, `Storage answered with status ${response.status}.`);
}
