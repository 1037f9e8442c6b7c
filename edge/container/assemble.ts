import { createWriteStream, openAsBlob } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import {
  EncodedAudioPacketSource,
  EncodedPacketSink,
  EncodedVideoPacketSource,
  FilePathSource,
  FilePathTarget,
  Input,
  type InputTrack,
  MP4,
  Mp4OutputFormat,
  Output,
} from "mediabunny";
import { TributaryError } from "../../shared/job/errors.ts";
import type { AssembleRequest, AssembleResponse } from "../../shared/wire/container.ts";
import { downloadWhole } from "./download.ts";
import { Workspace } from "./workspace.ts";

type Track = AssembleRequest["video"];
type Packets = EncodedVideoPacketSource | EncodedAudioPacketSource;

const VIDEO_FILE = "video.mp4";
const AUDIO_FILE = "audio.mp4";
const OUTPUT_FILE = "out.mp4";

/**
 * Makes one fast-start MP4 of finished segments, packet by packet, and stores it. Nothing is encoded
 * again and no file is held in memory. Not by `ffmpeg -c copy`: it writes decode durations, so that the
 * picture would end some frames before its sound.
 * @throws TributaryError DOWNLOAD_FAILED, OUTPUT_HASH_MISMATCH, UPLOAD_REFUSED, UPLOAD_FAILED,
 *   OUTPUT_INVALID
 */
export function assembleSegments(
  { video, audio, output }: AssembleRequest,
  signal: AbortSignal,
): Promise<AssembleResponse> {
  return Workspace.use(async (workspace) => {
    await download(video, workspace.path(VIDEO_FILE), signal);
    if (audio !== null) await download(audio, workspace.path(AUDIO_FILE), signal);
    const videoInput = open(workspace.path(VIDEO_FILE));
    const audioInput = audio === null ? null : open(workspace.path(AUDIO_FILE));
    try {
      const frames = await mux(videoInput, audioInput, workspace.path(OUTPUT_FILE), signal);
      // A blob of the file: sent from disk, and with the length that storage asks for.
      const blob = await openAsBlob(workspace.path(OUTPUT_FILE), { type: "video/mp4" });
      await upload(output, blob, signal);
      return { sizeBytes: blob.size, ...frames };
    } finally {
      videoInput.dispose();
      audioInput?.dispose();
    }
  });
}

/** Init and media segments one after the other are a fragmented MP4. */
async function download({ init, media }: Track, path: string, signal: AbortSignal): Promise<void> {
  async function* bytes(): AsyncGenerator<Uint8Array> {
    for (const url of [init, ...media]) yield await downloadWhole(url, signal);
  }
  await pipeline(Readable.from(bytes()), createWriteStream(path), { signal });
}

async function mux(
  videoInput: Input,
  audioInput: Input | null,
  outputPath: string,
  signal: AbortSignal,
): Promise<Pick<AssembleResponse, "videoFrames" | "audioFrames">> {
  const video = await videoInput.getPrimaryVideoTrack();
  const audio = (await audioInput?.getPrimaryAudioTrack()) ?? null;
  if (video?.codec !== "avc") throw new TributaryError("OUTPUT_INVALID", "No H.264 track.");
  const videoConfig = await video.getDecoderConfig();
  const audioConfig = (await audio?.getDecoderConfig()) ?? null;
  const output = new Output({
    format: new Mp4OutputFormat({ fastStart: "reserve" }),
    target: new FilePathTarget(outputPath),
  });
  const counts = { videoFrames: await countPackets(video), audioFrames: 0 };
  const videoSource = new EncodedVideoPacketSource("avc");
  output.addVideoTrack(videoSource, { maximumPacketCount: counts.videoFrames });
  const copies = [new TrackCopy(video, videoSource, { decoderConfig: videoConfig ?? undefined })];
  if (audio !== null) {
    counts.audioFrames = await countPackets(audio);
    const audioSource = new EncodedAudioPacketSource("aac");
    output.addAudioTrack(audioSource, {
      maximumPacketCount: counts.audioFrames,
      languageCode: audio.languageCode,
    });
    copies.push(new TrackCopy(audio, audioSource, { decoderConfig: audioConfig ?? undefined }));
  }
  await output.start();
  // In step, so that a player finds sound and picture of one time near each other.
  for (;;) {
    signal.throwIfAborted();
    const next = copies.filter((copy) => !copy.ended).sort((a, b) => a.atSeconds - b.atSeconds)[0];
    if (next === undefined) break;
    await next.copyOne();
  }
  await output.finalize();
  return counts;
}

type Meta = { decoderConfig: VideoDecoderConfig | AudioDecoderConfig | undefined };

class TrackCopy {
  atSeconds = Number.NEGATIVE_INFINITY;
  ended = false;
  readonly #packets: AsyncGenerator<Parameters<Packets["add"]>[0]>;
  readonly #target: Packets;
  readonly #meta: Meta;
  #isFirst = true;

  constructor(track: InputTrack, target: Packets, meta: Meta) {
    this.#packets = new EncodedPacketSink(track).packets();
    this.#target = target;
    this.#meta = meta;
  }

  async copyOne(): Promise<void> {
    const { value: packet, done } = await this.#packets.next();
    if (done === true) {
      this.ended = true;
      this.#target.close();
      return;
    }
    this.atSeconds = packet.timestamp;
    // The decoder's configuration goes with the first packet.
    if (this.#isFirst) await this.#target.add(packet, this.#meta as never);
    else await this.#target.add(packet);
    this.#isFirst = false;
  }
}

function open(path: string): Input {
  return new Input({ source: new FilePathSource(path), formats: [MP4] });
}

async function countPackets(track: InputTrack): Promise<number> {
  let count = 0;
  for await (const _ of new EncodedPacketSink(track).packets(undefined, undefined, {
    metadataOnly: true,
  })) {
    count += 1;
  }
  return count;
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
