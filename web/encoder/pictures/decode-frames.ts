import { readFragments } from "../../../shared/cmaf/read-fragment.ts";
import { readInit } from "../../../shared/cmaf/read-init.ts";
import { readAvcConfig } from "../../../shared/h264/avc-config.ts";
import { TributaryError } from "../../../shared/job/errors.ts";
import { type Segment, segmentFrames, TICKS_PER_SECOND } from "../../../shared/job/job.ts";

/** Packets in decode order, and a VideoDecoder's configuration for them. */
export interface CodedVideo {
  config: VideoDecoderConfig;
  packets: readonly EncodedVideoChunk[];
}

/** Most packets in the decoder, and most frames that wait to be read: frames are large, and decoders have few. */
const MOST_DECODING = 6;
const MOST_WAITING = 4;

/** Codecs run in another process. Without a frame or packet for this long, they count as dead. */
const STALL_MS = 20_000;

/**
 * Yields decoded pictures in presentation order, and decodes only as fast as they are taken.
 *
 * @param read makes a picture from a frame; the frame is closed afterwards
 * @throws TributaryError DECODE_FAILED, WORKER_STALLED, and what `read` throws
 */
export async function* decodeFrames<Picture>(
  { config, packets }: CodedVideo,
  read: (frame: VideoFrame) => Promise<Picture>,
): AsyncGenerator<Picture, void, void> {
  const waiting: VideoFrame[] = [];
  let failure: unknown = null;
  let flushed = false;
  let moved = (): void => {};
  const fail = (cause: unknown): void => {
    failure ??= new TributaryError("DECODE_FAILED", "The browser's decoder failed.", { cause });
    moved();
  };
  const decoder = new VideoDecoder({
    output: (frame) => {
      waiting.push(frame);
      moved();
    },
    error: fail,
  });
  decoder.addEventListener("dequeue", () => moved());
  let next = 0;
  let flushing = false;
  try {
    decoder.configure(config);
    for (;;) {
      while (
        failure === null &&
        next < packets.length &&
        decoder.decodeQueueSize < MOST_DECODING &&
        waiting.length < MOST_WAITING
      ) {
        decoder.decode(packets[next] as EncodedVideoChunk);
        next += 1;
      }
      if (failure !== null) throw failure;
      if (next === packets.length && !flushing) {
        flushing = true;
        decoder.flush().then(() => {
          flushed = true;
          moved();
        }, fail);
      }
      const frame = waiting.shift();
      if (frame !== undefined) {
        yield await read(frame).finally(() => frame.close());
      } else if (flushed) {
        return;
      } else {
        await new Promise<void>((resolve, reject) => {
          const message = "The browser's decoder stopped answering.";
          const timer = setTimeout(
            () => reject(new TributaryError("WORKER_STALLED", message)),
            STALL_MS,
          );
          moved = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    }
  } catch (thrown) {
    if (thrown instanceof TributaryError) throw thrown;
    throw new TributaryError("DECODE_FAILED", "The browser's decoder failed.", { cause: thrown });
  } finally {
    moved = () => {};
    for (const frame of waiting) frame.close();
    if (decoder.state !== "closed") decoder.close();
  }
}

/**
 * Packets and configuration of a rendition's init segment and its media segments, in order.
 * @throws TributaryError OUTPUT_INVALID
 */
export function codedOutput(
  init: Uint8Array,
  media: readonly Uint8Array[],
  segments: readonly Segment[],
): CodedVideo {
  const planned = media.map((bytes, index) => {
    const segment = segments[index];
    return { bytes, frames: segment === undefined ? 0 : segmentFrames(segment) };
  });
  return codedMedia(init, planned);
}

/**
 * As `codedOutput`; `frames` is the most frames that a media segment may have.
 * @throws TributaryError OUTPUT_INVALID, also where a segment has more
 */
export function codedMedia(
  init: Uint8Array,
  media: readonly { bytes: Uint8Array; frames: number }[],
): CodedVideo {
  const { config: avcConfig } = readInit(init);
  const packets: EncodedVideoChunk[] = [];
  for (const { bytes, frames } of media) {
    for (const fragment of readFragments(bytes, frames)) {
      let at = fragment.dataOffset;
      let decodeTicks = fragment.baseDecodeTicks;
      for (const sample of fragment.samples) {
        const ticks = decodeTicks + sample.compositionOffsetTicks;
        packets.push(
          new EncodedVideoChunk({
            type: sample.isSync ? "key" : "delta",
            timestamp: Math.round((ticks * 1e6) / TICKS_PER_SECOND),
            data: bytes.subarray(at, at + sample.sizeBytes),
          }),
        );
        at += sample.sizeBytes;
        decodeTicks += sample.durationTicks;
      }
    }
  }
  const { codec } = readAvcConfig(avcConfig);
  return { config: { codec, description: avcConfig }, packets };
}
