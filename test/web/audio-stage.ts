import { AAC_LC_CODEC, audioSpecificConfig } from "../../shared/cmaf/aac.ts";
import { EngineChoice } from "../../web/encoder/engine-choice.ts";
import { FfmpegWasmEngine } from "../../web/encoder/engines/ffmpeg-wasm.ts";
import { decodeAac } from "../../web/encoder/engines/webcodecs/aac-decoder.ts";
import { encodeAac } from "../../web/encoder/engines/webcodecs/aac-encoder.ts";
import { WebCodecsEngine } from "../../web/encoder/engines/webcodecs.ts";
import { loadFfmpegCore } from "../../web/encoder/ffmpeg-core.ts";
import { openSource } from "../../web/holder/ingest/source.ts";
import { audioNeedsFfmpeg } from "../../web/owner/choices.ts";

/** Runs in a page: transcodes a clip's audio with the real ingest, engine choice, engines and decoder. */

interface AudioOutput {
  task: string;
  engine: string;
  kind: "init" | "media";
  segment: number;
  frames: number;
  base64: string;
}

export interface AudioJob {
  sampleRate: number;
  outputs: AudioOutput[];
  /** Whether the page expects, before it begins, to need ffmpeg. */
  needsFfmpeg: boolean;
  /** First samples of the runs. */
  runStarts: number[];
  /** Number of copies of decoded audio in the `f32-planar` format. */
  planarCopies: number;
}

/** Index of each run's first segment. The last run begins late enough to have a short pre-roll. */
const RUN_STARTS = [0, 1, 3];

/** Faults of a browser's decoder that the test must find. */
export type DecoderFault = "late" | "short" | "swapped" | "failing" | "planar alone";

/** @param fault of the page's AudioDecoder; null: none */
export async function transcodeAudio(
  address: string,
  preference: "auto" | "ffmpeg",
  fault: DecoderFault | null,
): Promise<AudioJob> {
  const own = globalThis.AudioDecoder;
  const { copyTo } = AudioData.prototype;
  let planarCopies = 0;
  AudioData.prototype.copyTo = function (buffer, options) {
    if (options.format === "f32-planar") planarCopies += 1;
    // Up to version 125, Chromium could only copy as planar.
    else if (fault === "planar alone") throw new DOMException("No such copy.", "NotSupportedError");
    copyTo.call(this, buffer, options);
  };
  if (fault !== null && fault !== "planar alone") globalThis.AudioDecoder = faultyDecoder(fault);
  const { signal } = new AbortController();
  const blob = await (await fetch(address)).blob();
  const source = await openSource(new File([blob], "clip.mp4"), { signal });
  try {
    const plan = source.planJob([{ shortSide: 96, kilobitsPerSecond: 50 }]);
    const [rendition] = plan.audio;
    if (rendition === undefined) throw new Error("The clip has no audio.");
    const { sampleRate } = rendition;
    const engines = {
      webCodecs: new WebCodecsEngine(),
      ffmpeg: new FfmpegWasmEngine(loadFfmpegCore),
    };
    const engineChoice = new EngineChoice(preference, engines);
    const outputs: AudioOutput[] = [];
    const runStarts: number[] = [];
    for (const [index, firstSegment] of RUN_STARTS.entries()) {
      const segments = plan.segments.slice(firstSegment, RUN_STARTS[index + 1]);
      const startTicks = segments[0]?.startTicks ?? 0;
      runStarts.push(Math.round((startTicks * sampleRate) / 90_000));
      const task = {
        id: `a-${index}`,
        kind: "audio" as const,
        renditions: [rendition.id],
        firstSegment,
        segmentCount: segments.length,
      };
      const grant = { task, segments, renditions: plan.audio, source: plan.source };
      const { info, bytes } = await source.cutChunk(grant, signal);
      const request = { grant, info, chunk: new Uint8Array(bytes) };
      const made = await engineChoice.transcode(request, () => {});
      for (const { bytes: own, kind, segment, frames } of made.outputs) {
        const { engine } = made;
        outputs.push({ task: task.id, engine, kind, segment, frames, base64: base64Of(own) });
      }
    }
    const needsFfmpeg = audioNeedsFfmpeg(plan.source);
    return { sampleRate, outputs, needsFfmpeg, runStarts, planarCopies };
  } finally {
    source.close();
    globalThis.AudioDecoder = own;
    AudioData.prototype.copyTo = copyTo;
  }
}

