import { cutVideo } from "../../../shared/cmaf/cut.ts";
import { roundedPictures } from "../../../shared/cmaf/decode-clock.ts";
import { type ColourTags, writeInit } from "../../../shared/cmaf/init.ts";
import { plannedInit } from "../../../shared/cmaf/planned-init.ts";
import type { ColourPlan } from "../../../shared/encode/colour.ts";
import type {
  RawOutput,
  TranscodedTask,
  TranscodeTask,
} from "../../../shared/encode/ffmpeg/task.ts";
import { webCodecsRefusal } from "../../../shared/encode/webcodecs-support.ts";
import { readAvcConfig } from "../../../shared/h264/avc-config.ts";
import { TributaryError } from "../../../shared/job/errors.ts";
import {
  expandDurations,
  runRateShare,
  TICKS_PER_SECOND,
  type VideoRendition,
} from "../../../shared/job/job.ts";
import { keyFrameIndexes } from "../../../shared/job/key-frames.ts";
import { outputFrameRate } from "../../../shared/plan/ladder.ts";
import type { CodedVideo } from "../pictures/decode-frames.ts";
import { frameOf, PlaneReader } from "../pictures/planes.ts";
import { decoderConfig, planSamples } from "../pictures/sample-conversion.ts";
import type { Planes } from "../pictures/samples.ts";
import { isScaledHere, scaledPlanes } from "../pictures/scale-planes.ts";
import { statedVideo } from "../pictures/stated-video.ts";
import type { TranscodeEngine } from "./engine.ts";
import { transcodeAudio } from "./webcodecs/audio.ts";
import { agreesWith } from "./webcodecs/avc-record.ts";
import { readChunkPackets } from "./webcodecs/chunk-packets.ts";
import { colourSpace } from "./webcodecs/decoded-colour.ts";
import { encoderConfig, RungEncoder } from "./webcodecs/rung-encoder.ts";

/** Most packets in the decoder, and frames before the slowest encoder: frames are large, and decoders have few. */
const MOST_DECODING = 8;
const MOST_WAITING = 4;
/** Most bytes of frames that wait for the slowest encoder: a 4K frame takes 12 MB. */
const MOST_WAITING_BYTES = 16 * 2 ** 20;

/** Most bytes of frames that encoders hold for lookahead. Above it, they get frames only once they have begun all. */
const MOST_HELD_BYTES = 384 * 2 ** 20;

/** Codecs run in another process. Without a frame or packet for this long, they count as dead. */
const STALL_MS = 20_000;

/**
 * The browser's own codecs: decodes once and hands each frame to one encoder for each rendition, which scales
 * it. Several times faster than ffmpeg.wasm, but the bytes differ between machines. Tasks that it would not make right
 * are refused with ENGINE_UNAVAILABLE.
 */
export class WebCodecsEngine implements TranscodeEngine {
  readonly name = "webcodecs";

  async transcode(
    task: TranscodeTask,
    onProgress: (progress: number) => void,
  ): Promise<TranscodedTask> {
    const { source, renditions } = task.grant;
    if (task.grant.task.kind === "audio") {
      const rendition = renditions.find(({ kind }) => kind === "audio");
      if (rendition?.kind !== "audio")
        throw new TributaryError("PLAN_INVALID", "An audio task without a rendition.");
      return transcodeAudio(task, rendition, onProgress);
    }
    const video = renditions.filter((rendition) => rendition.kind === "video");
    const refusal = webCodecsRefusal(source.video);
    if (refusal !== null) throw unavailable(refusal.message);
    if (video.some(({ parameterSets }) => parameterSets?.browser === null)) {
      throw unavailable("No browser's encoder takes part in this video.");
    }
    const chunk = await readChunkPackets(task.chunk);
    const { colour, conversion } = planSamples(chunk.config, source.video, video);
    const stated = statedVideo(chunk, colour.tags);
    const config = decoderConfig(stated.config, source.video);
    await requireCodecs(config, video, outputFrameRate(source.video));
    const planes = new PlaneReader(stated.rgb, conversion);
    const run = new LadderRun(task, video, colour.tags, planes, onProgress);
    const rungs = await run.run({ ...stated, config });
    return { outputs: packageRungs(rungs, task, colour), notices: [] };
  }
}

interface EncodedRung {
  rendition: VideoRendition;
  pictures: Parameters<typeof cutVideo>[0];
  avcConfig: Uint8Array;
}

