import { readFragments } from "../../../shared/cmaf/read-fragment.ts";
import { readInit } from "../../../shared/cmaf/read-init.ts";
import { readAvcConfig } from "../../../shared/h264/avc-config.ts";
import { TributaryError } from "../../../shared/job/errors.ts";
import { type Segment, segmentFrames, TICKS_PER_SECOND } from "../../../shared/job/job.ts";

/** Luma of a picture, averaged over the fields of a grid, row by row; 0..255. */
export type LumaGrid = Float32Array;

export interface GridSize {
  columns: number;
  rows: number;
}

export interface DecodedLuma {
  /** As the packet had it, in microseconds. */
  timestamp: number;
  luma: LumaGrid;
}

/** Packets in decode order, and what a VideoDecoder has to know of them. */
export interface CodedVideo {
  config: VideoDecoderConfig;
  packets: readonly EncodedVideoChunk[];
}

/** Packets in the decoder, and frames that wait to be read: frames are large, decoders have few. */
const MOST_DECODING = 6;
const MOST_WAITING = 4;

/** Without a frame or packet for this long, codecs that live in another process are taken for dead. */
const STALL_MS = 20_000;

/** Formats whose first plane is 8-bit luma. */
const LUMA_FIRST: readonly (string | null)[] = ["I420", "I420A", "I422", "I444", "NV12"];

/**
 * Decodes in presentation order, only as fast as the pictures are taken.
 * Throws DECODE_FAILED, WORKER_STALLED, ENGINE_UNAVAILABLE (no luma to be had from its frames).
 */
export async function* decodeLuma(
  { config, packets }: CodedVideo,
  size: GridSize,
): AsyncGenerator<DecodedLuma, void, void> {
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
  const reader = new LumaReader(size);
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
        const { timestamp } = frame;
        const luma = await reader.read(frame).finally(() => frame.close());
        yield { timestamp, luma };
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

/** A rendition's init segment and media segments, in order, as something to decode. Throws OUTPUT_INVALID. */
export function codedOutput(
  init: Uint8Array,
  media: readonly Uint8Array[],
  segments: readonly Segment[],
): CodedVideo {
  const { config: avcConfig } = readInit(init);
  const packets: EncodedVideoChunk[] = [];
  for (const [index, bytes] of media.entries()) {
    const segment = segments[index];
    const planned = segment === undefined ? 0 : segmentFrames(segment);
    for (const fragment of readFragments(bytes, planned)) {
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

/** Reads frames into grids; keeps one buffer for all of them. */
class LumaReader {
  readonly #size: GridSize;
  #buffer = new Uint8Array(0);

  constructor(size: GridSize) {
    this.#size = size;
  }

  /** The frame stays the caller's. */
  async read(frame: VideoFrame): Promise<LumaGrid> {
    if (!LUMA_FIRST.includes(frame.format)) {
      const message = `Pictures as ${frame.format} cannot be compared.`;
      throw new TributaryError("ENGINE_UNAVAILABLE", message);
    }
    const bytes = frame.allocationSize();
    if (this.#buffer.length < bytes) this.#buffer = new Uint8Array(bytes);
    const [luma] = await frame.copyTo(this.#buffer);
    const { width, height } = frame.visibleRect ?? { width: 0, height: 0 };
    return averaged(
      this.#buffer,
      luma ?? { offset: 0, stride: width },
      { width, height },
      this.#size,
    );
  }
}

/** Means over the fields; a picture of fewer pixels than fields repeats some. */
function averaged(
  bytes: Uint8Array,
  { offset, stride }: PlaneLayout,
  { width, height }: { width: number; height: number },
  { columns, rows }: GridSize,
): LumaGrid {
  const grid = new Float32Array(columns * rows);
  const edges = (count: number, length: number): number[] =>
    Array.from({ length: count + 1 }, (_, index) => Math.floor((index * length) / count));
  const xs = edges(columns, width);
  const ys = edges(rows, height);
  for (let row = 0; row < rows; row += 1) {
    const top = ys[row] ?? 0;
    const bottom = Math.max(top + 1, ys[row + 1] ?? 0);
    for (let column = 0; column < columns; column += 1) {
      const left = xs[column] ?? 0;
      const right = Math.max(left + 1, xs[column + 1] ?? 0);
      let sum = 0;
      for (let y = top; y < bottom; y += 1) {
        const line = offset + y * stride;
        for (let x = left; x < right; x += 1) sum += bytes[line + x] as number;
      }
      grid[row * columns + column] = sum / ((bottom - top) * (right - left));
    }
  }
  return grid;
}