/** @returns sizes of the frames in bytes, or the code of the error */
export async function encodeSamples(samples: number[]): Promise<string | number[]> {
  const format = { sampleRate: 48_000, channels: 1, bitsPerSecond: 64_000 };
  try {
    const frames = await encodeAac(Float32Array.from(samples), format, () => {});
    return frames.map(({ length }) => length);
  } catch (thrown) {
    return (thrown as { code: string }).code;
  }
}

function faultyDecoder(fault: DecoderFault): typeof AudioDecoder {
  return class extends AudioDecoder {
    constructor({ output, error }: AudioDecoderInit) {
      let kept = new Float32Array(0);
      let isFirst = true;
      super({
        error,
        output: (data) => {
          const { numberOfChannels: channels, sampleRate, timestamp } = data;
          let samples = new Float32Array(data.numberOfFrames * channels);
          data.copyTo(samples, { planeIndex: 0, format: "f32" });
          data.close();
          if (fault === "late") {
            // Shifts the audio by one sample.
            const late = new Float32Array(samples.length);
            late.set(kept);
            late.set(samples.subarray(0, samples.length - channels), channels);
            kept = samples.slice(samples.length - channels);
            samples = late;
          } else if (fault === "short" && isFirst) {
            samples = samples.slice(channels);
          } else if (fault === "swapped") {
            samples = samples.map((_, at, all) => all[at % 2 === 0 ? at + 1 : at - 1] ?? 0);
          }
          isFirst = false;
          if (fault === "failing") {
            error(new DOMException("Decoding failed.", "EncodingError"));
            return;
          }
          output(
            new AudioData({
              format: "f32",
              sampleRate,
              timestamp,
              numberOfChannels: channels,
              numberOfFrames: samples.length / channels,
              data: samples,
            }),
          );
        },
      });
    }
  };
}

function base64Of(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += 0x8000) {
    binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(binary);
}

/** A raw data block with only a fill element and no channel's data. Some encoders' output begins with one. */
const EMPTY_FRAME = Uint8Array.of(0xc1, 0xc0);

/**
 * Decodes a tone's frames as they are, with an empty frame in front, and with one in the middle.
 * @returns for the one in front: the largest of the first 1,024 samples, and the largest difference of the others
 *   from the tone. For the one in the middle: the error's code, or "decoded"
 */
export async function decodeAfterEmpty(): Promise<[number, number, string]> {
  const format = { sampleRate: 48_000, channels: 1 };
  const tone = Float32Array.from({ length: 8 * 1_024 }, (_, at) => Math.sin(at / 20) / 2);
  const frames = await encodeAac(tone, { ...format, bitsPerSecond: 64_000 }, () => {});
  const config = {
    codec: AAC_LC_CODEC,
    sampleRate: 48_000,
    numberOfChannels: 1,
    description: audioSpecificConfig(format),
  };
  const plain = await decodeAac(frames, config, 1, () => {});
  const after = await decodeAac([EMPTY_FRAME, ...frames], config, 1, () => {});
  const [silence, others] = [after.subarray(0, 1_024), after.subarray(1_024)];
  const inside = [...frames.slice(0, 3), EMPTY_FRAME, ...frames.slice(3)];
  return [
    Math.max(...silence.map(Math.abs)),
    Math.max(...others.map((sample, at) => Math.abs(sample - (plain[at] ?? 9)))),
    await decodeAac(inside, config, 1, () => {}).then(
      () => "decoded",
      (thrown) => thrown.code,
    ),
  ];
}