/** One task on its way through decoder and encoders. */
class LadderRun {
  readonly #task: TranscodeTask;
  readonly #onProgress: (progress: number) => void;
  readonly #video: readonly VideoRendition[];
  readonly #rungs: RungEncoder[];
  readonly #keyFrames: ReadonlySet<number>;
  readonly #wanted: number;
  readonly #colorSpace: VideoColorSpaceInit;
  readonly #planes: PlaneReader;
  #frameBytes: number;
  /** Frames that are converted before they are encoded, and the end of the last one's conversion. */
  #converting = 0;
  #converted: Promise<void> = Promise.resolve();
  #decoder: VideoDecoder | null = null;
  #failure: unknown = null;
  #moved: () => void = () => {};
  /** Decoded frames inside the trim; every `frameStep`-th of them is kept. Below: frames given to the encoders. */
  #seen = 0;
  #encoded = 0;

  constructor(
    task: TranscodeTask,
    video: readonly VideoRendition[],
    tags: ColourTags,
    planes: PlaneReader,
    onProgress: (progress: number) => void,
  ) {
    const { segments, source } = task.grant;
    this.#task = task;
    this.#frameBytes = bytesOfFrame(source.video.width, source.video.height, source.video.bitDepth);
    this.#colorSpace = colourSpace(tags);
    this.#planes = planes;
    this.#video = video;
    this.#onProgress = onProgress;
    const durationsTicks = segments.flatMap(({ durations }) => expandDurations(durations));
    const durationsSeconds = durationsTicks.map((ticks) => ticks / TICKS_PER_SECOND);
    this.#wanted = durationsTicks.length;
    let first = 0;
    this.#keyFrames = new Set(
      segments.flatMap((segment) => {
        const keys = keyFrameIndexes(segment).map((index) => first + index);
        first += expandDurations(segment.durations).length;
        return keys;
      }),
    );
    const frameRate = outputFrameRate(source.video);
    const rateShare = runRateShare(segments);
    this.#rungs = video.map(
      (rendition) =>
        new RungEncoder({ rendition, rateShare, frameRate, durationsSeconds, colour: tags }, () =>
          this.#moved(),
        ),
    );
  }

  /**
   * Runs the task, then closes the codecs.
   * @throws TributaryError DECODE_FAILED, ENCODE_FAILED, FRAME_COUNT_WRONG
   */
  async run({ packets, config }: CodedVideo): Promise<EncodedRung[]> {
    const decoder = new VideoDecoder({
      output: (frame) => this.#take(frame),
      error: (cause) => {
        this.#failure ??= new TributaryError("DECODE_FAILED", "The browser's decoder failed.", {
          cause,
        });
        this.#moved();
      },
    });
    this.#decoder = decoder;
    decoder.addEventListener("dequeue", () => this.#moved());
    try {
      decoder.configure(config);
      for (const packet of packets) {
        await this.#room();
        if (this.#failure !== null) throw this.#failure;
        decoder.decode(packet);
      }
      await decoder.flush().catch((cause: unknown) => {
        this.#failure ??= new TributaryError("DECODE_FAILED", "The browser's decoder failed.", {
          cause,
        });
      });
      await this.#converted;
      if (this.#failure !== null) throw this.#failure;
      if (this.#encoded !== this.#wanted) {
        throw new TributaryError(
          "FRAME_COUNT_WRONG",
          `The browser decoded ${this.#encoded} pictures where ${this.#wanted} are planned.`,
        );
      }
      return await Promise.all(
        this.#rungs.map(async (rung, index) => {
          const rendition = this.#video[index] as VideoRendition;
          return { rendition, ...(await rung.finish()) };
        }),
      );
    } finally {
      if (decoder.state !== "closed") decoder.close();
      for (const rung of this.#rungs) rung.close();
    }
  }

  /** Takes a decoded frame, and closes it. */
  #take(frame: VideoFrame): void {
    const isWanted = this.#failure === null && this.#isKept(frame);
    // In order: a frame that needs no conversion waits for earlier frames that do.
    if (isWanted && (this.#converting > 0 || this.#planes.changes(frame))) {
      this.#converting += 1;
      this.#converted = this.#converted.then(() => this.#convert(frame));
      return;
    }
    try {
      if (isWanted) this.#encode(frame);
    } catch (thrown) {
      this.#failure ??= thrown;
    } finally {
      frame.close();
      this.#moved();
    }
  }

  /**
   * Converts a frame to 8-bit SDR Y'CbCr, then encodes it. Encoders do not convert HDR or more than 8 bits right, and
   * browsers encode RGB each in its own way: Firefox 153 makes BT.601 of it under any label.
   */
  async #convert(frame: VideoFrame): Promise<void> {
    try {
      if (this.#failure !== null) return;
      if (!this.#planes.changes(frame)) {
        this.#encode(frame);
        return;
      }
      const planes = await this.#planes.read(frame);
      const yuv = frameOf(planes, frame, this.#colorSpace);
      try {
        this.#encode(yuv, planes);
      } finally {
        yuv.close();
      }
    } catch (thrown) {
      this.#failure ??= thrown;
    } finally {
      frame.close();
      this.#converting -= 1;
      this.#moved();
    }
  }

  #isKept(frame: VideoFrame): boolean {
    const { info, grant } = this.#task;
    const atTicks = (frame.timestamp * TICKS_PER_SECOND) / 1e6 + info.baseTicks;
    if (atTicks < info.trimStartTicks || atTicks >= info.trimEndTicks) return false;
    this.#seen += 1;
    return (this.#seen - 1) % grant.source.video.frameStep === 0;
  }

  /** @param planes of the frame, where it was converted */
  #encode(frame: VideoFrame, planes?: Planes): void {
    const bytes = bytesOfFrame(frame.codedWidth, frame.codedHeight, 8);
    this.#frameBytes = Math.max(this.#frameBytes, bytes);
    const keyFrame = this.#keyFrames.has(this.#encoded);
    for (const [index, rung] of this.#rungs.entries()) {
      const size = this.#video[index] as VideoRendition;
      if (planes === undefined || !isScaledHere(planes, size)) {
        rung.encode(frame, keyFrame);
        continue;
      }
      const small = frameOf(scaledPlanes(planes, size), frame, this.#colorSpace);
      try {
        rung.encode(small, keyFrame);
      } finally {
        small.close();
      }
    }
    this.#encoded += 1;
    this.#onProgress(Math.min(1, this.#encoded / this.#wanted));
  }

  /**
   * Waits while decoder or encoders have enough to do.
   * @throws TributaryError WORKER_STALLED
   */
  async #room(): Promise<void> {
    while (this.#failure === null && this.#isFull()) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const timer = setTimeout(
        () =>
          reject(new TributaryError("WORKER_STALLED", "The browser's codecs stopped answering.")),
        STALL_MS,
      );
      this.#moved = resolve;
      await promise.finally(() => clearTimeout(timer));
    }
  }

  #isFull(): boolean {
    const decoding = this.#decoder?.decodeQueueSize ?? 0;
    const byBytes = Math.max(1, Math.floor(MOST_WAITING_BYTES / this.#frameBytes));
    const mostWaiting = Math.min(MOST_WAITING, byBytes);
    // Each packet in the decoder may become a frame any moment.
    const mostDecoding = Math.min(MOST_DECODING, 2 * byBytes);
    if (decoding >= mostDecoding || this.#converting >= mostWaiting) return true;
    const held = Math.max(...this.#rungs.map(({ inFlight }) => inFlight)) * this.#frameBytes;
    // An encoder that has begun all its frames may need more before any picture comes out.
    const most = held > MOST_HELD_BYTES ? 0 : mostWaiting;
    return this.#rungs.some(({ waiting }) => waiting > most);
  }
}

/** Bytes of a frame in YUV 4:2:0. */
function bytesOfFrame(width: number, height: number, bitDepth: number): number {
  return ((width * height * 3) / 2) * (bitDepth > 8 ? 2 : 1);
}

async function requireCodecs(
  config: VideoDecoderConfig,
  renditions: readonly VideoRendition[],
  frameRate: number,
): Promise<void> {
  if (!("VideoDecoder" in self) || !("VideoEncoder" in self)) {
    throw unavailable("The browser has no WebCodecs.");
  }
  const support = await Promise.all([
    VideoDecoder.isConfigSupported(config),
    ...renditions.map((each) => VideoEncoder.isConfigSupported(encoderConfig(each, frameRate))),
  ]);
  if (!support.every(({ supported }) => supported)) {
    throw unavailable("The browser's codecs do not take the source or the ladder.");
  }
}

function packageRungs(
  rungs: readonly EncodedRung[],
  task: TranscodeTask,
  colour: ColourPlan,
): RawOutput[] {
  const { segments } = task.grant;
  const inits: RawOutput[] = [];
  const media: RawOutput[] = [];
  for (const { rendition, pictures, avcConfig } of rungs) {
    const { id, width, height } = rendition;
    const { nalLengthBytes, spsList } = readAvcConfig(avcConfig);
    if (!spsList.every((sps) => agreesWith(sps, colour.tags))) {
      throw unavailable("The encoder changes the colours' label.");
    }
    const track = { kind: "video" as const, width, height, avcConfig, colour: colour.tags };
    const bytes = plannedInit(rendition) ?? writeInit(track, TICKS_PER_SECOND);
    inits.push({ rendition: id, kind: "init", segment: segments[0]?.index ?? 0, frames: 0, bytes });
    const rounded = roundedPictures(task.grant.source.video);
    for (const cut of cutVideo(pictures, segments, nalLengthBytes, rounded)) {
      const { segment, frames } = cut;
      media.push({
        rendition: id,
        kind: "media",
        segment: segment.index,
        frames,
        bytes: cut.bytes,
      });
    }
  }
  return [...inits, ...media.sort((a, b) => a.segment - b.segment)];
}

function unavailable(message: string): TributaryError {
  return new TributaryError("ENGINE_UNAVAILABLE", message);
}
