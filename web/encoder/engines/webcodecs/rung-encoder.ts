import type { CodedPicture } from "../../../../shared/cmaf/cut.ts";
import type { ColourTags } from "../../../../shared/cmaf/init.ts";
import { readAvcRecord } from "../../../../shared/h264/avc-config.ts";
import { areSameSets, BROWSER_SET_ID, encoderSets } from "../../../../shared/h264/encoder-sets.ts";
import { isParameterSet, nalUnits } from "../../../../shared/h264/nal-units.ts";
import { TributaryError } from "../../../../shared/job/errors.ts";
import type { VideoRendition } from "../../../../shared/job/job.ts";
import { repairedAvcRecord } from "./avc-record.ts";
import { type BitBudget, remainingBitsPerSecond } from "./bit-budget.ts";

/** Pictures that a `RungEncoder` makes. */
export interface RungPlan {
  rendition: VideoRendition;
  /** Factor on the rendition's bit rate for these pictures. */
  rateShare: number;
  /** Average frame rate of the encoded pictures. */
  frameRate: number;
  /** Duration of each picture, in seconds, in order. */
  durationsSeconds: readonly number[];
  /** Tags of the pictures. */
  colour: ColourTags;
}

/** Time between two corrections of the bit rate: one picture says too little, and a segment has several seconds. */
const CORRECT_EVERY_SECONDS = 1;

/** High profile; level and size as planned. `framerate` is always set, because rate control would guess it. */
export function encoderConfig(rendition: VideoRendition, frameRate: number): VideoEncoderConfig {
  const { width, height, bitsPerSecond, level } = rendition;
  return {
    codec: `avc1.6400${level.toString(16).padStart(2, "0")}`,
    width,
    height,
    bitrate: bitsPerSecond,
    framerate: frameRate,
    bitrateMode: "variable",
    latencyMode: "quality",
    avc: { format: "avc" },
    // Not "prefer-hardware": Chromium then refuses software encoders.
    hardwareAcceleration: "no-preference",
  };
}

/**
 * Encoder for one rendition of one task. The VideoEncoder scales the frames natively, as the standard demands. The
 * bit rate is corrected by the size of the pictures so far.
 */
export class RungEncoder {
  readonly #encoder: VideoEncoder;
  readonly #config: VideoEncoderConfig;
  readonly #budget: BitBudget;
  readonly #durationsSeconds: readonly number[];
  readonly #plan: Pick<RungPlan, "rendition" | "colour">;
  readonly #pictures: CodedPicture[] = [];
  #spent = { bits: 0, seconds: 0 };
  #correctedAtSeconds = 0;
  #avcConfig: Uint8Array | null = null;
  #failure: unknown = null;
  #given = 0;

