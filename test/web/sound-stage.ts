import { audioSpecificConfig } from "../../shared/cmaf/aac.ts";
import { readAdtsFrames } from "../../shared/encode/audio-run.ts";
import { encodeAudioArgs } from "../../shared/encode/ffmpeg-audio-args.ts";
import { startCore } from "../../shared/ffmpeg-core.ts";
import { AAC_FRAME_SAMPLES, type AudioRendition } from "../../shared/job/job.ts";
import { Lanes } from "../../web/encoder/engine-choice.ts";
import { FfmpegWasmEngine } from "../../web/encoder/engines/ffmpeg-wasm.ts";
import { WebCodecsEngine } from "../../web/encoder/engines/webcodecs.ts";
import { loadFfmpegCore } from "../../web/encoder/ffmpeg-core.ts";
import { openSource } from "../../web/holder/ingest/source.ts";
import { soundNeedsFfmpeg } from "../../web/owner/choices.ts";

/** Runs in a page: a clip's sound through the real ingest, lanes, engines and decoder. */

export interface SoundOutput {
  task: string;
  engine: string;
  rendition: string;
  kind: "init" | "media";
  segment: number;
  frames: number;
  base64: string;
}

export interface SoundRun {
  rendition: AudioRendition;
  outputs: SoundOutput[];
  /** Times that an encoder was asked whether it takes a configuration, and that one was made. */
  asked: number;
  encoders: number;
  /** What the page thinks of it before it begins. */
  needsFfmpeg: boolean;
}

/** First segments of the runs of sound; the last one is late enough to have a short pre-roll. */
const RUN_STARTS = [0, 1, 3];

/**
 * @param delays samples that the page's AudioEncoder is late, ffmpeg's own frame included: at its first
 *   run, its second, and so on, the last for all others; null: it has no AAC, whatever the browser has
 */
export async function transcodeSound(address: string, delays: number[] | null): Promise<SoundRun> {
  const seen = { asked: 0, encoders: 0 };
  const own = globalThis.AudioEncoder;
  globalThis.AudioEncoder = delays === null ? withoutAac(own) : lateEncoder(delays, seen);
  const { signal } = new AbortController();
  const blob = await (await fetch(address)).blob();
  const source = await openSource(new File([blob], "clip.mp4"), { signal });
  try {
    const plan = source.planJob([{ shortSide: 96, kilobitsPerSecond: 50 }]);
    const needsFfmpeg = await soundNeedsFfmpeg(plan.source);
    // That question is the page's; what follows is the worker's.
    seen.asked = 0;
    const [rendition] = plan.audio;
    if (rendition === undefined) throw new Error("The clip has no sound.");
    const engines = {
      webCodecs: new WebCodecsEngine(),
      ffmpeg: new FfmpegWasmEngine(loadFfmpegCore),
    };
    const lanes = new Lanes("auto", engines);
    const outputs: SoundOutput[] = [];
    for (const [index, firstSegment] of RUN_STARTS.entries()) {
      const segments = plan.segments.slice(firstSegment, RUN_STARTS[index + 1]);
      const segmentCount = segments.length;
      const renditions = [rendition.id];
      const task = {
        id: `a-${index}`,
        kind: "audio" as const,
        renditions,
        firstSegment,
        segmentCount,
      };
      const grant = { task, segments, renditions: plan.audio, source: plan.source };
      const { info, bytes } = await source.cutChunk(grant, signal);
      const request = { grant, info, chunk: new Uint8Array(bytes) };
      const made = await lanes.transcode(request, () => {});
      for (const { bytes: own, ...output } of made.outputs) {
        outputs.push({ task: task.id, engine: made.engine, ...output, base64: base64Of(own) });
      }
    }
    return { rendition, outputs, ...seen, needsFfmpeg };
  } finally {
    source.close();
    globalThis.AudioEncoder = own;
  }
}

/** The browser's own, on a system whose codecs do not encode AAC. */
function withoutAac(own: typeof AudioEncoder): typeof AudioEncoder {
  return class extends own {
    static override async isConfigSupported(config: AudioEncoderConfig) {
      return config.codec === "mp4a.40.2"
        ? { supported: false, config }
        : own.isConfigSupported(config);
    }
  };
}

/**
 * An AudioEncoder as systems have them, which Chromium on Linux does not: ffmpeg's, fed with silence
 * first, and without a last frame, as of an encoder that keeps what is late.
 */
function lateEncoder(delays: readonly number[], seen: { asked: number; encoders: number }) {
  class LateEncoder implements Pick<AudioEncoder, "configure" | "encode" | "flush" | "close"> {
    static async isConfigSupported(config: AudioEncoderConfig): Promise<AudioEncoderSupport> {
      seen.asked += 1;
      return { supported: config.codec === "mp4a.40.2", config };
    }

    readonly #init: AudioEncoderInit;
    readonly #delaySamples = delays[Math.min(seen.encoders, delays.length - 1)] ?? 0;
    readonly #pieces: Float32Array<ArrayBuffer>[] = [];
    #config: AudioEncoderConfig | null = null;
    readonly encodeQueueSize = 0;
    state: CodecState = "unconfigured";

    constructor(init: AudioEncoderInit) {
      seen.encoders += 1;
      this.#init = init;
    }

    configure(config: AudioEncoderConfig): void {
      this.#config = config;
      this.state = "configured";
    }

    encode(data: AudioData): void {
      const piece = new Float32Array(data.numberOfFrames * data.numberOfChannels);
      data.copyTo(piece, { planeIndex: 0, format: "f32" });
      this.#pieces.push(piece);
    }

    async flush(): Promise<void> {
      if (this.#config === null) throw new Error("Not configured.");
      const { sampleRate, numberOfChannels: channels, bitrate = 0 } = this.#config;
      const silence = new Float32Array((this.#delaySamples - AAC_FRAME_SAMPLES) * channels);
      const pcm = new Uint8Array(await new Blob([silence, ...this.#pieces]).arrayBuffer());
      const core = await startCore(await loadFfmpegCore());
      core.FS.writeFile("pcm", pcm);
      const format = { sampleRate, channels, bitsPerSecond: bitrate } as AudioRendition;
      const status = core.exec(
        ...encodeAudioArgs(format, { file: "pcm", sampleRate, skipSamples: 0 }, "adts"),
      );
      if (status !== 0) throw new Error(`Exit status ${status}.`);
      const description = audioSpecificConfig({ sampleRate, channels });
      const frames = readAdtsFrames(core.FS.readFile("adts")).slice(0, -1);
      frames.forEach((data, index) => {
        const timestamp = Math.round((index * AAC_FRAME_SAMPLES * 1e6) / sampleRate);
        const chunk = new EncodedAudioChunk({ type: "key", timestamp, data: data.slice() });
        const decoderConfig = {
          codec: "mp4a.40.2",
          sampleRate,
          numberOfChannels: channels,
          description,
        };
        this.#init.output(chunk, index === 0 ? { decoderConfig } : {});
      });
    }

    close(): void {
      this.state = "closed";
    }
  }
  return LateEncoder as unknown as typeof AudioEncoder;
}

function base64Of(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += 0x8000) {
    binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(binary);
}