  /** @param onMoved called when a picture was begun or came out, and after a failure */
  constructor(plan: RungPlan, onMoved: () => void) {
    const { bitsPerSecond: askedBitsPerSecond } = plan.rendition;
    const bitsPerSecond = Math.round(askedBitsPerSecond * plan.rateShare);
    const config = encoderConfig(plan.rendition, plan.frameRate);
    this.#config = { ...config, bitrate: bitsPerSecond };
    this.#durationsSeconds = plan.durationsSeconds;
    this.#plan = plan;
    const totalSeconds = plan.durationsSeconds.reduce((total, each) => total + each, 0);
    this.#budget = { bitsPerSecond, askedBitsPerSecond, totalSeconds };
    this.#encoder = new VideoEncoder({
      output: (chunk, metadata) => {
        this.#take(chunk, metadata);
        onMoved();
      },
      error: (error) => {
        this.#failure = error;
        onMoved();
      },
    });
    // Not only "output": an encoder with lookahead begins many pictures before the first comes out.
    this.#encoder.addEventListener("dequeue", onMoved);
    this.#encoder.configure(this.#config);
  }

  /** Pictures handed in that have not come out yet: the encoder may hold all their frames. */
  get inFlight(): number {
    return this.#given - this.#pictures.length;
  }

  /** Pictures handed in and not yet begun. */
  get waiting(): number {
    return this.#encoder.state === "configured" ? this.#encoder.encodeQueueSize : 0;
  }

  /**
   * Encodes a frame, which the caller still has to close.
   * @throws TributaryError ENCODE_FAILED, INIT_MISMATCH
   */
  encode(frame: VideoFrame, keyFrame: boolean): void {
    this.#throwFailure();
    if (this.#spent.seconds - this.#correctedAtSeconds >= CORRECT_EVERY_SECONDS) this.#correct();
    this.#encoder.encode(frame, { keyFrame });
    this.#given += 1;
  }

  /**
   * @returns all pictures in decode order, and the body of `avcC`
   * @throws TributaryError ENCODE_FAILED, INIT_MISMATCH
   */
  async finish(): Promise<{ pictures: CodedPicture[]; avcConfig: Uint8Array }> {
    await this.#encoder.flush().catch((cause: unknown) => {
      this.#failure ??= cause;
    });
    this.#throwFailure();
    if (this.#avcConfig === null) throw failed("The encoder told no decoder configuration.");
    return { pictures: this.#pictures, avcConfig: this.#avcConfig };
  }

  close(): void {
    if (this.#encoder.state !== "closed") this.#encoder.close();
  }

  #correct(): void {
    this.#correctedAtSeconds = this.#spent.seconds;
    const bitrate = remainingBitsPerSecond(this.#budget, this.#spent);
    if (bitrate !== null) this.#encoder.configure({ ...this.#config, bitrate });
  }

  #take(chunk: EncodedVideoChunk, metadata: EncodedVideoChunkMetadata | undefined): void {
    const description = metadata?.decoderConfig?.description;
    if (description !== undefined) this.#takeConfig(description);
    const data = new Uint8Array(chunk.byteLength);
    chunk.copyTo(data);
    if (chunk.type === "key") this.#requireKnownSets(data);
    this.#spent = {
      bits: this.#spent.bits + data.length * 8,
      seconds: this.#spent.seconds + (this.#durationsSeconds[this.#pictures.length] ?? 0),
    };
    this.#pictures.push({ data, isSync: chunk.type === "key", presentedAt: chunk.timestamp });
  }

  /** Takes the encoder's configuration; it must not change, because there is only one init segment. */
  #takeConfig(description: AllowSharedBufferSource): void {
    try {
      const avcConfig = repairedAvcRecord(bytesOf(description));
      this.#requirePlannedSets(avcConfig);
      const known = this.#avcConfig;
      if (known?.some((byte, index) => byte !== avcConfig[index])) {
        this.#failure ??= new Error("The parameter sets changed on the way.");
      }
      this.#avcConfig ??= avcConfig;
    } catch (thrown) {
      this.#failure ??= thrown;
    }
  }

  /**
   * Checks at the first picture that the planned init segment holds this encoder's parameter sets.
   * @throws TributaryError INIT_MISMATCH
   */
  #requirePlannedSets(avcConfig: Uint8Array): void {
    const { rendition, colour } = this.#plan;
    const planned = rendition.parameterSets?.browser;
    if (planned === undefined || planned === null) return;
    const said = { level: rendition.level, colours: colour };
    if (areSameSets(encoderSets(avcConfig, BROWSER_SET_ID, said), planned)) return;
    const message = `This browser's encoder writes other parameter sets than the video's ${rendition.id} has.`;
    throw new TributaryError("INIT_MISMATCH", message);
  }

  /** Parameter sets inside a key picture are removed later, so they must equal those of the configuration. */
  #requireKnownSets(data: Uint8Array): void {
    if (this.#avcConfig === null) return;
    const { spsUnits, ppsUnits, nalLengthBytes } = readAvcRecord(this.#avcConfig);
    const known = [...spsUnits, ...ppsUnits].map(({ bytes }) => bytes.join());
    for (const unit of nalUnits(data, nalLengthBytes)) {
      if (!isParameterSet(unit) || known.includes(unit.bytes.join())) continue;
      this.#failure ??= new Error("The parameter sets changed on the way.");
    }
  }

  #throwFailure(): void {
    if (this.#failure instanceof TributaryError) throw this.#failure;
    if (this.#failure !== null) throw failed("The browser's encoder failed.", this.#failure);
  }
}

function failed(message: string, cause?: unknown): TributaryError {
  return new TributaryError("ENCODE_FAILED", message, { cause });
}

function bytesOf(source: AllowSharedBufferSource): Uint8Array {
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength).slice()
    : new Uint8Array(source.slice(0));
}
